/* The engines, alike to the real ones in what their notes say, and in what they then do to float32 values: one is
 * exact, one computes in TF32, one converts to float16 without being asked, one is compiled at run time. */
#include "tests/cuda/host/fake_cudnn.h"

static const struct engine engines[PROBLEM_KINDS][ENGINES] = {
    [PROBLEM_conv] =
        {
            {.kind = PROBLEM_conv, .knob = CUDNN_KNOB_TYPE_TILE_SIZE, .knobs = 2},
            {.kind = PROBLEM_conv,
             .notes = 1,
             .note = {CUDNN_NUMERICAL_NOTE_TENSOR_CORE},
             .knob = CUDNN_KNOB_TYPE_STAGES,
             .knobs = 6,
             .rounds = ROUNDS_tf32},
            {.kind = PROBLEM_conv,
             .notes = 2,
             .note = {CUDNN_NUMERICAL_NOTE_TENSOR_CORE, CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS},
             .knob = CUDNN_KNOB_TYPE_STAGES,
             .knobs = 6,
             .rounds = ROUNDS_f16},
            {.kind = PROBLEM_conv,
             .notes = 1,
             .note = {CUDNN_NUMERICAL_NOTE_TENSOR_CORE},
             .behaviors = 2,
             .behavior = {CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION, CUDNN_BEHAVIOR_NOTE_SUPPORTS_CUDA_GRAPH_NATIVE_API},
             .knob = CUDNN_KNOB_TYPE_KERNEL_CFG,
             .knobs = 8,
             .rounds = ROUNDS_tf32},
        },
    [PROBLEM_attention] =
        {
            {.kind = PROBLEM_attention,
             .notes = 1,
             .note = {CUDNN_NUMERICAL_NOTE_TENSOR_CORE},
             .behaviors = 2,
             .behavior = {CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION, CUDNN_BEHAVIOR_NOTE_SUPPORTS_CUDA_GRAPH_NATIVE_API},
             .knob = CUDNN_KNOB_TYPE_KERNEL_CFG,
             .knobs = 8},
        },
};

/* In their order. */
static const struct {
    enum problem_kind kind;
    bool fallback;
    int engine, knob;
} lists[] = {
    {PROBLEM_conv, false, 1, 4},      {PROBLEM_conv, false, 2, 3}, {PROBLEM_conv, false, 1, 3},
    {PROBLEM_conv, false, 3, 0},      {PROBLEM_conv, true, 0, 1},  {PROBLEM_conv, true, 3, 7},
    {PROBLEM_attention, false, 0, 7},
};

bool engine_listed(const struct problem *p, bool fallback, int i, struct made *out)
{
    for (size_t at = 0; at < sizeof lists / sizeof *lists; at++)
        if (lists[at].kind == p->kind && lists[at].fallback == fallback && !i--) {
            *out = (struct made){.problem = *p, .engine = lists[at].engine, .knob = lists[at].knob};
            return true;
        }
    return false;
}

static const char *conv_refusal(const struct made *m)
{
    const struct problem *p = &m->problem;
    bool narrow = p->t[X].type != DTYPE_f32, channels_last = p->t[X].stride[1] == 1 && p->t[W].stride[1] == 1;
    const struct engine *e = &engines[PROBLEM_conv][m->engine];
    if (p->t[X].type != p->t[W].type)
        return "inputs of two types";
    if (p->t[X].type == DTYPE_bf16 && m->capability < 800)
        return "bfloat16 before capability 8.0";
    if (e->rounds == ROUNDS_tf32 && !narrow && m->capability < 800)
        return "TF32 before capability 8.0";
    if (e->rounds == ROUNDS_f16 && narrow)
        return "inputs that need no conversion";
    if (e->behaviors && !channels_last)
        return "channels that are not last";
    return NULL;
}

static const char *attention_refusal(const struct made *m)
{
    const struct problem *p = &m->problem;
    if (m->capability < 800)
        return "attention before capability 8.0";
    for (int i = 0; i < FACTOR; i++) {
        if (p->t[i].type == DTYPE_f32 || p->t[i].type != p->t[Q].type)
            return "attention of values that are not all 16-bit";
        if (p->t[i].dim[3] % 8 || p->t[i].stride[3] != 1)
            return "heads whose width is no multiple of 8, or not dense";
    }
    return NULL;
}

const struct engine *engine_for(const struct made *m)
{
    const struct problem *p = &m->problem;
    if (m->engine < 0 || m->engine >= ENGINES || engines[p->kind][m->engine].kind == PROBLEM_none) {
        fail(CUDNN_STATUS_NOT_SUPPORTED, "no engine %d for this graph", m->engine);
        return NULL;
    }
    const char *why = p->kind == PROBLEM_conv ? conv_refusal(m) : attention_refusal(m);
    if (why)
        fail(CUDNN_STATUS_NOT_SUPPORTED, "engine %d refuses %s", m->engine, why);
    return why ? NULL : &engines[p->kind][m->engine];
}

/* Of engines that convert, room for the inputs; of the exact one, none; of the others, a few counters. */
size_t engine_workspace(const struct made *m)
{
    const int64_t *x = m->problem.t[X].dim, *w = m->problem.t[W].dim;
    const struct engine *e = engine_for(m);
    if (e->rounds == ROUNDS_f16)
        return (size_t)(x[0] * x[1] * x[2] * x[3] + w[0] * w[1] * w[2] * w[3]) * 2;
    return e->notes ? 256 : 0;
}
