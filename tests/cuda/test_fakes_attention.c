/* tests/cuda/host: cuDNN's attention, against sums in double precision, and the states of descriptors. */
#if __has_include(<cudnn.h>) && __has_include(<cublasLt.h>)
#include "tests/cuda/fakes_cudnn.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

enum { Q, K, O, V, FACTOR, HEADS = 2, QUERIES = 300, KEYS = 77, WIDTH = 40 };

/* (N,h,T,D) of rows of tokens in which the heads lie side by side. */
static struct dnn_value heads(const struct cuda *c, enum dtype type, int64_t tokens, int64_t width, unsigned seed)
{
    struct dnn_value v = dnn_value(c, type, false, (int64_t[]){2, HEADS, tokens, width}, seed);
    v.stride[0] = tokens * HEADS * width;
    v.stride[1] = width;
    v.stride[2] = HEADS * width;
    return v;
}

static descriptor attention_graph(struct dnn_case *m, enum dtype type, int64_t width, struct dnn_value v[DNN_IDS],
                                  float *factor)
{
    static const cudnnBackendAttributeName_t names[DNN_IDS] = {
        CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC, CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC, CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC,
        CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC, CUDNN_ATTR_OPERATION_SDPA_FWD_SCALEDESC};
    v[Q] = heads(m->c, type, QUERIES, width, 1);
    v[K] = heads(m->c, type, KEYS, width, 2);
    v[O] = heads(m->c, type, QUERIES, width, 3);
    v[V] = heads(m->c, type, KEYS, width, 4);
    v[FACTOR] = (struct dnn_value){.dim = {1, 1, 1, 1}, .stride = {1, 1, 1, 1}, .at = factor};
    descriptor tensor[DNN_IDS], d;
    for (int i = 0; i < DNN_IDS; i++)
        tensor[i] = dnn_tensor(m, &v[i], 1 + i, false, i == FACTOR);
    d = dnn_make(m, CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR);
    for (int i = 0; i < DNN_IDS; i++)
        dnn_set_one(m, d, names[i], tensor[i]);
    dnn_finish(m, d);
    return dnn_graph(m, &d, 1);
}

static void values_end(const struct cuda *c, struct dnn_value v[DNN_IDS])
{
    for (int i = 0; i < FACTOR; i++)
        dnn_value_end(c, &v[i]);
}

/* One row of the result. */
static void row_of(const struct dnn_value v[DNN_IDS], double factor, int64_t n, int64_t h, int64_t t, double out[WIDTH])
{
    double share[KEYS], sum = 0, top = -INFINITY;
    for (int64_t s = 0; s < KEYS; s++) {
        share[s] = 0;
        for (int64_t d = 0; d < WIDTH; d++)
            share[s] += factor * dnn_element(&v[Q], n, h, t, d) * dnn_element(&v[K], n, h, s, d);
        top = fmax(top, share[s]);
    }
    for (int64_t s = 0; s < KEYS; s++)
        sum += share[s] = exp(share[s] - top);
    for (int64_t d = 0; d < WIDTH; d++) {
        out[d] = 0;
        for (int64_t s = 0; s < KEYS; s++)
            out[d] += share[s] / sum * dnn_element(&v[V], n, h, s, d);
    }
}

Test(fakes_attention, equals_sums_in_double)
{
    struct cuda c = fakes_open(NULL, NULL);
    struct dnn_case m = dnn_begin(&c);
    struct dnn_value v[DNN_IDS];
    float factor = 0.7f;
    descriptor config[2], graph = attention_graph(&m, DTYPE_f16, WIDTH, v, &factor);
    void *workspace = fakes_upload(&c, NULL, DNN_WORKSPACE);
    cr_assert_eq(dnn_configurations(&m, graph, CUDNN_HEUR_MODE_A, config, 2), 1);
    cr_assert(!dnn_execute(&m, dnn_plan(&m, config[0], NULL), v, workspace));
    struct dnn_value got = v[O];
    double worst = 0;
    got.x = malloc(got.count * sizeof *got.x);
    fakes_download(&c, got.x, got.at, DTYPE_f16, got.count);
    for (int64_t n = 0; n < 2; n++)
        for (int64_t h = 0; h < HEADS; h++)
            for (int64_t t = 0; t < QUERIES; t++) {
                double row[WIDTH];
                row_of(v, 0.7f, n, h, t, row);
                for (int64_t d = 0; d < WIDTH; d++)
                    worst = fmax(worst, fabs(dnn_element(&got, n, h, t, d) - row[d]));
            }
    cr_expect_leq(worst, 0x1p-11, "%g: more than rounding a value below 1 to float16", worst);
    free(got.x);
    values_end(&c, v);
    dnn_end(&m);
    cr_assert(!c.cudaFree(workspace));
}

/* No engine for it: float32 values, heads whose width is no multiple of 8. */
Test(fakes_attention, has_its_limits)
{
    struct cuda c = fakes_open(NULL, NULL);
    static const struct {
        enum dtype type;
        int64_t width;
        int engines;
    } rows[] = {{DTYPE_f32, 40, 0}, {DTYPE_f16, 36, 0}, {DTYPE_bf16, 40, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dnn_case m = dnn_begin(&c);
        struct dnn_value v[DNN_IDS];
        float factor = 1;
        descriptor config[2], graph = attention_graph(&m, rows[i].type, rows[i].width, v, &factor);
        cr_expect_eq(dnn_configurations(&m, graph, CUDNN_HEUR_MODE_A, config, 2), rows[i].engines, "row %zu", i);
        values_end(&c, v);
        dnn_end(&m);
    }
}

Test(fakes_attention, begins_with_capability_80)
{
    struct cuda c = fakes_open("SDBENCH_FAKE_CAPABILITY", "75", NULL);
    struct dnn_case m = dnn_begin(&c);
    struct dnn_value v[DNN_IDS];
    float factor = 1;
    descriptor config[2], graph = attention_graph(&m, DTYPE_f16, WIDTH, v, &factor);
    cr_expect_eq(dnn_configurations(&m, graph, CUDNN_HEUR_MODE_A, config, 2), 0);
    cr_expect_eq(dnn_configurations(&m, graph, CUDNN_HEUR_MODE_FALLBACK, config, 2), 0);
    values_end(&c, v);
    dnn_end(&m);
}

/* The statuses are those that cuDNN 9.19 answers with. */
Test(fakes_attention, descriptors_have_cudnns_states)
{
    struct cuda c = fakes_open(NULL, NULL);
    struct dnn_case m = dnn_begin(&c);
    struct dnn_value v = dnn_value(&c, DTYPE_f32, true, (int64_t[]){1, 2, 3, 4}, 1);
    descriptor good = dnn_tensor(&m, &v, 1, false, false), empty = dnn_make(&m, CUDNN_BACKEND_TENSOR_DESCRIPTOR),
               graph = dnn_make(&m, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    int64_t one = 1, some[4], count = 0;
    cr_expect_eq(c.cudnnBackendFinalize(empty), CUDNN_STATUS_BAD_PARAM);
    cr_expect_eq(c.cudnnBackendGetAttribute(empty, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &count, some),
                 CUDNN_STATUS_NOT_INITIALIZED);
    cr_expect_eq(c.cudnnBackendSetAttribute(empty, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_FLOAT, 1, &one),
                 CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
    cr_expect_eq(c.cudnnBackendSetAttribute(empty, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 2, some),
                 CUDNN_STATUS_BAD_PARAM);
    cr_expect_eq(c.cudnnBackendSetAttribute(empty, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &one),
                 CUDNN_STATUS_BAD_PARAM);
    cr_expect_eq(c.cudnnBackendSetAttribute(good, CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &one),
                 CUDNN_STATUS_BAD_PARAM, "finalized");
    cr_expect_eq(
        c.cudnnBackendSetAttribute(graph, CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &empty),
        CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED);
    cr_assert(!c.cudnnBackendGetAttribute(good, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 0, &count, NULL));
    cr_expect_eq(count, 4);
    cr_assert(!c.cudnnBackendGetAttribute(good, CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, 2, &count, some));
    cr_expect(count == 2 && some[0] == 1 && some[1] == 2);
    dnn_value_end(&c, &v);
    dnn_end(&m);
}
#else
extern int fakes_need_a_toolkit;
#endif
