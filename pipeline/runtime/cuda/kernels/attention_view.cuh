/* Heads in memory, as both attention kernels take them. */
#ifndef SDBENCH_CUDA_KERNELS_ATTENTION_VIEW_CUH
#define SDBENCH_CUDA_KERNELS_ATTENTION_VIEW_CUH

#include "pipeline/runtime/cuda/kernels/device.h"

namespace
{

/* Values (image, head, row, column); columns are next to each other. */
struct head_view {
    const void *at;
    int64_t image, head, row; /* strides */
};

inline head_view view_of(const view *v)
{
    return {v->at, v->stride[0], v->stride[1], v->stride[2]};
}

/* Whether all rows begin at a multiple of `elements` elements of `bytes` bytes. */
inline bool aligned(const view *v, int elements, size_t bytes)
{
    return (uintptr_t)v->at % (elements * bytes) == 0 && v->stride[0] % elements == 0 && v->stride[1] % elements == 0 &&
           v->stride[2] % elements == 0;
}

/* Row 0 of the block's head. */
template <class T> __device__ const T *head_of(const head_view &v)
{
    return static_cast<const T *>(v.at) + blockIdx.z * v.image + blockIdx.y * v.head;
}

template <class T> __device__ T *head_to_write(const head_view &v)
{
    return const_cast<T *>(head_of<T>(v));
}

} // namespace

#endif
