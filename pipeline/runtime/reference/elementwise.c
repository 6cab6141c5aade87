/* Operations whose output element depends on one element of each input. */
#include "pipeline/runtime/reference/job.h"

/* b with the shape of a: dimensions of size 1 are walked with stride 0. Without b: a itself. */
static struct tensor second(const struct job *j)
{
    struct tensor b = j->n_inputs > 1 ? j->in[1] : j->in[0];
    for (int i = 0; i < MAX_RANK; i++) {
        b.stride[i] = b.dim[i] == 1 ? 0 : b.stride[i];
        b.dim[i] = j->in[0].dim[i];
    }
    return b;
}

static void map(const struct job *j, double (*f)(double a, double b, double factor))
{
    const struct tensor *a = &j->in[0], b = second(j), *y = &j->out[0];
#pragma omp parallel for num_threads(j->threads) schedule(static)
    for (int64_t r = 0; r < tensor_rows(y); r++) {
        int64_t from = tensor_row(a, r), with = tensor_row(&b, r), to = tensor_row(y, r);
        for (int64_t i = 0; i < y->dim[3]; i++)
            tensor_put(
                y, to + i * y->stride[3],
                f(tensor_get(a, from + i * a->stride[3]), tensor_get(&b, with + i * b.stride[3]), j->params.factor));
    }
}

#define MAP(name, expression)                             \
    static double name(double a, double b, double factor) \
    {                                                     \
        (void)a, (void)b, (void)factor;                   \
        return expression;                                \
    }                                                     \
    void reference_##name(const struct job *j)            \
    {                                                     \
        map(j, name);                                     \
    }

// clang-format off
MAP(silu,       a / (1 + exp(-a)))
MAP(gelu_erf,   a * 0.5 * erfc(-a * M_SQRT1_2))
MAP(gelu_tanh,  a * 0.5 * (1 + tanh(M_2_SQRTPI * M_SQRT1_2 * (a + 0.044715 * a * a * a))))
MAP(gelu_quick, a / (1 + exp(-1.702 * a)))
MAP(add,        a + b)
MAP(mul,        a * b)
MAP(scale,      a * factor)
MAP(cast,       a)
MAP(reorder,    a)
MAP(advance,    a + 1)
// clang-format on

double reference_activate(int64_t op, double x)
{
    static double (*const activations[OP_COUNT])(double, double, double) = {
        [OP_silu] = silu, [OP_gelu_erf] = gelu_erf, [OP_gelu_tanh] = gelu_tanh, [OP_gelu_quick] = gelu_quick};
    return op ? activations[op](x, 0, 0) : x;
}
