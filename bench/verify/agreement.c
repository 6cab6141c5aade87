#include "bench/verify/agreement.h"

#include <math.h>
#include <stdio.h>

#include "pipeline/image/picture.h"

/* On relative L2. Derived from torch's own errors against the same float64 values (tests/golden/README.md), with room
 * for other orders of summation and none for another formula: a wrong eps or GELU is 10 times further. The 16-bit rows
 * are below torch's bfloat16, since residual sums, norms and softmax stay in float32. */
static const double bounds[AGREE_CLASSES][AGREE_PIXELS] = {
    [AGREE_FLOAT32] = {1e-6, 2e-6, 2e-6, 1e-5, 2e-5},
    [AGREE_HALF] = {5e-3, 1.5e-2, 9e-3, 3.4e-2, 4e-2},
    [AGREE_FLOAT32_TO_FLOAT32] = {2e-6, 5e-6, 5e-6, 1.5e-5, 1e-4},
};

/* Pixels: the share that may differ, by 1; or the least PSNR. */
static const struct {
    double share, psnr_db;
} pixel_bounds[AGREE_CLASSES] = {
    [AGREE_FLOAT32] = {0.001, 0}, [AGREE_HALF] = {1, 45}, [AGREE_FLOAT32_TO_FLOAT32] = {0.003, 0}};

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
