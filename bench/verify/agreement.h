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
    AGREE_HALF,               /* 16-bit products with a float32 residual stream, against either */
    AGREE_FLOAT32_TO_FLOAT32, /* float32 against another program's float32, whose rounding is in the reference */
    AGREE_CLASSES
};

struct agreement {
    char name[96];
    enum agreement_kind kind;
    double relative_l2; /* |a - b| / |b| */
    double largest;     /* largest |a - b| / largest |b|; for pixels the largest difference */
    double cosine;
    double share;       /* pixels: of the values that differ */
    double psnr_db;     /* pixels; INFINITY where equal */
    double bound;       /* on relative_l2; pixels: on share, or on psnr_db from below */
    bool holds;
};

/* Compares n values. A value that is not finite never holds. */
struct agreement agreement_of(const char *name, enum agreement_kind kind, enum agreement_class class, const float *ours,
                              const float *reference, size_t n);
struct agreement agreement_of_pixels(const char *name, enum agreement_class class, const uint8_t *ours,
                                     const uint8_t *reference, size_t n);

#endif
