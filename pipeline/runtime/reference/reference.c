#include "pipeline/runtime/reference/reference.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/runtime/host.h"
#include "pipeline/runtime/memory.h"
#include "pipeline/runtime/reference/job.h"

/* A kernel of every operation but views; the build fails where one is missing. */
static void (*const kernels[OP_COUNT])(const struct job *) = {
#undef JOB_PRODUCT
#define OP(name, kind, inputs, summary) JOB_##kind(name)
#define JOB_PRODUCT(name)               [OP_##name] = reference_##name,
#include "pipeline/graph/ops.def"
#undef OP
};

struct reference {
    int threads;
};

struct own {
    struct job job;
    void (*compute)(const struct job *);
    value_id parameter[MAX_INPUTS]; /* inputs that come from the checkpoint; NO_VALUE where a launch makes them */
};

static struct err reference_open(const struct backend_options *options, void **state)
{
    struct reference *r = malloc(sizeof *r);
    if (!r)
        return err_fail("out of memory");
    r->threads = options->threads > 0 ? options->threads : omp_get_num_procs();
    *state = r;
    return OK;
}

static void reference_describe(void *state, struct text *out)
{
    text_add(out, "obvious loops with double sums, %d threads", ((struct reference *)state)->threads);
}

static struct err reference_check_half(void *state)
{
    (void)state;
    return OK;
}

static struct tensor tensor_of(const struct value *v)
{
    struct tensor t = {.dtype = v->dtype, .dim = {1, 1, 1, 1}};
    int shift = MAX_RANK - v->shape.rank;
    for (int i = 0; i < v->shape.rank; i++) {
        t.dim[shift + i] = v->shape.dim[i];
        t.stride[shift + i] = v->stride[i];
    }
    return t;
}

/* How a parameter is kept: see job.h. */
static void become_dense(struct tensor *t)
{
    int64_t step = 1;
    t->dtype = DTYPE_f32;
    for (int i = MAX_RANK - 1; i >= 0; i--) {
        t->stride[i] = step;
        step *= t->dim[i];
    }
}

static size_t parameter_bytes(const struct tensor *t)
{
    return memory_aligned((size_t)(tensor_rows(t) * t->dim[3]) * sizeof(float));
}

static struct err own_load(void *context, const struct loader *loader, void *weights)
{
    struct own *own = context;
    char *at = weights;
    for (int i = 0; i < own->job.n_inputs; i++)
        if (own->parameter[i] != NO_VALUE) {
            TRY(loader_copy_f32(loader, own->parameter[i], (float *)(void *)at));
            at += parameter_bytes(&own->job.in[i]);
        }
    return OK;
}

static struct err own_bind(void *context, const struct binding *b)
{
    struct own *own = context;
    char *weights = b->weights;
    for (int i = 0; i < own->job.n_inputs; i++)
        if (own->parameter[i] != NO_VALUE) {
            own->job.in[i].at = weights;
            weights += parameter_bytes(&own->job.in[i]);
        } else
            own->job.in[i].at = (void *)b->input[i];
    for (int i = 0; i < own->job.n_outputs; i++)
        own->job.out[i].at = b->output[i];
    own->job.scratch = b->scratch;
    return OK;
}

static struct err own_run(void *context)
{
    struct own *own = context;
    own->compute(&own->job);
    return OK;
}

static struct err reference_choose(void *state, const struct graph *g, node_id node, struct kernel *out)
{
    static const struct kernel_class class = {own_load, own_bind, own_run, free};
    const struct node *n = &g->node[node];
    if (!kernels[n->op])
        return err_fail("a view is not computed");
    if (ops[n->op].kind == KIND_PRODUCT && node_first_activation(n) == IN_X && node_value(g, n, IN_WEIGHT)->rate != RATE_LOAD)
        return err_fail("the weight must come from the checkpoint");
    struct own *own = calloc(1, sizeof *own);
    if (!own)
        return err_fail("out of memory");
    *out = (struct kernel){.class = &class, .own = own};
    snprintf(out->name, sizeof out->name, "%s loops", ops[n->op].name);
    own->compute = kernels[n->op];
    own->job = (struct job){.params = n->params,
                            .n_inputs = n->n_inputs,
                            .n_outputs = n->n_outputs,
                            .threads = ((struct reference *)state)->threads};
    for (int i = 0; i < n->n_inputs; i++) {
        bool given = n->input[i] != NO_VALUE, loaded = given && node_value(g, n, i)->rate == RATE_LOAD;
        own->parameter[i] = loaded ? n->input[i] : NO_VALUE;
        if (given)
            own->job.in[i] = tensor_of(node_value(g, n, i));
        if (loaded) {
            become_dense(&own->job.in[i]);
            out->weight_bytes += parameter_bytes(&own->job.in[i]);
        }
    }
    for (int i = 0; i < n->n_outputs; i++)
        own->job.out[i] = tensor_of(node_result(g, n, i));
    out->scratch_bytes = ops[n->op].kind == KIND_PRODUCT ? job_scratch_bytes(n->op, &own->job) : 0;
    return OK;
}

const struct backend backend_reference = {
    .name = "reference",
    .summary = "obvious loops with double sums: slow, the oracle of every test",
    .half = DTYPE_bf16,
    .computes = true,
    .open = reference_open,
    .close = free,
    .describe = reference_describe,
    .check_half = reference_check_half,
    .free_bytes = host_free_bytes,
    .allocate = host_allocate,
    .release = host_release,
    .copy_in = host_copy_in,
    .copy_out = host_copy_out,
    .choose = reference_choose,
};
