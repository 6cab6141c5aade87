/* Labels of a recording's nodes, held against the launches that ran by themselves before it was made. */
#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>

#include "profiler/account/account.h"

TestSuite(recordings);

enum { LAUNCHES = 3 };
static const char *const paths[LAUNCHES] = {"unet/a", "unet/b", "unet/c"};

static struct trace *new_trace(void)
{
    struct trace *t = trace_new();
    cr_assert_not_null(t);
    trace_add_plan(t, &(struct traced_plan){.launches = LAUNCHES, .captured = true, .recorded = {0, LAUNCHES}});
    for (int i = 0; i < LAUNCHES; i++) {
        uint32_t *path = malloc(sizeof *path);
        cr_assert_not_null(path);
        *path = trace_text(t, paths[i]);
        trace_add_launch(t, &(struct traced_launch){.index = i, .stage = STAGE_STEP, .path = path, .paths = 1});
    }
    trace_add_repetition(t, &(struct repetition){0, 1000000});
    return t;
}

/* A run of the three launches; kernel `k` of it gets the launch label[k]. */
static void add_run(struct trace *t, enum run_how how, int32_t repetition, const int label[LAUNCHES], uint32_t grid)
{
    static const char *const kernels[LAUNCHES] = {"conv", "gemm", "conv"};
    static int64_t now = 1;
    const int32_t run = trace_add_run(
        t, &(struct traced_run){.stage = STAGE_STEP, .how = how, .repetition = repetition, .begin_ns = now});
    for (int i = 0; i < LAUNCHES; i++, now += 10) {
        const struct kernel_shape shape = {.grid = {i == 2 ? grid : 4, 1, 1}, .block = {64, 1, 1}};
        trace_add_activity(t, &(struct activity){.begin_ns = now,
                                                 .end_ns = now + 5,
                                                 .kind = ACTIVITY_kernel,
                                                 .name = trace_text(t, kernels[i]),
                                                 .shape = trace_shape(t, &shape),
                                                 .launch = label[i],
                                                 .run = run,
                                                 .in_graph = how == RUN_REPLAYED});
    }
}

static void expect(struct trace *t, bool same, const char *words)
{
    char reason[ACCOUNT_REASON];
    bool is_same;
    struct err e = account_compare_recordings(t, &is_same, reason);
    cr_assert(e.code == 0);
    cr_expect_eq(is_same, same, "%s", reason);
    cr_expect(strstr(reason, words), "\"%s\" in \"%s\"", words, reason);
    trace_free(t);
}

static const int right[LAUNCHES] = {0, 1, 2};

Test(recordings, a_replay_runs_what_its_launches_ran)
{
    struct trace *t = new_trace();
    add_run(t, RUN_FIRST, -1, right, 4);
    add_run(t, RUN_REPLAYED, -1, (int[]){1, 0, 2}, 4); /* not measured: nobody's */
    add_run(t, RUN_REPLAYED, 0, right, 4);
    expect(t, true, "");
}

Test(recordings, labels_that_are_swapped_are_found)
{
    struct trace *t = new_trace();
    add_run(t, RUN_FIRST, -1, right, 4);
    add_run(t, RUN_REPLAYED, 0, (int[]){1, 0, 2}, 4);
    expect(t, false, "labels of nodes are wrong");
}

Test(recordings, the_same_kernel_in_another_shape_is_another)
{
    struct trace *t = new_trace();
    add_run(t, RUN_FIRST, -1, right, 8);
    add_run(t, RUN_REPLAYED, 0, right, 9);
    expect(t, false, "\"conv\" for unet/c");
}

Test(recordings, without_a_first_run_there_is_nothing_to_compare)
{
    struct trace *t = new_trace();
    add_run(t, RUN_REPLAYED, 0, (int[]){1, 0, 2}, 4);
    expect(t, true, "");
}
