/* While the CUDA backend records, a watch is told how far the recording has come: what a launch added are its nodes. */
#include <criterion/criterion.h>

#include "pipeline/runtime/backend.h"
#include "pipeline/runtime/plan.h"
#include "pipeline/runtime/watch.h"
#include "tests/cuda/on_host.h"
#include "tests/support/loop_graph.h"

TestSuite(cuda_recorded, .init = cuda_on_host, .timeout = 60);

enum { ROWS = 2, COLUMNS = 8, MOST = 8 };

struct seen {
    size_t count, launch[MOST], recorded[MOST];
    bool otherwise; /* of an event that is no launch of a recording */
};

static void see(void *context, const struct watch_event *e)
{
    struct seen *s = context;
    if (e->what == WATCH_launch_end && e->how == RUN_RECORDED && s->count < MOST) {
        s->launch[s->count] = e->launch;
        s->recorded[s->count++] = e->recorded;
    } else {
        s->otherwise |= e->recorded > 0;
    }
}

static void good(struct err e)
{
    cr_assert(e.code == 0, "%s", err_text(e));
}

Test(cuda_recorded, each_launch_adds_its_nodes)
{
    const struct backend *b;
    struct weight_source none = {0};
    struct seen seen = {0};
    const struct watch watch = {.context = &seen, .event = see};
    struct plan *p;
    void *state, *arena;
    good(backend_find("cuda", &b));
    good(b->open(&(struct backend_options){0}, &state));
    cr_expect_eq(b->recorded(state), 0, "nothing records");
    good(plan_make(loop_graph(ROWS, COLUMNS, true), b, state, &p));
    good(plan_load(p, &none, NULL, NULL));
    good(b->allocate(state, plan_memory(p).arena, &arena));
    watch_attach(&watch);
    good(plan_bind(p, arena));
    good(plan_begin(p));
    good(plan_step(p));
    good(plan_wait(p));
    watch_attach(NULL);
    cr_expect(seen.count == plan_launches(p) && seen.count > 1);
    for (size_t i = 0; i < seen.count; i++) {
        const bool first = i == 0 || plan_launch_stage(p, seen.launch[i]) != plan_launch_stage(p, seen.launch[i - 1]);
        cr_expect_eq(seen.recorded[i], first ? 1 : seen.recorded[i - 1] + 1, "launch %zu: %zu nodes", seen.launch[i],
                     seen.recorded[i]);
    }
    cr_expect(!seen.otherwise && b->recorded(state) == 0);
    plan_free(p);
    b->release(state, arena, 0);
    b->close(state);
}
