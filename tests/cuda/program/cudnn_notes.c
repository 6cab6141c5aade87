/* Which notes the engines of choices carry, read anew from cuDNN and held against a list of its own. */
#include "tests/cuda/program/cudnn_checks.h"
#include "tests/cuda/program/cudnn_problems.h"

#include <stdio.h>

#include "pipeline/runtime/cuda/cudnn/graph.h"

static const struct {
    cudnnBackendNumericalNote_t note;
    const char *name;
    bool also_tf32_and_half; /* refused by those, too; by ieee always */
} refused[] = {
    {CUDNN_NUMERICAL_NOTE_TENSOR_CORE, "TENSOR_CORE", false},
    {CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS, "DOWN_CONVERT_INPUTS", true},
    {CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION, "REDUCED_PRECISION_REDUCTION", true},
    {CUDNN_NUMERICAL_NOTE_FFT, "FFT", true},
    {CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC, "NONDETERMINISTIC", true},
    {CUDNN_NUMERICAL_NOTE_WINOGRAD, "WINOGRAD", true},
    {CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_4x4, "WINOGRAD_TILE_4x4", true},
    {CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_6x6, "WINOGRAD_TILE_6x6", true},
    {CUDNN_NUMERICAL_NOTE_WINOGRAD_TILE_13x13, "WINOGRAD_TILE_13x13", true},
};
enum { NOTES = 16 };

static int64_t read_notes(const struct dnn_graph *g, int64_t index, cudnnBackendNumericalNote_t notes[NOTES])
{
    struct attribute a[3] = {
        {CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &g->graph},
        {CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &index},
    };
    struct descriptors own = {0};
    descriptor engine;
    int64_t count = 0;
    size_t n = 2 + dnn_device_attribute(g->dnn, DEVICE_OF(ENGINE), &a[2]);
    struct err e = descriptor_build(&own, CUDNN_BACKEND_ENGINE_DESCRIPTOR, "an engine", a, n, &engine);
    if (!e.code)
        e = descriptor_get(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, NOTES, &count, notes,
                           "its notes");
    if (e.code)
        stop(e);
    descriptors_free(&own);
    return count;
}

int check_notes(const struct dnn_graph *g, enum numerics n)
{
    int failures = 0;
    int64_t last = -1;
    for (int c = 0; c < dnn_graph_choices(g); c++) {
        cudnnBackendNumericalNote_t notes[NOTES];
        if (dnn_choice_engine(g, c) == last)
            continue;
        last = dnn_choice_engine(g, c);
        int64_t count = read_notes(g, last, notes);
        for (int64_t i = 0; i < count; i++)
            for (size_t r = 0; r < ARRAY_LEN(refused); r++)
                if (notes[i] == refused[r].note && (n == NUMERICS_ieee || refused[r].also_tf32_and_half))
                    failures +=
                        failed("%s: %s carries %s", dnn_graph_signature(g), dnn_choice_name(g, c), refused[r].name);
    }
    return failures;
}

int check_ieee(void)
{
    int failures = 0;
    for (const struct described_device *device = described_devices; device->name; device++) {
        struct dnn *d = open_described(device);
        for (int nchw = 0; nchw < 2; nchw++)
            for (int residual = 0; residual < 2; residual++) {
                const struct conv_problem p = {.n = 6,
                                               .c = 320,
                                               .h = 64,
                                               .w = 64,
                                               .k = 320,
                                               .r = 3,
                                               .s = 3,
                                               .stride = 1,
                                               .pad = {1, 1, 1, 1},
                                               .read = DTYPE_f32,
                                               .write = DTYPE_f32,
                                               .bias = true,
                                               .residual = residual,
                                               .nchw = nchw,
                                               .numerics = NUMERICS_ieee};
                struct dnn_graph *g;
                struct err e = dnn_conv(d, &p, &g);
                if (e.code) {
                    failures += failed("%s: %s", device->name, err_text(e));
                    err_free(&e);
                    continue;
                }
                printf("%-7s %d choices, first %s: %s\n", device->name, dnn_graph_choices(g), dnn_choice_name(g, 0),
                       dnn_graph_signature(g));
                failures += check_notes(g, p.numerics);
                dnn_graph_free(g);
            }
        dnn_close(d);
    }
    return failures;
}
