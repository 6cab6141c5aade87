#include "bench/verify/agreement.h"

#include <math.h>
#include <stdio.h>

#include "pipeline/image/picture.h"

/* On relative L2. Derived from torch's own errors against the same float64 values (tests/golden/README.md), with room
 * for other orders of summation and none for another formula: a wrong eps or GELU is 10 times further. The bfloat16 row
 * is below torch's, since residual sums, norms and softmax stay in float32; that of float16 is 1.25 times torch's. A
 * chain of float32 sums over a few thousand terms rounds several times as much as one in blocks. */
static const double bounds[AGREE_CLASSES][AGREE_PIXELS] = {
    [AGREE_FLOAT32] = {1e-6, 2e-6, 2e-6, 1e-5, 2e-5},
    [AGREE_FLOAT32_TO_FLOAT32] = {2e-6, 5e-6, 5e-6, 1.5e-5, 1e-4},
    [AGREE_LONG_SUMS] = {5e-6, 1e-5, 1e-5, 5e-5, 5e-5},
    [AGREE_LONG_TO_FLOAT32] = {6e-6, 1.3e-5, 1.3e-5, 6e-5, 1.2e-4},
    [AGREE_BFLOAT16] = {5e-3, 1.5e-2, 9e-3, 3.4e-2, 4e-2},
    [AGREE_FLOAT16] = {9.9e-4, 2.5e-3, 1.75e-3, 6.4e-3, 7e-3},
};

/* Pixels: the share that may differ, by 1; or the least PSNR. */
static const struct {
    double share, psnr_db;
} pixel_bounds[AGREE_CLASSES] = {[AGREE_FLOAT32] = {0.001, 0},   [AGREE_FLOAT32_TO_FLOAT32] = {0.003, 0},
                                 [AGREE_LONG_SUMS] = {0.005, 0}, [AGREE_LONG_TO_FLOAT32] = {0.006, 0},
                                 [AGREE_BFLOAT16] = {1, 45},     [AGREE_FLOAT16] = {1, 54}};

enum agreement_class agreement_class_of(bool half_products, bool float16, bool tf32, bool long_sums,
                                        bool float32_reference)
{
    if (half_products || tf32)
        return float16 || tf32 ? AGREE_FLOAT16 : AGREE_BFLOAT16;
    if (long_sums)
        return float32_reference ? AGREE_LONG_TO_FLOAT32 : AGREE_LONG_SUMS;
    return float32_reference ? AGREE_FLOAT32_TO_FLOAT32 : AGREE_FLOAT32;
}

struct agreement agreement_of(const char *name, enum agreement_kind kind, enum agreement_class class, const float *ours,
                              const float *reference, size_t n)
{
    struct agreement a = {.kind = kind, .bound = bounds[class][kind]};
    double difference = 0, own = 0, other = 0, dot = 0, largest = 0, most = 0;
    for (size_t i = 0; i < n; i++) {
        double x = (double)ours[i], y = (double)reference[i];
        difference += (x - y) * (x - y);
        own += x * x;
        other += y * y;
        dot += x * y;
        largest = fmax(largest, fabs(x - y));
        most = fmax(most, fabs(y));
    }
    snprintf(a.name, sizeof a.name, "%s", name);
    a.relative_l2 = sqrt(difference) / (other > 0 ? sqrt(other) : 1);
    a.largest = largest / (most > 0 ? most : 1);
    a.cosine = own > 0 && other > 0 ? dot / sqrt(own * other) : own == other;
    a.holds = a.relative_l2 <= a.bound; /* false for NaN */
    return a;
}

struct agreement agreement_of_pixels(const char *name, enum agreement_class class, const uint8_t *ours,
                                     const uint8_t *reference, size_t n)
{
    struct picture_difference d = picture_compare(ours, reference, n);
    struct agreement a = {.kind = AGREE_PIXELS, .share = d.share, .largest = d.largest, .psnr_db = d.psnr_db};
    snprintf(a.name, sizeof a.name, "%s", name);
    bool by_psnr = pixel_bounds[class].psnr_db > 0;
    a.bound = by_psnr ? pixel_bounds[class].psnr_db : pixel_bounds[class].share;
    a.holds = by_psnr ? d.psnr_db >= a.bound : d.share <= a.bound && d.largest <= 1;
    return a;
}
