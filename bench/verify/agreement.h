/* How far values are from reference values, and how far they may be. */
#ifndef SDBENCH_BENCH_VERIFY_AGREEMENT_H
#define SDBENCH_BENCH_VERIFY_AGREEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is compared; each kind has its own bounds. */
enum agreement_kind {
    AGREE_TEXT,
    AGREE_UNET, /* eps and taps */
    AGREE_VAE,
    AGREE_LATENT, /* of a run, after any step */
    AGREE_IMAGE,  /* of a run, before pixels */
    AGREE_PIXELS,
    AGREE_KINDS
};

/* Which row of bounds: how we computed, and what the reference is. */
enum agreement_class {
    AGREE_FLOAT32,            /* float32 against a float64 reference */
    AGREE_FLOAT32_TO_FLOAT32, /* ... against another program's float32, whose rounding is in the reference */
    AGREE_LONG_SUMS,          /* float32 with sums in one chain, as GPUs have them, against float64 */
    AGREE_LONG_TO_FLOAT32,    /* ... against another program's float32 */
    AGREE_BFLOAT16,           /* products of bfloat16 with a float32 residual stream, against either */
    AGREE_FLOAT16,            /* products of float16, or of TF32, which has as many digits, against either */
    AGREE_CLASSES
};

struct agreement {
    char name[96];
    enum agreement_kind kind;
    double relative_l2; /* |a - b| / |b| */
    double largest;     /* largest |a - b| / largest |b|; for pixels the largest difference */
    double cosine;
    double share;   /* pixels: of the values that differ */
    double psnr_db; /* pixels; INFINITY where equal */
    double bound;   /* on relative_l2; pixels: on share, or on psnr_db from below */
    bool holds;
};

/* The row for what a plan computes in: a variant of 16-bit products (of type half) or of TF32, or neither; long_sums as
 * the backend says. */
enum agreement_class agreement_class_of(bool half_products, bool float16, bool tf32, bool long_sums,
                                        bool float32_reference);

/* Compares n values. A value that is not finite never holds. */
struct agreement agreement_of(const char *name, enum agreement_kind kind, enum agreement_class class, const float *ours,
                              const float *reference, size_t n);
struct agreement agreement_of_pixels(const char *name, enum agreement_class class, const uint8_t *ours,
                                     const uint8_t *reference, size_t n);

#endif
