#include "tests/profiler/made_trace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int32_t plan;
    enum stage stage;
    enum op op;
    const char *path;
} launches[] = {
    [MADE_EMBEDDING] = {0, STAGE_STEP, OP_embedding, "text_encoder/text_model/embeddings/token_embedding"},
    [MADE_PROJECTION] = {0, STAGE_STEP, OP_linear, "text_encoder/text_model/encoder/layers.0/self_attn/q_proj"},
    [MADE_KEYS] = {1, STAGE_RUN, OP_linear, "unet/mid_block/attentions.0/transformer_blocks.0/attn2/to_k"},
    [MADE_CONV1] = {1, STAGE_STEP, OP_conv, "unet/mid_block/resnets.0/conv1"},
    [MADE_CONV2] = {1, STAGE_STEP, OP_conv, "unet/mid_block/resnets.0/conv2"},
    [MADE_NORM] = {1, STAGE_STEP, OP_group_norm, "unet/mid_block/attentions.0/norm"},
};

struct maker {
    struct trace *trace;
    int64_t now_ns;
    int32_t repetition, run;
    bool in_graph;
};

static void work(struct maker *m, int64_t gap_ns, enum activity_kind kind, const char *name, int32_t launch, int64_t ns)
{
    struct kernel_shape shape = {.grid = {launch < 0 ? 1 : (uint32_t)launch + 1, 1, 1}, .block = {128, 1, 1}};
    struct activity a = {.begin_ns = m->now_ns + gap_ns,
                         .end_ns = m->now_ns + gap_ns + ns,
                         .bytes = kind == ACTIVITY_kernel ? 0 : 4096,
                         .name = trace_text(m->trace, name),
                         .launch = launch,
                         .run = m->run,
                         .shape = kind == ACTIVITY_kernel ? trace_shape(m->trace, &shape) : -1,
                         .stream = 7,
                         .kind = kind,
                         .in_graph = m->in_graph};
    m->now_ns = a.end_ns;
    cr_assert(trace_add_activity(m->trace, &a) >= 0);
}

static void begin_run(struct maker *m, int32_t plan, enum stage stage, int32_t step, enum run_how how)
{
    struct traced_run run = {.plan = plan,
                             .step = step,
                             .repetition = m->repetition,
                             .stage = stage,
                             .how = how,
                             .begin_ns = m->now_ns,
                             .end_ns = m->now_ns + 1};
    m->run = trace_add_run(m->trace, &run);
    m->in_graph = how == RUN_REPLAYED;
}

static void end_run(struct maker *m)
{
    m->run = -1;
    m->in_graph = false;
}

static void step(struct maker *m, int32_t number)
{
    begin_run(m, 1, STAGE_STEP, number, RUN_REPLAYED);
    work(m, 30, ACTIVITY_set, "memory set", MADE_CONV1, 10);
    work(m, 5, ACTIVITY_kernel, "conv", MADE_CONV1, 1000);
    work(m, 5, ACTIVITY_kernel, "conv", MADE_CONV2, 400);
    work(m, 0, ACTIVITY_kernel, "split_sum", MADE_CONV2, 60);
    work(m, -20, ACTIVITY_kernel, "norm", MADE_NORM, 200);
    end_run(m);
}

static void repetition(struct maker *m, int32_t r)
{
    struct repetition span = {.begin_ns = 10000000 * (r + 1)};
    m->now_ns = span.begin_ns;
    m->repetition = r;
    end_run(m);
    work(m, 100, ACTIVITY_copy, "copy to device", -1, 50);
    begin_run(m, 0, STAGE_STEP, 0, RUN_LAUNCHED);
    work(m, 10, ACTIVITY_kernel, "embedding", MADE_EMBEDDING, 200);
    work(m, 20, ACTIVITY_kernel, "gemm", MADE_PROJECTION, 300);
    begin_run(m, 1, STAGE_RUN, 0, RUN_REPLAYED);
    work(m, 500, ACTIVITY_kernel, "gemm", MADE_KEYS, 100);
    end_run(m);
    step(m, 0);
    step(m, 1);
    work(m, 40, ACTIVITY_copy, "copy to host", -1, 50);
    span.end_ns = m->now_ns + 100;
    work(m, -2000, ACTIVITY_call, "a call of the host", -1, 1900);
    cr_assert_eq(trace_add_repetition(m->trace, &span), r);
}

struct trace *made_trace(void)
{
    struct maker m = {.trace = trace_new(), .repetition = -1, .run = -1};
    cr_assert(m.trace);
    trace_add_plan(m.trace, &(struct traced_plan){.name = trace_text(m.trace, "text_encoder"), .launches = 2});
    trace_add_plan(m.trace, &(struct traced_plan){.name = trace_text(m.trace, "denoise_step"),
                                                  .captured = true,
                                                  .first_launch = MADE_KEYS,
                                                  .launches = 4,
                                                  .recorded = {[STAGE_RUN] = 1, [STAGE_STEP] = 5}});
    for (size_t i = 0; i < ARRAY_LEN(launches); i++) {
        struct traced_launch l = {.plan = launches[i].plan,
                                  .stage = launches[i].stage,
                                  .op = launches[i].op,
                                  .path = malloc(sizeof(uint32_t)),
                                  .paths = 1};
        cr_assert(l.path);
        l.path[0] = trace_text(m.trace, launches[i].path);
        cr_assert_eq(trace_add_launch(m.trace, &l), (int32_t)i);
    }
    m.now_ns = 1000;
    begin_run(&m, 0, STAGE_STEP, 0, RUN_LAUNCHED); /* a warm-up: of no repetition */
    work(&m, 0, ACTIVITY_kernel, "embedding", MADE_EMBEDDING, 900);
    for (int32_t r = 0; r < MADE_REPETITIONS; r++)
        repetition(&m, r);
    trace_sort(m.trace);
    cr_assert(!trace_error(m.trace).code);
    return m.trace;
}

struct activity *made_work(struct trace *t, int32_t r, const char *name, int nth)
{
    for (int64_t i = 0; i < t->activities; i++) {
        struct activity *a = &t->activity[i];
        bool inside = a->begin_ns >= t->repetition[r].begin_ns && a->begin_ns < t->repetition[r].end_ns;
        if (inside && !strcmp(t->text[a->name], name) && nth-- == 0)
            return a;
    }
    cr_assert_fail("no such work: %s", name);
    abort();
}

uint32_t made_number(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
    return (uint32_t)((*state >> 33) % below);
}
