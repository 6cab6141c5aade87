/* oneDNN, as much of it as this backend needs: its handles behind functions that return errors.
 *
 *     struct primitive p = {0};
 *     TRY(primitive_matmul(library, &a, &b, NULL, &y, NULL, &p));   // planned: primitive_kernel(&p), primitive_bytes(..)
 *     primitive_set(&p, ROLE_X, address); ...                 // once, or whenever addresses change
 *     TRY(primitive_run(&p));
 *     primitive_free(&p);
 *
 * A primitive works with as many threads as omp_get_max_threads() said when it was made. */
#ifndef SDBENCH_CPU_ONEDNN_H
#define SDBENCH_CPU_ONEDNN_H

#include "pipeline/base/dtype.h"
#include "pipeline/base/error.h"
#include "pipeline/base/shape.h"
#include "pipeline/base/text.h"
#include "pipeline/graph/graph.h"

#include "pipeline/runtime/cpu/onednn_api.h"

struct onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
};
struct err onednn_open(struct onednn *out);
void onednn_close(struct onednn *o);    /* a zeroed one is legal */
void onednn_describe(struct text *out); /* "oneDNN 2.6.3, avx512_core_bf16, 2 threads, OpenMP" */
bool onednn_has_bf16(void);             /* multiplies bfloat16 in hardware */
bool onednn_emulates_bf16(void);        /* or can do it at all */

enum arrangement {
    ARRANGED_BY_STRIDES,
    ARRANGED_BY_LIBRARY, /* as the primitive likes it best */
    ARRANGED_IN_16S,     /* images: blocks of 16 channels, each pixel's side by side; padded with zeros */
    ARRANGED_IN_8S,
};

/* How a tensor lies in memory; nothing is owned. Images have dimensions N,C,H,W (weights O,I,H,W) in every layout. */
struct tensor {
    enum dtype dtype; /* f32 or bf16 */
    int rank;
    enum arrangement arrangement;            /* stride is used in the first only */
    int64_t dim[MAX_RANK], stride[MAX_RANK]; /* in elements */
};

/* What a primitive reads and writes. A matmul's second factor is its weights; the other is an epilogue's operand. */
enum role { ROLE_X, ROLE_WEIGHTS, ROLE_BIAS, ROLE_Y, ROLE_SCRATCH, ROLE_OTHER, ROLE_COUNT };

/* What happens to a sum of products before it is stored, in this order. All zero: nothing. */
struct epilogue {
    bool accumulate;                     /* what y holds is added */
    enum op activation;                  /* an elementwise operation; 0: none */
    const struct tensor *multiply, *add; /* one tensor of y's shape at most: ROLE_OTHER */
};

/* All zero: none. The scratch is the caller's, so that running allocates nothing. */
struct primitive {
    const struct onednn *library;
    dnnl_primitive_desc_t desc;
    dnnl_primitive_t handle;
    dnnl_memory_t memory[ROLE_COUNT]; /* NULL where it has none */
    dnnl_exec_arg_t arg[ROLE_COUNT];
    int args;
    md_t other; /* descriptor of ROLE_OTHER, or NULL */
    int other_index;
};

/* Stride and pads of a convolution: down, then across. */
struct window {
    dnnl_dims_t stride, before, after;
};

/* y = epilogue(x * weights + bias). bias and epilogue may be NULL. */
struct err primitive_conv(const struct onednn *library, const struct tensor *x, const struct tensor *weights,
                          const struct tensor *bias, const struct tensor *y, const struct window *w,
                          const struct epilogue *epilogue, struct primitive *out);

/* Products of the last two dimensions, for each index of those before. bias and epilogue may be NULL. */
struct err primitive_matmul(const struct onednn *library, const struct tensor *x, const struct tensor *weights,
                            const struct tensor *bias, const struct tensor *y, const struct epilogue *epilogue,
                            struct primitive *out);

/* Copies ROLE_X to ROLE_Y in another arrangement. */
struct err primitive_arrange(const struct onednn *library, const struct tensor *from, const struct tensor *to,
                             struct primitive *out);

/* Copies ROLE_X, which lies as `from` says, to ROLE_Y in the layout that `p` wants for its weights. */
struct err primitive_pack(const struct primitive *p, const struct tensor *from, struct primitive *out);

void primitive_free(struct primitive *p);

/* The library's name of the code that it chose: "brgconv:avx512_core". */
const char *primitive_kernel(const struct primitive *p);

/* Whether that is one of the library's own reference loops: correct, and hundreds of times slower. */
bool primitive_is_reference(const struct primitive *p);

/* ERR where the library has nothing but a reference loop for this. */
struct err refuse_reference(const struct primitive *p);

size_t primitive_bytes(const struct primitive *p, enum role role);            /* 0 where it has none */
void primitive_set(struct primitive *p, enum role role, const void *address); /* ignored where it has none */
struct err primitive_run(const struct primitive *p);

#endif
