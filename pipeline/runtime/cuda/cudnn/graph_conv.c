/* Convolutions. The order of the epilogue decides which kernels there are: after the convolution the residual, then the
 * bias, with float32 between the operations and a bias of the values' own type is what cuDNN has compiled kernels for;
 * the same sum in another order or with another bias is compiled at run time. */
#include "pipeline/runtime/cuda/cudnn/graph.h"
#include "pipeline/runtime/cuda/cudnn/numerics.h"

struct image {
    int64_t dim[4], stride[4]; /* N,C,H,W, or K,C,R,S */
};

static struct image image_of(const struct conv_problem *p, int64_t n, int64_t c, int64_t h, int64_t w)
{
    struct image i = {{n, c, h, w}, {c * h * w, 1, w * c, c}};
    if (p->nchw) {
        i.stride[1] = h * w;
        i.stride[2] = w;
        i.stride[3] = 1;
    }
    return i;
}

static void add_signature(struct text *t, const struct conv_problem *p)
{
    text_add(t, "conv %s", dtypes[p->read].name);
    if (p->write != p->read)
        text_add(t, " to %s", dtypes[p->write].name);
    text_add(t, " n%lld c%lld h%lld w%lld k%lld %lldx%lld", (long long)p->n, (long long)p->c, (long long)p->h,
             (long long)p->w, (long long)p->k, (long long)p->r, (long long)p->s);
    text_add(t, " stride %lld pad %lld,%lld,%lld,%lld%s%s%s %s", (long long)p->stride, (long long)p->pad[0],
             (long long)p->pad[1], (long long)p->pad[2], (long long)p->pad[3], p->residual ? " residual" : "",
             p->bias ? " bias" : "", p->nchw ? " nchw" : "", numerics_names[p->numerics]);
}

static int64_t result_size(int64_t from, int64_t before, int64_t after, int64_t window, int64_t stride)
{
    return (from + before + after - window) / stride + 1;
}

static struct err check(const struct conv_problem *p)
{
    const int64_t sizes[] = {p->n, p->c, p->h, p->w, p->k, p->r, p->s, p->stride};
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        if (sizes[i] < 1)
            return err_fail("a size is not positive");
    if (p->h + p->pad[0] + p->pad[2] < p->r || p->w + p->pad[1] + p->pad[3] < p->s)
        return err_fail("the window is larger than the image");
    if (!numerics_fit(p->numerics, p->read))
        return err_fail("numerics %s are not for values of %s", numerics_names[p->numerics], dtypes[p->read].name);
    return OK;
}

static struct err convolution(struct dnn_graph *g, const struct conv_problem *p, descriptor x, descriptor w,
                              descriptor y, descriptor *out)
{
    const cudnnDataType_t sums = CUDNN_DATA_FLOAT;
    const cudnnConvolutionMode_t mode = CUDNN_CROSS_CORRELATION;
    const int64_t rank = 2, stride[] = {p->stride, p->stride}, dilation[] = {1, 1};
    const float one = 1, zero = 0;
    const struct attribute windows[] = {
        {CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, 1, &sums},
        {CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, 1, &mode},
        {CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, 1, &rank},
        {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_TYPE_INT64, 2, &p->pad[0]},
        {CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, CUDNN_TYPE_INT64, 2, &p->pad[2]},
        {CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_TYPE_INT64, 2, stride},
        {CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, 2, dilation},
    };
    descriptor windowing;
    TRY(descriptor_build(&g->own, CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, "a convolution's windows", windows,
                         ARRAY_LEN(windows), &windowing));
    const struct attribute operation[] = {
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &windowing},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &x},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &w},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &y},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, 1, &one},
        {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, 1, &zero},
    };
    return descriptor_build(&g->own, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR, "a convolution", operation,
                            ARRAY_LEN(operation), out);
}

static struct err addition(struct dnn_graph *g, descriptor a, descriptor b, descriptor y, descriptor *out)
{
    const cudnnPointwiseMode_t mode = CUDNN_POINTWISE_ADD;
    const cudnnDataType_t sums = CUDNN_DATA_FLOAT;
    const struct attribute kind[] = {
        {CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, 1, &mode},
        {CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, 1, &sums},
    };
    descriptor pointwise;
    TRY(descriptor_build(&g->own, CUDNN_BACKEND_POINTWISE_DESCRIPTOR, "a sum", kind, ARRAY_LEN(kind), &pointwise));
    const struct attribute operation[] = {
        {CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &pointwise},
        {CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &a},
        {CUDNN_ATTR_OPERATION_POINTWISE_BDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &b},
        {CUDNN_ATTR_OPERATION_POINTWISE_YDESC, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &y},
    };
    return descriptor_build(&g->own, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, "an addition", operation,
                            ARRAY_LEN(operation), out);
}

static struct err slot_image(struct dnn_graph *g, int slot, enum dtype dtype, const struct image *i, descriptor *out)
{
    return dnn_graph_tensor(g, TENSOR_SLOT, slot, dtype, i->dim, i->stride, out);
}

/* One operation, or two or three: each but the last leaves a virtual float32 image. */
static struct err build(struct dnn_graph *g, const struct conv_problem *p)
{
    const int64_t height = result_size(p->h, p->pad[0], p->pad[2], p->r, p->stride);
    const int64_t width = result_size(p->w, p->pad[1], p->pad[3], p->s, p->stride);
    const struct image from = image_of(p, p->n, p->c, p->h, p->w), window = image_of(p, p->k, p->c, p->r, p->s);
    const struct image to = image_of(p, p->n, p->k, height, width), bias = image_of(p, 1, p->k, 1, 1);
    const struct {
        bool there;
        int slot;
        const struct image *image;
    } addend[] = {{p->residual, DNN_RESIDUAL, &to}, {p->bias, DNN_BIAS, &bias}};

    descriptor x, w, y, sum, operation[3];
    int operations = 0, left = p->residual + p->bias;
    TRY(slot_image(g, DNN_X, p->read, &from, &x));
    TRY(slot_image(g, DNN_W, p->read, &window, &w));
    TRY(slot_image(g, DNN_Y, p->write, &to, &y));
    sum = y;
    if (left)
        TRY(dnn_graph_tensor(g, TENSOR_VIRTUAL, 0, DTYPE_f32, to.dim, to.stride, &sum));
    TRY(convolution(g, p, x, w, sum, &operation[operations++]));
    for (size_t i = 0; i < ARRAY_LEN(addend); i++) {
        descriptor b, next = y;
        if (!addend[i].there)
            continue;
        TRY(slot_image(g, addend[i].slot, p->read, addend[i].image, &b));
        if (--left)
            TRY(dnn_graph_tensor(g, TENSOR_VIRTUAL, 0, DTYPE_f32, to.dim, to.stride, &next));
        TRY(addition(g, sum, b, next, &operation[operations++]));
        sum = next;
    }
    return dnn_graph_finish(g, operation, operations);
}

struct err dnn_conv(struct dnn *d, const struct conv_problem *p, struct dnn_graph **out)
{
    struct dnn_graph *g;
    TRY(dnn_graph_new(d, p->numerics, &g));
    add_signature(&g->signature, p);
    struct err e = check(p);
    return dnn_graph_keep(g, e.code ? e : build(g, p), out);
}
