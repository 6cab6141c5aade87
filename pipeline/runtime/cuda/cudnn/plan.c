/* Plans: made of a choice, bound to addresses once, run any number of times. */
#include "pipeline/runtime/cuda/cudnn/plan.h"

#include <stdlib.h>
#include <string.h>

static struct err make(struct dnn_plan *p, const char *json)
{
    const struct dnn_graph *g = p->graph;
    struct attribute a[2];
    size_t n = dnn_device_attribute(g->dnn, DEVICE_OF(EXECUTION_PLAN), &a[0]);
    if (!n)
        a[n++] = (struct attribute){CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &g->dnn->handle};
    a[n++] = json ? (struct attribute){CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR,
                                       (int64_t)strlen(json), json}
                  : (struct attribute){CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                       &g->choice[p->choice].config};
    TRY(descriptor_build(&p->own, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, "a plan", a, n, &p->plan));
    int64_t workspace;
    TRY(descriptor_get(p->plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, NULL, &workspace,
                       "a plan's workspace"));
    p->workspace = (size_t)workspace;
    return OK;
}

struct err dnn_plan_of(struct dnn_graph *g, int choice, const char *json, struct dnn_plan **out)
{
    struct dnn_plan *p = calloc(1, sizeof *p);
    if (!p)
        return err_fail("cuDNN: out of memory for a plan");
    p->graph = dnn_graph_share(g);
    p->choice = choice;
    struct err e = make(p, json);
    if (e.code) {
        e = err_wrap(e, "%s: %s", text_get(&g->signature), g->choice[choice].name);
        dnn_plan_free(p);
        return e;
    }
    *out = p;
    return OK;
}

struct err dnn_plan_make(struct dnn_graph *g, int choice, struct dnn_plan **out)
{
    return dnn_plan_of(g, choice, NULL, out);
}

void dnn_plan_free(struct dnn_plan *p)
{
    if (!p)
        return;
    descriptors_free(&p->bound);
    descriptors_free(&p->own);
    dnn_graph_free(p->graph);
    free(p);
}

size_t dnn_plan_workspace(const struct dnn_plan *p)
{
    return p->workspace;
}

const char *dnn_plan_name(const struct dnn_plan *p)
{
    return p->graph->choice[p->choice].name;
}

struct addresses {
    int64_t uid[DNN_SLOTS + 1], count;
    void *at[DNN_SLOTS + 1];
};

static struct err collect(struct dnn_plan *p, void *const slot[DNN_SLOTS], struct addresses *out)
{
    for (int i = 0; i < DNN_SLOTS; i++) {
        if (!p->graph->slot[i])
            continue;
        if (!slot[i] || (uintptr_t)slot[i] % ALIGNMENT)
            return err_fail("%s: the address of operand %d is %p: not one of a multiple of %d bytes",
                            text_get(&p->graph->signature), i, slot[i], ALIGNMENT);
        out->uid[out->count] = slot_uid(i);
        out->at[out->count++] = slot[i];
    }
    if (p->graph->scaled) {
        out->uid[out->count] = FACTOR_UID;
        out->at[out->count++] = &p->factor;
    }
    return OK;
}

struct err dnn_plan_bind(struct dnn_plan *p, void *const slot[DNN_SLOTS], float factor, void *workspace)
{
    struct addresses to = {0};
    p->factor = factor;
    p->pack = NULL;
    descriptors_free(&p->bound);
    TRY(collect(p, slot, &to));
    if (p->workspace && !workspace)
        return err_fail("%s: no workspace, of %zu bytes", text_get(&p->graph->signature), p->workspace);
    const struct attribute a[] = {
        {CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, to.count, to.uid},
        {CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, to.count, to.at},
        {CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &workspace},
    };
    descriptor pack;
    TRY(descriptor_build(&p->bound, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, "a plan's addresses", a, ARRAY_LEN(a),
                         &pack));
    p->pack = pack;
    return OK;
}

struct err dnn_plan_run(struct dnn_plan *p)
{
    const struct dnn *d = p->graph->dnn;
    if (!d->handle || !p->pack)
        return err_fail("%s: %s", text_get(&p->graph->signature),
                        d->handle ? "no addresses" : "a plan of a described device cannot run");
    cudnnStatus_t status = cudnnBackendExecute(d->handle, p->plan, p->pack);
    return status ? dnn_check(status, "running", text_get(&p->graph->signature)) : OK;
}
