/* Launchers of our own kernels: plain C, one for each .cu file.
 *
 * A launcher enqueues on a stream and returns what the launch returned (cudaSuccess, or why the device refused it); it never
 * waits, allocates or reads device memory. Addresses are device addresses. Sizes and strides count elements. dtypes are f32
 * and f16 (weights in a checkpoint also bf16); arithmetic is float32 whatever is read and written, rounded once at the end.
 * Where addresses and strides allow it, 16 bytes are moved at once; every launcher works for any of them.
 * Results do not depend on the schedule: no atomics on floats, fixed order of every sum. */
#ifndef SDBENCH_CUDA_KERNELS_LAUNCH_H
#define SDBENCH_CUDA_KERNELS_LAUNCH_H

#include <cuda_runtime_api.h>
#include <stdbool.h>

#include "pipeline/base/dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Values with up to four dimensions, slowest first; unused ones are 1. A stride of 0 repeats. */
struct view {
    const void *at;
    enum dtype dtype;
    int64_t dim[4], stride[4];
};

enum activation { ACTIVATION_none, ACTIVATION_silu, ACTIVATION_gelu_erf, ACTIVATION_gelu_tanh, ACTIVATION_gelu_quick };
enum join { JOIN_none, JOIN_add, JOIN_mul };

/* y = factor * activation(a) joined with b: every elementwise operation, casts, reorders, concatenation, repetition, GEGLU's
 * gate. The dimensions are y's; a and b have strides of 0 where they are broadcast. b.at is NULL with JOIN_none. */
struct map {
    struct view a, b, y; /* y.at is written */
    enum activation activation;
    enum join join;
    float factor;
};
cudaError_t launch_map(const struct map *m, cudaStream_t stream);

/* Channels-last (N,H,W,C) sources, concatenated on C, each dense; normalised over groups of channels and the image, then
 * weight and bias (f32, C each), then the activation. y is (N,H,W,C), dense. partial: group_norm_partial_bytes. */
enum { NORM_SOURCES = 3 };
struct group_norm {
    const void *source[NORM_SOURCES];
    int64_t channels[NORM_SOURCES]; /* of each source; 0 where there is none */
    enum dtype read, write;
    int64_t images, pixels, groups;
    const float *weight, *bias;
    float eps;
    enum activation activation;
    void *y, *partial;
};
size_t group_norm_partial_bytes(const struct group_norm *g);
cudaError_t launch_group_norm(const struct group_norm *g, cudaStream_t stream);

/* Rows of `width` values, `pitch` apart in x, dense in y. */
struct layer_norm {
    const void *x;
    void *y;
    enum dtype read, write;
    int64_t rows, width, pitch;
    const float *weight, *bias;
    float eps;
};
cudaError_t launch_layer_norm(const struct layer_norm *l, cudaStream_t stream);

/* Rows of `width` values, x_pitch and y_pitch apart. causal: row r sees the first r % queries + 1 values, the others
 * become 0. Values between width and y_pitch are set to 0: they pad the rows of a product. */
struct softmax {
    const void *x;
    void *y;
    enum dtype read, write;
    int64_t rows, width, x_pitch, y_pitch, queries;
    bool causal;
};
cudaError_t launch_softmax(const struct softmax *s, cudaStream_t stream);

/* softmax(factor q k^T) v with no T x S matrix in memory, all float32: q (N,h,T,D), k and v (N,h,S,D), y (N,h,T,D), each
 * with its own strides and a last stride of 1. D up to ATTENTION_WIDEST. causal: only keys up to the query's index. */
enum { ATTENTION_WIDEST = 512, ATTENTION_CAUSAL_KEYS = 128 };
struct attention {
    struct view q, k, v, y;
    float factor;
    bool causal;
    size_t shared_bytes; /* of the device, for one block, opted in */
};
cudaError_t launch_attention(const struct attention *a, cudaStream_t stream);
/* For causal attention over at most ATTENTION_CAUSAL_KEYS keys and D up to 128, f32 or f16: a head's keys and values
 * stay in shared memory. */
cudaError_t launch_attention_causal(const struct attention *a, cudaStream_t stream);

/* Nearest neighbour of channels-last images, dense: (N,H,W,C) to (N,height,width,C); row i comes from i * H / height. */
struct upsample {
    const void *x;
    void *y;
    enum dtype dtype;
    int64_t images, h, w, height, width, channels;
};
cudaError_t launch_upsample(const struct upsample *u, cudaStream_t stream);

/* The four images of a sub-pixel convolution into one: x is (N,H+1,W+1,4C), dense, made with one pixel of padding on each
 * side; y (N,2H,2W,C), dense: y[n][2i+p][2j+q][c] = x[n][i+p][j+q][(2p+q)C + c]. */
struct interleave {
    const void *x;
    void *y;
    enum dtype dtype;
    int64_t images, h, w, channels;
};
cudaError_t launch_interleave(const struct interleave *u, cudaStream_t stream);

/* y[i] = table[ids[i]], rows of `width`. An id outside 0..rows-1 gives a row of NaN. */
struct embedding {
    const void *table;
    const int32_t *ids;
    void *y;
    enum dtype read, write;
    int64_t count, rows, width;
};
cudaError_t launch_embedding(const struct embedding *e, cudaStream_t stream);

/* The sampler: see ops.def. count elements in each state; guidance: eps holds 2 * count, unconditional ones first.
 * update: next[s] = sum over t of coefficients[s * (states + 1) + t] * (latent, eps, slots...)[t]; results may be the
 * states themselves. Its sums are double: the terms nearly cancel. */
enum { STATES = 5 };
struct guidance {
    const void *eps;
    void *y;
    enum dtype read, write;
    int64_t count;
    float factor;
};
cudaError_t launch_guidance(const struct guidance *g, cudaStream_t stream);
struct sampler_update {
    const float *coefficients, *eps, *state[STATES];
    float *next[STATES];
    int states;
    int64_t count;
};
cudaError_t launch_sampler_update(const struct sampler_update *u, cudaStream_t stream);
cudaError_t launch_advance(const int32_t *counter, int32_t *next, int64_t count, cudaStream_t stream);

/* Channels-last images in [-1,1], dense (N,H,W,3), to levels 0..255: (x + 1) / 2 * 255, cut or rounded to even. */
struct pixels {
    const void *image;
    enum dtype read;
    uint8_t *y;
    int64_t count;
    bool rounded;
};
cudaError_t launch_pixels(const struct pixels *p, cudaStream_t stream);

/* Weights on their way from a checkpoint: `outer` x `middle` x `inner` values as stored (f32, f16 or bf16) become
 * outer x inner x middle in `write`; convolutions (K,C,R*S) become (K,R*S,C). A cast alone has middle or inner 1. */
struct pack {
    const void *stored;
    void *y;
    enum dtype read, write;
    int64_t outer, middle, inner;
};
cudaError_t launch_pack(const struct pack *p, cudaStream_t stream);

#ifdef __cplusplus
}
#endif

#endif
