/* Operations that copy values to other places: each is a few copies between views of an input and of the result. */
#include <string.h>

#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/cpu/walk.h"

enum { Y, X, VALUES, COPIES = MAX_INPUTS };

struct copy {
    struct walk walk;
    int input;
    int64_t first; /* element of the result where it begins */
    const char *from;
    char *to;
    int64_t size; /* of an element, bytes */
};

struct move {
    enum dtype dtype;
    int times, copies; /* the list of copies, one behind the other `times` times, `every` elements apart */
    int64_t every;
    struct copy copy[COPIES];
};

static void copy_even(char *restrict to, const char *restrict from, int64_t size, const int64_t step[], int64_t n)
{
    if (size == 4)
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * 4 * step[Y], from + i * 4 * step[X], 4);
    else
        for (int64_t i = 0; i < n; i++)
            memcpy(to + i * size * step[Y], from + i * size * step[X], (size_t)size);
}

static void piece(const void *context, const int64_t offset[WALK_VALUES], int64_t n)
{
    const struct copy *c = context;
    char *to = c->to + offset[Y] * c->size;
    const char *from = c->from + offset[X] * c->size;
    if (c->walk.step[Y] == 1 && c->walk.step[X] == 1)
        memcpy(to, from, (size_t)(n * c->size));
    else
        copy_even(to, from, c->size, c->walk.step, n);
}

static struct err bind(void *own, const struct binding *b)
{
    struct move *k = own;
    for (int i = 0; i < k->copies; i++) {
        struct copy *c = &k->copy[i];
        c->size = (int64_t)dtypes[k->dtype].bytes;
        c->from = b->input[c->input];
        c->to = element_out(b->output[0], k->dtype, c->first);
    }
    return OK;
}

static struct err run(void *own)
{
    const struct move *k = own;
    for (int t = 0; t < k->times; t++)
        for (int i = 0; i < k->copies; i++) {
            struct copy c = k->copy[i];
            c.to += t * k->every * c.size;
            walk_run(&c.walk, piece, &c);
        }
    return OK;
}

static struct err make(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, bind, run, kernel_free_block};
    TRY(kernel_make(s->node, &class, sizeof(struct move), out));
    struct move *k = out->own;
    k->dtype = site_result(s)->dtype;
    k->times = 1;
    for (int i = 0; i < s->node->n_inputs; i++)
        if (site_input(s, i)->dtype != k->dtype || site_input(s, i)->rate == RATE_LOAD)
            return kernel_keep(err_fail("moves activations of one dtype: a cast is missing"), out);
    return OK;
}

/* Adds the copy of a whole input to the part of the result that begins at element `first`. */
static void add_copy(const struct site *s, struct move *k, int input, int64_t first)
{
    struct value part = *site_result(s);
    part.shape = site_input(s, input)->shape;
    const struct value *const value[VALUES] = {&part, site_input(s, input)};
    k->copy[k->copies++] = (struct copy){.walk = walk_make(VALUES, value), .input = input, .first = first};
}

struct err choose_reorder(const struct site *s, struct kernel *out)
{
    TRY(make(s, out));
    add_copy(s, out->own, 0, 0);
    return OK;
}

struct err choose_concat(const struct site *s, struct kernel *out)
{
    TRY(make(s, out));
    for (int i = 0, channel = 0; i < s->node->n_inputs; channel += (int)site_input(s, i++)->shape.dim[1])
        add_copy(s, out->own, i, channel * site_result(s)->stride[1]);
    return OK;
}

struct err choose_repeat(const struct site *s, struct kernel *out)
{
    TRY(make(s, out));
    struct move *k = out->own;
    add_copy(s, k, 0, 0);
    k->times = (int)s->node->params.times;
    k->every = site_input(s, 0)->shape.dim[0] * site_result(s)->stride[0];
    return OK;
}
