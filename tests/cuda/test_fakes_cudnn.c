/* tests/cuda/host: cuDNN's convolutions, against sums in double precision. */
#if __has_include(<cudnn.h>) && __has_include(<cublasLt.h>)
#include "tests/cuda/fakes_cudnn.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* y = conv(x, w) + residual + bias */
struct conv {
    int64_t n, c, h, w, k, r, s, stride, pad[4];
    enum dtype read, write;
    bool channels_last, bias, residual;
};
enum { X, W, Y, BIAS, RESIDUAL };

static descriptor add_of(struct dnn_case *m, descriptor a, descriptor b, descriptor y)
{
    const cudnnPointwiseMode_t mode = CUDNN_POINTWISE_ADD;
    const cudnnDataType_t sums = CUDNN_DATA_FLOAT;
    descriptor p = dnn_make(m, CUDNN_BACKEND_POINTWISE_DESCRIPTOR), d;
    dnn_set(m, p, CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode);
    dnn_set(m, p, CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &sums);
    dnn_finish(m, p);
    d = dnn_make(m, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    dnn_set_one(m, d, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, p);
    dnn_set_one(m, d, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, a);
    dnn_set_one(m, d, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, b);
    dnn_set_one(m, d, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y);
    dnn_finish(m, d);
    return d;
}

static descriptor conv_of(struct dnn_case *m, const struct conv *p, descriptor x, descriptor w, descriptor y)
{
    const cudnnDataType_t sums = CUDNN_DATA_FLOAT;
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    const int64_t rank = 2, stride[] = {p->stride, p->stride}, ones[] = {1, 1};
    const float one = 1, zero = 0;
    descriptor c = dnn_make(m, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR), d;
    dnn_set(m, c, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &sums);
    dnn_set(m, c, CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode);
    dnn_set(m, c, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &rank);
    dnn_set(m, c, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, &p->pad[0]);
    dnn_set(m, c, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, &p->pad[2]);
    dnn_set(m, c, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, stride);
    dnn_set(m, c, CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, ones);
    dnn_finish(m, c);
    d = dnn_make(m, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
    dnn_set_one(m, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, c);
    dnn_set_one(m, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, x);
    dnn_set_one(m, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, w);
    dnn_set_one(m, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, y);
    dnn_set(m, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, 1, &one);
    dnn_set(m, d, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, 1, &zero);
    dnn_finish(m, d);
    return d;
}

static descriptor conv_graph(struct dnn_case *m, const struct conv *p, struct dnn_value v[DNN_IDS])
{
    const int64_t height = (p->h + p->pad[0] + p->pad[2] - p->r) / p->stride + 1,
                  width = (p->w + p->pad[1] + p->pad[3] - p->s) / p->stride + 1;
    v[X] = dnn_value(m->c, p->read, p->channels_last, (int64_t[]){p->n, p->c, p->h, p->w}, 1);
    v[W] = dnn_value(m->c, p->read, p->channels_last, (int64_t[]){p->k, p->c, p->r, p->s}, 2);
    v[Y] = dnn_value(m->c, p->write, p->channels_last, (int64_t[]){p->n, p->k, height, width}, 3);
    v[BIAS] = dnn_value(m->c, p->read, p->channels_last, (int64_t[]){1, p->k, 1, 1}, 4);
    v[RESIDUAL] = dnn_value(m->c, p->read, p->channels_last, v[Y].dim, 5);
    struct dnn_value between = v[Y];
    between.type = DTYPE_f32;
    descriptor y = dnn_tensor(m, &v[Y], 1 + Y, false, false), sum = y, operation[3];
    int operations = 0, left = p->bias + p->residual;
    if (left)
        sum = dnn_tensor(m, &between, 100, true, false);
    operation[operations++] =
        conv_of(m, p, dnn_tensor(m, &v[X], 1 + X, false, false), dnn_tensor(m, &v[W], 1 + W, false, false), sum);
    for (int i = RESIDUAL; i >= BIAS; i--)
        if (i == BIAS ? p->bias : p->residual) {
            descriptor next = --left ? dnn_tensor(m, &between, 101, true, false) : y;
            operation[operations++] = add_of(m, sum, dnn_tensor(m, &v[i], 1 + i, false, false), next);
            sum = next;
        }
    return dnn_graph(m, operation, operations);
}

static double conv_error(const struct cuda *c, const struct conv *p, const struct dnn_value v[DNN_IDS])
{
    struct dnn_value got = v[Y];
    double worst = 0;
    got.x = malloc(got.count * sizeof *got.x);
    fakes_download(c, got.x, v[Y].at, p->write, got.count);
    for (int64_t n = 0; n < p->n; n++)
        for (int64_t k = 0; k < p->k; k++)
            for (int64_t i = 0; i < got.dim[2]; i++)
                for (int64_t j = 0; j < got.dim[3]; j++) {
                    double sum = (p->bias ? dnn_element(&v[BIAS], 0, k, 0, 0) : 0) +
                                 (p->residual ? dnn_element(&v[RESIDUAL], n, k, i, j) : 0);
                    for (int64_t ch = 0; ch < p->c; ch++)
                        for (int64_t r = 0; r < p->r; r++)
                            for (int64_t s = 0; s < p->s; s++) {
                                int64_t row = i * p->stride + r - p->pad[0], column = j * p->stride + s - p->pad[1];
                                if (row >= 0 && row < p->h && column >= 0 && column < p->w)
                                    sum += dnn_element(&v[X], n, ch, row, column) * dnn_element(&v[W], k, ch, r, s);
                            }
                    worst = fmax(worst, fabs(dnn_element(&got, n, k, i, j) - sum));
                }
    free(got.x);
    return worst / sqrt((double)(p->c * p->r * p->s));
}

/* Inputs of fakes_fill are exact in 16 bits: every engine has the same sums. */
Test(fakes_cudnn, convolutions_equal_sums_in_double)
{
    static const struct conv rows[] = {
        {2, 5, 7, 6, 9, 3, 3, 1, {1, 1, 1, 1}, DTYPE_f32, DTYPE_f32, true, true, true},
        {1, 4, 9, 8, 6, 3, 3, 2, {0, 0, 1, 1}, DTYPE_f32, DTYPE_f32, false, true, false},
        {1, 8, 5, 5, 16, 2, 2, 1, {1, 1, 0, 0}, DTYPE_f16, DTYPE_f16, true, true, false},
        {2, 40, 4, 4, 8, 1, 1, 1, {0}, DTYPE_f16, DTYPE_f32, true, false, true},
        {1, 3, 40, 40, 4, 3, 3, 1, {1, 1, 1, 1}, DTYPE_bf16, DTYPE_bf16, false, true, true},
    };
    struct cuda c = fakes_open(NULL, NULL);
    void *workspace = fakes_upload(&c, NULL, DNN_WORKSPACE);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dnn_case m = dnn_begin(&c);
        struct dnn_value v[DNN_IDS];
        descriptor graph = conv_graph(&m, &rows[i], v), config[8];
        int count = dnn_configurations(&m, graph, CUDNN_HEUR_MODE_A, config, 6);
        count += dnn_configurations(&m, graph, CUDNN_HEUR_MODE_FALLBACK, config + count, 2);
        cr_expect_geq(count, 2);
        for (int w = 0; w < count; w++) {
            cr_assert(!c.cudaMemset(v[Y].at, 0xff, v[Y].count * dtypes[v[Y].type].bytes));
            cr_assert(!dnn_execute(&m, dnn_plan(&m, config[w], NULL), v, workspace));
            double bound = rows[i].write == DTYPE_f32 ? 1e-6 : rows[i].write == DTYPE_f16 ? 2e-3 : 1.6e-2;
            double e = conv_error(&c, &rows[i], v);
            cr_expect(e <= bound, "conv %zu, way %d: %g, at most %g", i, w, e, bound);
        }
        for (int t = 0; t < DNN_IDS; t++)
            dnn_value_end(&c, &v[t]);
        dnn_end(&m);
    }
    cr_assert(!c.cudaFree(workspace));
}

/* What a note says is so: 1 + 2^-12 has no room in float16 or TF32. */
Test(fakes_cudnn, engines_keep_to_their_notes)
{
    const struct conv p = {1, 1, 1, 1, 1, 1, 1, 1, {0}, DTYPE_f32, DTYPE_f32, true, false, false};
    struct cuda c = fakes_open(NULL, NULL);
    struct dnn_case m = dnn_begin(&c);
    void *workspace = fakes_upload(&c, NULL, DNN_WORKSPACE);
    struct dnn_value v[DNN_IDS];
    descriptor graph = conv_graph(&m, &p, v), config[8];
    int count = dnn_configurations(&m, graph, CUDNN_HEUR_MODE_A, config, 6);
    unsigned seen = 0;
    count += dnn_configurations(&m, graph, CUDNN_HEUR_MODE_FALLBACK, config + count, 2);
    const float x = 1 + 0x1p-12f, one = 1;
    cr_assert(!c.cudaMemcpy(v[X].at, &x, sizeof x, cudaMemcpyHostToDevice));
    cr_assert(!c.cudaMemcpy(v[W].at, &one, sizeof one, cudaMemcpyHostToDevice));
    for (int w = 0; w < count; w++) {
        float y;
        unsigned notes = dnn_notes(&m, config[w]);
        cr_assert(!dnn_execute(&m, dnn_plan(&m, config[w], NULL), v, workspace));
        cr_assert(!c.cudaMemcpy(&y, v[Y].at, sizeof y, cudaMemcpyDeviceToHost));
        cr_expect_eq(y == x, !notes, "notes %u: %.9g", notes, (double)y);
        seen |= notes ? notes : 1u << 31;
    }
    cr_expect_eq(seen,
                 1u << 31 | 1u << CUDNN_NUMERICAL_NOTE_TENSOR_CORE | 1u << CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS);
    for (int t = 0; t < DNN_IDS; t++)
        dnn_value_end(&c, &v[t]);
    dnn_end(&m);
    cr_assert(!c.cudaFree(workspace));
}

Test(fakes_cudnn, a_plan_comes_back_from_its_text)
{
    const struct conv p = {1, 4, 5, 5, 8, 3, 3, 1, {1, 1, 1, 1}, DTYPE_f32, DTYPE_f32, true, true, true};
    struct cuda c = fakes_open(NULL, NULL);
    struct dnn_case m = dnn_begin(&c);
    struct dnn_value v[DNN_IDS];
    descriptor graph = conv_graph(&m, &p, v), config[2], other;
    cr_assert_geq(dnn_configurations(&m, graph, CUDNN_HEUR_MODE_FALLBACK, config, 2), 1);
    char *json = dnn_json(&m, dnn_plan(&m, config[0], NULL)), *again;
    descriptor plan = dnn_plan(&m, NULL, json);
    again = dnn_json(&m, plan);
    cr_expect_str_eq(json, again);
    cr_assert(!dnn_execute(&m, plan, v, NULL));
    cr_expect_leq(conv_error(&c, &p, v), 1e-6);

    static const struct {
        const char *from, *to;
        cudnnStatus_t status;
    } damages[] = {{"\"cudnnVersion\":9", "\"cudnnVersion\":8", CUDNN_STATUS_SERIALIZATION_VERSION_MISMATCH},
                   {"\"deviceVer\":900", "\"deviceVer\":800", CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH},
                   {"\"engineId\":0", "\"engineId\":9", CUDNN_STATUS_NOT_SUPPORTED},
                   {"\"dim\":[1", "\"dim\":[0", CUDNN_STATUS_BAD_PARAM},
                   {"{", "[", CUDNN_STATUS_BAD_PARAM}};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        strcpy(again, json);
        char *at = strstr(again, damages[i].from);
        cr_assert(at, "%s", damages[i].from);
        memcpy(at, damages[i].to, strlen(damages[i].to));
        other = dnn_make(&m, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
        dnn_set(&m, other, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &m.handle);
        dnn_set(&m, other, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, (int64_t)strlen(again),
                again);
        cr_expect_eq(c.cudnnBackendFinalize(other), damages[i].status, "%s", damages[i].to);
    }
    free(json);
    free(again);
    for (int t = 0; t < DNN_IDS; t++)
        dnn_value_end(&c, &v[t]);
    dnn_end(&m);
}
#else
extern int fakes_need_a_toolkit;
#endif
