#include "pipeline/runtime/cuda/cudnn/dnn_choice.h"

#include <stdlib.h>
#include <string.h>

/* A workspace beyond this would cost more memory than time is gained. */
enum { LARGEST_WORKSPACE = 512 << 20 };

struct engines {
    struct cuda *cuda;
    struct dnn_graph *graph;
    const size_t *bytes;
    struct dnn_plan *plan;  /* the one that is ready */
    struct dnn_plan **made; /* of each candidate, once it was made: making may compile, and a first run loads code */
};

static bool compiles(void *context, int candidate)
{
    return dnn_choice_compiles(((struct engines *)context)->graph, candidate);
}

static struct err make(void *context, int candidate)
{
    struct engines *e = context;
    struct dnn_plan *plan;
    if (!e->made[candidate]) {
        TRY(dnn_plan_make(e->graph, candidate, &plan));
        if (dnn_plan_workspace(plan) > LARGEST_WORKSPACE) {
            struct err error =
                err_fail("%s wants a workspace of %zu bytes", dnn_plan_name(plan), dnn_plan_workspace(plan));
            dnn_plan_free(plan);
            return error;
        }
        e->made[candidate] = plan;
    }
    e->plan = e->made[candidate];
    return OK;
}

static struct err run_once(void *context)
{
    return dnn_plan_run(((struct engines *)context)->plan);
}

static struct err time_candidate(void *context, int candidate, int runs, int64_t *ns)
{
    struct engines *e = context;
    void *at[TIMING_OPERANDS];
    TRY(make(e, candidate));
    size_t bytes[TIMING_OPERANDS] = {0};
    memcpy(bytes, e->bytes, DNN_SLOTS * sizeof *bytes);
    bytes[DNN_SLOTS] = dnn_plan_workspace(e->plan);
    TRY(timing_operands(e->cuda->timing, bytes, at));
    TRY(dnn_plan_bind(e->plan, at, 1, at[DNN_SLOTS]));
    return timing_run(e->cuda->timing, run_once, e, runs, ns);
}

static struct err tell(void *context, char **choice, char **detail)
{
    const struct engines *e = context;
    TRY(dnn_plan_text(e->plan, detail));
    *choice = strdup(dnn_plan_name(e->plan));
    return *choice ? OK : err_fail("out of memory");
}

static struct err recall(void *context, const struct plan_entry *entry)
{
    struct engines *e = context;
    struct dnn_plan *plan;
    TRY(dnn_plan_from_text(e->graph, entry->detail, &plan));
    if (strcmp(dnn_plan_name(plan), entry->choice)) {
        dnn_plan_free(plan);
        return err_fail("a saved plan is not the one that it is called");
    }
    e->plan = plan;
    return OK;
}

struct err dnn_choose(struct cuda *cuda, struct dnn_graph *graph, const size_t bytes[DNN_SLOTS], struct dnn_plan **out)
{
    const int count = dnn_graph_choices(graph);
    struct engines e = {
        .cuda = cuda, .graph = graph, .bytes = bytes, .made = calloc((size_t)count + 1, sizeof *e.made)};
    const struct candidates set = {.context = &e,
                                   .count = count,
                                   .can_be_timed = cuda->timing != NULL,
                                   .compiles = compiles,
                                   .make = make,
                                   .time = time_candidate,
                                   .recall = recall,
                                   .tell = tell};
    struct err error =
        e.made ? choices_choose(cuda->choices, dnn_graph_signature(graph), &set) : err_fail("out of memory");
    for (int i = 0; e.made && i < count; i++)
        if (e.made[i] != e.plan)
            dnn_plan_free(e.made[i]);
    free(e.made);
    if (error.code) {
        dnn_plan_free(e.plan);
        e.plan = NULL;
        error = err_wrap(error, "%s", dnn_graph_signature(graph));
    }
    dnn_graph_free(graph);
    *out = e.plan;
    return error;
}
