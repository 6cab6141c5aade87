/* The sampler's update, and the counter of steps. Both change states in place: results lie where inputs do. */
#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/cpu/vector.h"
#include "pipeline/runtime/cpu/walk.h"

enum { COEFFICIENTS, EPS, LATENT, BLOCK = 256 };

struct update {
    int states;
    int64_t count; /* elements of a state */
    const float *coefficients, *eps, *state[MAX_OUTPUTS];
    float *next[MAX_OUTPUTS];
};

/* coefficients: a row for each state, over (latent, eps, slots...). All states of a block are read before any is
 * written. Sums in double: the terms nearly cancel, and there are few of them. */
VECTOR static void update_block(const struct update *k, int64_t first, int64_t n)
{
    const int terms = k->states + 1;
    double sum[MAX_OUTPUTS][BLOCK];
    for (int s = 0; s < k->states; s++) {
        const float *row = k->coefficients + s * terms;
        for (int t = 0; t < terms; t++) {
            const double factor = (double)row[t];
            const float *x = t == 0 ? k->state[0] : t == 1 ? k->eps : k->state[t - 1];
#pragma omp simd
            for (int64_t i = 0; i < n; i++)
                sum[s][i] = (t ? sum[s][i] : 0) + factor * (double)x[first + i];
        }
    }
    for (int s = 0; s < k->states; s++)
#pragma omp simd
        for (int64_t i = 0; i < n; i++)
            k->next[s][first + i] = (float)sum[s][i];
}

static struct err update_bind(void *own, const struct binding *b)
{
    struct update *k = own;
    k->coefficients = b->input[COEFFICIENTS];
    k->eps = b->input[EPS];
    for (int s = 0; s < k->states; s++) {
        k->state[s] = b->input[LATENT + s];
        k->next[s] = b->output[s];
    }
    return OK;
}

static struct err update_run(void *own)
{
    const struct update *k = own;
    for (int64_t i = 0; i < k->count; i += BLOCK)
        update_block(k, i, k->count - i < BLOCK ? k->count - i : BLOCK);
    return OK;
}

/* All tensors dense and in one order, so that an index means the same element in each. */
static struct err check_update(const struct site *s)
{
    const struct value *eps = site_input(s, EPS);
    struct walk w = {0};
    if (!value_is_packed(site_input(s, COEFFICIENTS)))
        return err_fail("coefficients must be dense");
    for (int i = COEFFICIENTS; i < s->node->n_inputs; i++)
        if (site_input(s, i)->dtype != DTYPE_f32)
            return err_fail("the sampler's state is f32: a cast is missing");
    for (int i = 0; i < s->node->n_outputs; i++) {
        w = walk_make(3,
                      (const struct value *const[]){node_result(s->graph, s->node, i), eps, site_input(s, LATENT + i)});
        if (w.rows != 1 || w.step[0] != 1 || node_result(s->graph, s->node, i)->dtype != DTYPE_f32)
            return err_fail("states and eps must be dense f32 of one layout: a reorder is missing");
    }
    return OK;
}

struct err choose_sampler_update(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, update_bind, update_run, kernel_free_block};
    TRY(check_update(s));
    TRY(kernel_make(s->node, &class, sizeof(struct update), out));
    struct update *k = out->own;
    k->states = s->node->n_outputs;
    k->count = shape_count(site_input(s, EPS)->shape);
    return OK;
}

struct advance {
    const int32_t *from;
    int32_t *to;
};

static struct err advance_bind(void *own, const struct binding *b)
{
    struct advance *k = own;
    k->from = b->input[0];
    k->to = b->output[0];
    return OK;
}

static struct err advance_run(void *own)
{
    const struct advance *k = own;
    *k->to = *k->from + 1;
    return OK;
}

struct err choose_advance(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, advance_bind, advance_run, kernel_free_block};
    if (site_input(s, 0)->dtype != DTYPE_i32 || site_result(s)->dtype != DTYPE_i32 ||
        shape_count(site_result(s)->shape) != 1)
        return err_fail("needs one i32 counter");
    return kernel_make(s->node, &class, sizeof(struct advance), out);
}
