/* What a graph of operations computes: a convolution followed by sums, or attention. */
#include "tests/cuda/host/fake_cudnn.h"

cudnnStatus_t tensor_of(const struct descriptor *d, int attribute, struct tensor *out)
{
    const struct descriptor *t = value_descriptor(d, attribute);
    REQUIRE(t && t->kind == CUDNN_BACKEND_TENSOR_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
    *out = t->tensor;
    return CUDNN_STATUS_SUCCESS;
}

static bool ones(const int64_t *value, int n)
{
    for (int i = 0; i < n; i++)
        if (value[i] != 1)
            return false;
    return true;
}

static cudnnStatus_t read_conv(const struct descriptor *op, struct problem *p)
{
    const struct descriptor *c = value_descriptor(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC);
    REQUIRE(c->kind == CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
    const int64_t *before = value_of(c, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, NULL),
                  *after = value_of(c, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, NULL),
                  *stride = value_of(c, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, NULL),
                  *dilation = value_of(c, CUDNN_ATTR_CONVOLUTION_DILATIONS, NULL);
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, &p->t[X]));
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, &p->t[W]));
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, &p->t[Y]));
    REQUIRE(value_number(c, CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, 0) == 2 && ones(dilation, 2) &&
                value_number(c, CUDNN_ATTR_CONVOLUTION_CONV_MODE, -1) == CUDNN_CROSS_CORRELATION &&
                value_number(c, CUDNN_ATTR_CONVOLUTION_COMP_TYPE, -1) == CUDNN_DATA_FLOAT,
            CUDNN_STATUS_NOT_SUPPORTED);
    const int64_t *x = p->t[X].dim, *w = p->t[W].dim, *y = p->t[Y].dim;
    REQUIRE(x[1] == w[1] && x[0] == y[0] && w[0] == y[1], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
    for (int i = 0; i < 2; i++) {
        p->before[i] = before[i];
        p->after[i] = after[i];
        p->stride[i] = stride[i];
        int64_t room = x[2 + i] + before[i] + after[i] - w[2 + i];
        REQUIRE(room >= 0 && y[2 + i] == room / stride[i] + 1, CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
    }
    p->alpha = value_real(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1);
    p->beta = value_real(op, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0);
    p->kind = PROBLEM_conv;
    return CUDNN_STATUS_SUCCESS;
}

/* A sum of what the chain has come to, one of the two operands, with a tensor of its size or one that is repeated. */
static cudnnStatus_t read_sum(const struct descriptor *op, struct problem *p)
{
    struct tensor a, b, y;
    const struct descriptor *kind = value_descriptor(op, CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
    REQUIRE(kind->kind == CUDNN_BACKEND_POINTWISE_DESCRIPTOR, CUDNN_STATUS_BAD_PARAM);
    REQUIRE(value_number(kind, CUDNN_ATTR_POINTWISE_MODE, -1) == CUDNN_POINTWISE_ADD &&
                value_number(kind, CUDNN_ATTR_POINTWISE_MATH_PREC, -1) == CUDNN_DATA_FLOAT,
            CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, &a));
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_POINTWISE_BDESC, &b));
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_POINTWISE_YDESC, &y));
    REQUIRE(p->kind == PROBLEM_conv && p->addends < ADDENDS && p->t[Y].is_virtual && p->beta == 0,
            CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
    REQUIRE((a.uid == p->t[Y].uid) != (b.uid == p->t[Y].uid), CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
    struct tensor *add = a.uid == p->t[Y].uid ? &b : &a;
    REQUIRE(!add->is_virtual && !add->by_value, CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
    for (int i = 0; i < RANK; i++) {
        REQUIRE(add->dim[i] == 1 || add->dim[i] == y.dim[i], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
        REQUIRE(y.dim[i] == p->t[Y].dim[i], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
        add->stride[i] = add->dim[i] == 1 ? 0 : add->stride[i];
    }
    p->between[p->addends] = p->t[Y].type;
    p->addend[p->addends++] = *add;
    p->t[Y] = y;
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t read_attention(const struct descriptor *op, struct problem *p)
{
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_SDPA_FWD_QDESC, &p->t[Q]));
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_SDPA_FWD_KDESC, &p->t[K]));
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_SDPA_FWD_VDESC, &p->t[V]));
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_SDPA_FWD_ODESC, &p->t[O]));
    PASS(tensor_of(op, CUDNN_ATTR_OPERATION_SDPA_FWD_SCALEDESC, &p->t[FACTOR]));
    const int64_t *q = p->t[Q].dim, *k = p->t[K].dim, *v = p->t[V].dim, *o = p->t[O].dim;
    for (int i = 0; i < 2; i++)
        REQUIRE(q[i] == k[i] && q[i] == v[i] && q[i] == o[i], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
    REQUIRE(q[2] == o[2] && k[2] == v[2] && q[3] == k[3] && v[3] == o[3], CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
    REQUIRE(p->t[FACTOR].type == DTYPE_f32 && ones(p->t[FACTOR].dim, RANK), CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH);
    p->kind = PROBLEM_attention;
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t read_operation(const struct descriptor *op, struct problem *p)
{
    if (op->kind == CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
        return read_sum(op, p);
    REQUIRE(p->kind == PROBLEM_none, CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
    if (op->kind == CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR)
        return read_conv(op, p);
    if (op->kind == CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR)
        return read_attention(op, p);
    return fail(CUDNN_STATUS_BAD_PARAM, "descriptor %d is not an operation", (int)op->kind);
}

cudnnStatus_t finalize_graph(struct descriptor *d)
{
    int64_t count = 0;
    struct descriptor *const *op = value_of(d, CUDNN_ATTR_OPERATIONGRAPH_OPS, &count);
    struct problem *p = &d->made.problem;
    for (int64_t i = 0; i < count; i++)
        PASS(read_operation(op[i], p));
    REQUIRE(!p->t[Y].is_virtual && !p->t[X].is_virtual && !p->t[W].is_virtual,
            CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
    if (value_of(d, CUDNN_ATTR_OPERATIONGRAPH_HANDLE, NULL))
        d->made.capability = fake_device_now()->capability * 10;
    return CUDNN_STATUS_SUCCESS;
}
