/* The calls that differ between versions 2 and 3 of oneDNN's API, in the form of version 3. Version 2 has tensor
 * descriptors that are plain structs, and an operation descriptor between the arguments and the primitive's. */
#ifndef SDBENCH_CPU_ONEDNN_API_H
#define SDBENCH_CPU_ONEDNN_API_H

#include <oneapi/dnnl/dnnl.h>
#include <stdlib.h>

#if DNNL_VERSION_MAJOR >= 3

typedef dnnl_memory_desc_t md_t; /* ended by md_destroy */
typedef const_dnnl_memory_desc_t const_md_t;

/* strides NULL: in the layout of the tag. */
static inline dnnl_status_t md_create(md_t *out, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                                      const dnnl_dims_t strides, dnnl_format_tag_t tag)
{
    return strides ? dnnl_memory_desc_create_with_strides(out, rank, dims, type, strides)
                   : dnnl_memory_desc_create_with_tag(out, rank, dims, type, tag);
}

static inline void md_destroy(md_t md)
{
    dnnl_memory_desc_destroy(md);
}

static inline dnnl_status_t conv_desc_create(dnnl_primitive_desc_t *out, dnnl_engine_t engine, const_md_t x,
                                             const_md_t w, const_md_t b, const_md_t y, const dnnl_dims_t stride,
                                             const dnnl_dims_t before, const dnnl_dims_t after,
                                             const_dnnl_primitive_attr_t attr)
{
    const dnnl_dims_t dilation = {0};
    return dnnl_convolution_forward_primitive_desc_create(out, engine, dnnl_forward_inference, dnnl_convolution_direct,
                                                          x, w, b, y, stride, dilation, before, after, attr);
}

static inline dnnl_status_t matmul_desc_create(dnnl_primitive_desc_t *out, dnnl_engine_t engine, const_md_t x,
                                               const_md_t w, const_md_t b, const_md_t y,
                                               const_dnnl_primitive_attr_t attr)
{
    return dnnl_matmul_primitive_desc_create(out, engine, x, w, b, y, attr);
}

static inline dnnl_status_t append_sum(dnnl_post_ops_t post)
{
    return dnnl_post_ops_append_sum(post, 1.f, 0, dnnl_data_type_undef);
}

static inline dnnl_status_t append_eltwise(dnnl_post_ops_t post, dnnl_alg_kind_t algorithm, float alpha)
{
    return dnnl_post_ops_append_eltwise(post, algorithm, alpha, 0);
}

#else

typedef dnnl_memory_desc_t *md_t;
typedef const dnnl_memory_desc_t *const_md_t;

static inline dnnl_status_t md_create(md_t *out, int rank, const dnnl_dims_t dims, dnnl_data_type_t type,
                                      const dnnl_dims_t strides, dnnl_format_tag_t tag)
{
    *out = malloc(sizeof **out);
    if (!*out)
        return dnnl_out_of_memory;
    return strides ? dnnl_memory_desc_init_by_strides(*out, rank, dims, type, strides)
                   : dnnl_memory_desc_init_by_tag(*out, rank, dims, type, tag);
}

static inline void md_destroy(md_t md)
{
    free(md);
}

static inline dnnl_status_t conv_desc_create(dnnl_primitive_desc_t *out, dnnl_engine_t engine, const_md_t x,
                                             const_md_t w, const_md_t b, const_md_t y, const dnnl_dims_t stride,
                                             const dnnl_dims_t before, const dnnl_dims_t after,
                                             const_dnnl_primitive_attr_t attr)
{
    const dnnl_dims_t dilation = {0};
    dnnl_convolution_desc_t op;
    dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
        &op, dnnl_forward_inference, dnnl_convolution_direct, x, w, b, y, stride, dilation, before, after);
    return status ? status : dnnl_primitive_desc_create(out, &op, attr, engine, NULL);
}

static inline dnnl_status_t matmul_desc_create(dnnl_primitive_desc_t *out, dnnl_engine_t engine, const_md_t x,
                                               const_md_t w, const_md_t b, const_md_t y,
                                               const_dnnl_primitive_attr_t attr)
{
    dnnl_matmul_desc_t op;
    dnnl_status_t status = dnnl_matmul_desc_init(&op, x, w, b, y);
    return status ? status : dnnl_primitive_desc_create(out, &op, attr, engine, NULL);
}

static inline dnnl_status_t append_sum(dnnl_post_ops_t post)
{
    return dnnl_post_ops_append_sum(post, 1.f);
}

static inline dnnl_status_t append_eltwise(dnnl_post_ops_t post, dnnl_alg_kind_t algorithm, float alpha)
{
    return dnnl_post_ops_append_eltwise(post, 1.f, algorithm, alpha, 0);
}

#endif
#endif
