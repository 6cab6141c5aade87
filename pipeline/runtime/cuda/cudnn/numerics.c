#include "pipeline/runtime/cuda/cudnn/numerics.h"

const char *const numerics_names[NUMERICS_COUNT] = {"ieee", "tf32", "half"};

/* A note is what an engine says of its arithmetic. TENSOR_CORE by itself is TF32 for float32 values and exact products
 * for 16-bit ones. DOWN_CONVERT_INPUTS multiplies 16-bit copies of float32 values. REDUCED_PRECISION_REDUCTION sums in
 * less than float32. FFT and Winograd transform their inputs, which rounds them anew; Winograd engines of sm_75 and
 * sm_80 carry no other note. NONDETERMINISTIC adds in an order that changes from run to run. STRICT_NAN_PROP is
 * harmless. */
static const struct {
    const char *name;
    bool refused[NUMERICS_COUNT]; /* ieee, tf32, half */
} notes[] = {
    [CUDNN_NUMERICAL_NOTE_TENSOR_CORE] = {"TENSOR_CORE", {true, false, false}},
    [CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS] = {"DOWN_CONVERT_INPUTS", {true, true, true}},
    [CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION] = {"REDUCED_PRECISION_REDUCTION", {true, true, true}},
    [CUDNN_NUMERICAL_NOTE_FFT] = {"FFT", {true, true, true}},
    [CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC] = {"NONDETERMINISTIC", {true, true, true}},
    [CUDNN_NUMERICAL_NOTE_WINOGRAD] = {"WINOGRAD", {true, true, true}},
    [CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4] = {"WINOGRAD_TILE_4x4", {true, true, true}},
    [CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6] = {"WINOGRAD_TILE_6x6", {true, true, true}},
    [CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13] = {"WINOGRAD_TILE_13x13", {true, true, true}},
    [CUDNN_NUMERICAL_NOTE_STRICT_NAN_PROP] = {"STRICT_NAN_PROP", {false, false, false}},
};

const char *numerics_refuse(enum numerics n, cudnnBackendNumericalNote_t note)
{
    if ((size_t)note >= ARRAY_LEN(notes))
        return "UNKNOWN";
    return notes[note].refused[n] ? notes[note].name : NULL;
}

bool numerics_fit(enum numerics n, enum dtype values)
{
    return n == NUMERICS_half ? values == DTYPE_f16 || values == DTYPE_bf16 : values == DTYPE_f32;
}
