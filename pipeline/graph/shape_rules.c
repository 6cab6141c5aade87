#include "pipeline/graph/rules.h"

#include <inttypes.h>
#include <string.h>

/* What every rule sees: the node, the shapes of its inputs, and where results go. */
struct scene {
    struct node *n;
    const struct params *p;
    struct shape in[MAX_INPUTS]; /* rank -1 where the input is NO_VALUE */
    struct shape *out;
};

#define NEED(condition, ...)                                                                                           \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return err_fail(__VA_ARGS__);                                                                              \
    } while (0)

/* Channels of the sources from input `first` on, which must agree in all else; the first's shape with that C. */
static struct err joined(const struct scene *s, int first, struct shape *x)
{
    *x = s->in[first];
    NEED(x->rank == 4, "needs images (N,C,H,W)");
    for (int i = first + 1; i < node_sources_end(s->n); i++) {
        struct shape y = s->in[i];
        NEED(y.rank == 4 && y.dim[0] == x->dim[0] && y.dim[2] == x->dim[2] && y.dim[3] == x->dim[3],
             "sources differ in more than channels");
        x->dim[1] += y.dim[1];
    }
    return OK;
}

static struct err vector_of(struct shape s, int64_t n, const char *what)
{
    bool one = s.rank == 1 || (s.rank == 2 && s.dim[0] == 1);
    NEED(s.rank == -1 || (one && s.dim[s.rank - 1] == n), "%s must have %" PRId64 " elements", what, n);
    return OK;
}

/* After out[0] is known. */
static struct err residual(const struct scene *s)
{
    NEED(!s->p->residual || shape_equal(s->in[s->n->n_inputs - 1], s->out[0]), "residual and result differ in shape");
    return OK;
}

static struct err shape_conv(struct scene *s)
{
    struct shape w = s->in[IN_WEIGHT], x;
    TRY(joined(s, IN_X, &x));
    NEED(w.rank == 4 && w.dim[1] == x.dim[1], "weight takes %" PRId64 " channels, sources have %" PRId64, w.dim[1],
         x.dim[1]);
    NEED(s->p->stride > 0, "stride must be positive");
    TRY(vector_of(s->in[IN_BIAS], w.dim[0], "bias"));
    int64_t h = (x.dim[2] + s->p->pad[0] + s->p->pad[2] - w.dim[2]) / s->p->stride + 1;
    int64_t width = (x.dim[3] + s->p->pad[1] + s->p->pad[3] - w.dim[3]) / s->p->stride + 1;
    NEED(h > 0 && width > 0, "image is smaller than the kernel");
    s->out[0] = SHAPE(x.dim[0], w.dim[0], h, width);
    return residual(s);
}

static struct err shape_subpixel_conv(struct scene *s)
{
    struct shape w = s->in[IN_WEIGHT], x = s->in[IN_X];
    NEED(w.rank == 4 && w.dim[0] % 4 == 0 && w.dim[2] == 2 && w.dim[3] == 2, "weight must be four 2x2 kernels");
    NEED(x.rank == 4 && x.dim[1] == w.dim[1], "weight takes %" PRId64 " channels", w.dim[1]);
    TRY(vector_of(s->in[IN_BIAS], w.dim[0] / 4, "bias"));
    s->out[0] = SHAPE(x.dim[0], w.dim[0] / 4, 2 * x.dim[2], 2 * x.dim[3]);
    return OK;
}

static struct err shape_linear(struct scene *s)
{
    struct shape w = s->in[IN_WEIGHT], x = s->in[IN_X];
    NEED(w.rank == 2 && x.rank >= 2 && x.dim[x.rank - 1] == w.dim[1], "weight does not fit the last dimension");
    TRY(vector_of(s->in[IN_BIAS], w.dim[0], "bias"));
    s->out[0] = x;
    s->out[0].dim[x.rank - 1] = w.dim[0];
    return residual(s);
}

static struct err shape_geglu(struct scene *s)
{
    TRY(shape_linear(s));
    int64_t *width = &s->out[0].dim[s->out[0].rank - 1];
    NEED(*width % 2 == 0 && s->p->activation, "needs an even width and an activation for its second half");
    *width /= 2;
    return OK;
}

static struct err shape_attention(struct scene *s)
{
    struct shape q = s->in[0], k = s->in[1], v = s->in[2];
    NEED(q.rank == 4 && k.rank == 4 && shape_equal(k, v) && q.dim[0] == k.dim[0] && q.dim[1] == k.dim[1] &&
             q.dim[3] == k.dim[3],
         "needs queries (N,h,T,D), keys and values (N,h,S,D)");
    NEED(!s->p->causal || q.dim[2] == k.dim[2], "causal needs as many keys as queries");
    s->out[0] = q;
    return OK;
}

static struct err shape_matmul(struct scene *s)
{
    struct shape a = s->in[0], b = s->in[1];
    int64_t inner = b.dim[s->p->transpose ? 3 : 2], columns = b.dim[s->p->transpose ? 2 : 3];
    NEED(a.rank == 4 && b.rank == 4 && a.dim[0] == b.dim[0] && a.dim[1] == b.dim[1] && a.dim[3] == inner,
         "factors do not fit");
    s->out[0] = SHAPE(a.dim[0], a.dim[1], a.dim[2], columns);
    return OK;
}

static struct err shape_group_norm(struct scene *s)
{
    struct shape x;
    TRY(joined(s, IN_X, &x));
    NEED(s->p->groups > 0 && x.dim[1] % s->p->groups == 0, "%" PRId64 " channels are not %" PRId64 " equal groups",
         x.dim[1], s->p->groups);
    TRY(vector_of(s->in[IN_WEIGHT], x.dim[1], "weight"));
    s->out[0] = x;
    return vector_of(s->in[IN_BIAS], x.dim[1], "bias");
}

static struct err shape_layer_norm(struct scene *s)
{
    s->out[0] = s->in[IN_X];
    NEED(s->out[0].rank >= 1, "needs at least one dimension");
    TRY(vector_of(s->in[IN_WEIGHT], s->out[0].dim[s->out[0].rank - 1], "weight"));
    return vector_of(s->in[IN_BIAS], s->out[0].dim[s->out[0].rank - 1], "bias");
}

static struct err same(struct scene *s)
{
    s->out[0] = s->in[0];
    return OK;
}

static struct err shape_softmax(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank >= 2 && (!s->p->causal || x.dim[x.rank - 1] == x.dim[x.rank - 2]), "causal needs as many keys as queries");
    return same(s);
}

static struct err broadcast(struct scene *s)
{
    struct shape a = s->in[0], b = s->in[1];
    NEED(b.rank <= a.rank, "second operand has more dimensions than the first");
    for (int i = 1; i <= b.rank; i++)
        NEED(b.dim[b.rank - i] == a.dim[a.rank - i] || b.dim[b.rank - i] == 1, "operands do not broadcast");
    return same(s);
}

static struct err shape_concat(struct scene *s)
{
    return joined(s, 0, &s->out[0]);
}

static struct err shape_stack(struct scene *s)
{
    s->out[0] = s->in[0];
    for (int i = 1; i < s->n->n_inputs; i++) {
        struct shape x = s->in[i];
        NEED(x.rank == s->in[0].rank && x.rank > 0, "weights differ in rank");
        for (int d = 1; d < x.rank; d++)
            NEED(x.dim[d] == s->in[0].dim[d], "weights differ in more than their first dimension");
        s->out[0].dim[0] += x.dim[0];
    }
    return OK;
}

static struct err shape_tap_sums(struct scene *s)
{
    struct shape w = s->in[0];
    NEED(w.rank == 4 && w.dim[2] == 3 && w.dim[3] == 3, "needs a 3x3 kernel");
    s->out[0] = SHAPE(4 * w.dim[0], w.dim[1], 2, 2);
    return OK;
}

static struct err shape_repeat(struct scene *s)
{
    NEED(s->in[0].rank > 0 && s->p->times > 0, "needs a batch and a positive count");
    s->out[0] = s->in[0];
    s->out[0].dim[0] *= s->p->times;
    return OK;
}

static struct err shape_upsample(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank == 4 && s->p->height >= x.dim[2] && s->p->width >= x.dim[3], "only grows images (N,C,H,W)");
    s->out[0] = SHAPE(x.dim[0], x.dim[1], s->p->height, s->p->width);
    return OK;
}

static struct err shape_embedding(struct scene *s)
{
    struct shape table = s->in[0], ids = s->in[1];
    NEED(table.rank == 2 && ids.rank == 2, "needs a table and (N,T) ids");
    s->out[0] = SHAPE(ids.dim[0], ids.dim[1], table.dim[1]);
    return OK;
}

static struct err shape_step_row(struct scene *s)
{
    struct shape table = s->in[0];
    NEED(table.rank == 2 && shape_count(s->in[1]) == 1, "needs a (rows, width) table and one counter");
    s->out[0] = SHAPE(1, table.dim[1]);
    return OK;
}

static struct err shape_guidance(struct scene *s)
{
    NEED(s->in[0].rank == 4 && s->in[0].dim[0] % 2 == 0, "needs an even batch: unconditional rows, then conditional");
    s->out[0] = s->in[0];
    s->out[0].dim[0] /= 2;
    return OK;
}

static struct err shape_sampler_update(struct scene *s)
{
    int states = s->n->n_inputs - 2; /* without coefficients and eps */
    NEED(states >= 1 && states <= MAX_OUTPUTS, "needs a latent and at most %d slots", MAX_OUTPUTS - 1);
    NEED(shape_count(s->in[0]) == (int64_t)states * (states + 1), "coefficients must be %d", states * (states + 1));
    for (int i = 1; i < s->n->n_inputs; i++)
        NEED(shape_equal(s->in[i], s->in[1]), "eps, latent and slots differ in shape");
    s->n->n_outputs = states;
    for (int i = 0; i < states; i++)
        s->out[i] = s->in[1];
    return OK;
}

static struct err shape_pixels(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank == 4 && x.dim[1] == 3, "needs (N,3,H,W)");
    s->out[0] = SHAPE(x.dim[0], x.dim[2], x.dim[3], 3);
    return OK;
}

static struct err shape_slice(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank > 0 && 0 <= s->p->begin && s->p->begin < s->p->end && s->p->end <= x.dim[x.rank - 1], "is out of range");
    x.dim[x.rank - 1] = s->p->end - s->p->begin;
    s->out[0] = x;
    return OK;
}

static struct err shape_tokens(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank == 4, "needs (N,C,H,W)");
    s->out[0] = SHAPE(x.dim[0], x.dim[2] * x.dim[3], x.dim[1]);
    return OK;
}

static struct err shape_image(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank == 3 && s->p->height * s->p->width == x.dim[1], "needs (N,height*width,C)");
    s->out[0] = SHAPE(x.dim[0], x.dim[2], s->p->height, s->p->width);
    return OK;
}

static struct err shape_split_heads(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank == 3 && s->p->heads > 0 && x.dim[2] % s->p->heads == 0, "needs (N,T,heads*D)");
    s->out[0] = SHAPE(x.dim[0], s->p->heads, x.dim[1], x.dim[2] / s->p->heads);
    return OK;
}

static struct err shape_merge_heads(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank == 4, "needs (N,h,T,D)");
    s->out[0] = SHAPE(x.dim[0], x.dim[2], x.dim[1] * x.dim[3]);
    return OK;
}

static struct err shape_channels(struct scene *s)
{
    struct shape x = s->in[0];
    NEED(x.rank == 2, "needs (N,C)");
    s->out[0] = SHAPE(x.dim[0], x.dim[1], 1, 1);
    return OK;
}

#define shape_silu same
#define shape_gelu_erf same
#define shape_gelu_tanh same
#define shape_gelu_quick same
#define shape_add broadcast
#define shape_mul broadcast
#define shape_scale same
#define shape_cast same
#define shape_reorder same
#define shape_advance same

struct err shape_infer(const struct graph *g, struct node *n, struct shape out[MAX_OUTPUTS])
{
    static struct err (*const rules[OP_COUNT])(struct scene *) = {
#define OP(name, kind, inputs, summary) [OP_##name] = shape_##name,
#include "pipeline/graph/ops.def"
#undef OP
    };
    struct scene s = {.n = n, .p = &n->params, .out = out};
    for (int i = 0; i < n->n_inputs; i++)
        s.in[i] = n->input[i] == NO_VALUE ? (struct shape){.rank = -1} : g->value[n->input[i]].shape;
    return rules[n->op](&s);
}
