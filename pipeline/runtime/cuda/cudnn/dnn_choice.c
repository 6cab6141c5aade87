#include "pipeline/runtime/cuda/cudnn/dnn_choice.h"

#include <stdlib.h>
#include <string.h>

/* A workspace beyond this would cost more memory than time is gained. */
enum { LARGEST_WORKSPACE = 512 << 20 };

struct engines {
    struct cuda *cuda;
    struct dnn_graph *graph;
    const size_t *bytes;
    struct dnn_plan *plan;
    int made; /* the candidate that plan is of; -1: of none */
};

static bool compiles(void *context, int candidate)
{
    return dnn_choice_compiles(((struct engines *)context)->graph, candidate);
}

static struct err make(void *context, int candidate)
{
    struct engines *e = context;
    if (e->plan && e->made == candidate)
        return OK;
    dnn_plan_free(e->plan);
    e->plan = NULL;
    e->made = candidate;
    TRY(dnn_plan_make(e->graph, candidate, &e->plan));
    if (dnn_plan_workspace(e->plan) <= LARGEST_WORKSPACE)
        return OK;
    struct err error = err_fail("%s wants a workspace of %zu bytes", dnn_plan_name(e->plan), dnn_plan_workspace(e->plan));
    dnn_plan_free(e->plan);
    e->plan = NULL;
    return error;
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
    dnn_plan_free(e->plan);
    e->plan = NULL;
    e->made = -1;
    TRY(dnn_plan_from_text(e->graph, entry->detail, &e->plan));
    return strcmp(dnn_plan_name(e->plan), entry->choice) ? err_fail("a saved plan is not the one that it is called") : OK;
}

struct err dnn_choose(struct cuda *cuda, struct dnn_graph *graph, const char *signature, const size_t bytes[DNN_SLOTS],
                      struct dnn_plan **out)
{
    struct engines e = {.cuda = cuda, .graph = graph, .bytes = bytes, .made = -1};
    const struct candidates set = {.context = &e, .count = dnn_graph_choices(graph), .can_be_timed = cuda->timing != NULL,
                                   .compiles = compiles, .make = make, .time = time_candidate, .recall = recall, .tell = tell};
    struct err error = choices_choose(cuda->choices, signature, &set);
    dnn_graph_free(graph);
    if (error.code)
        dnn_plan_free(e.plan);
    *out = error.code ? NULL : e.plan;
    return err_wrap(error, "%s", signature);
}
