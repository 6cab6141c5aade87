/* Error measures and bounds of `verify`. */
#include <criterion/criterion.h>
#include <math.h>

#include "bench/verify/agreement.h"

TestSuite(agreement);

Test(agreement, measures_are_those_of_the_formulas)
{
    const float reference[] = {3, 4, 0}, ours[] = {3, 4, 0.5f};
    struct agreement a = agreement_of("x", AGREE_IMAGE, AGREE_FLOAT32, ours, reference, 3);
    cr_assert_float_eq(a.relative_l2, 0.1, 1e-12);  /* 0.5 / 5 */
    cr_assert_float_eq(a.largest, 0.125, 1e-12);    /* 0.5 / 4 */
    cr_assert_float_eq(a.cosine, 25 / (5 * sqrt(25.25)), 1e-12);
    cr_assert_not(a.holds);
}

Test(agreement, equal_values_hold_and_nan_never_does)
{
    const float v[] = {1, -2, 3}, bad[] = {1, NAN, 3};
    for (int class = 0; class < AGREE_CLASSES; class++)
        for (int kind = 0; kind < AGREE_PIXELS; kind++) {
            cr_assert(agreement_of("x", kind, class, v, v, 3).holds);
            cr_assert_not(agreement_of("x", kind, class, bad, v, 3).holds, "class %d, kind %d", class, kind);
        }
}

/* An error of just under and just over each bound. */
Test(agreement, bounds_cut_where_they_say)
{
    for (int class = 0; class < AGREE_CLASSES; class++)
        for (int kind = 0; kind < AGREE_PIXELS; kind++) {
            const float reference[] = {1, 0};
            float ours[] = {1, 0};
            double bound = agreement_of("x", kind, class, ours, reference, 2).bound;
            ours[1] = (float)(0.999 * bound);
            cr_assert(agreement_of("x", kind, class, ours, reference, 2).holds, "class %d, kind %d", class, kind);
            ours[1] = (float)(1.001 * bound);
            cr_assert_not(agreement_of("x", kind, class, ours, reference, 2).holds, "class %d, kind %d", class, kind);
        }
}

Test(agreement, pixels_are_bounded_by_share_and_step_in_float32_and_by_psnr_in_16_bit)
{
    enum { N = 10000 };
    static uint8_t reference[N], ours[N];
    for (int i = 0; i < N; i++)
        reference[i] = ours[i] = (uint8_t)(i % 200);
    for (int i = 0; i < 10; i++)
        ours[i] = (uint8_t)(reference[i] + 1); /* 0.1 % by 1 */
    cr_assert(agreement_of_pixels("p", AGREE_FLOAT32, ours, reference, N).holds);
    ours[10]++;
    cr_assert_not(agreement_of_pixels("p", AGREE_FLOAT32, ours, reference, N).holds);
    cr_assert(agreement_of_pixels("p", AGREE_FLOAT32_TO_FLOAT32, ours, reference, N).holds);
    ours[10]++; /* by 2 */
    cr_assert_not(agreement_of_pixels("p", AGREE_FLOAT32_TO_FLOAT32, ours, reference, N).holds);
    cr_assert(agreement_of_pixels("p", AGREE_BFLOAT16, ours, reference, N).holds);
    for (int i = 0; i < N; i++)
        ours[i] = (uint8_t)(reference[i] + 2); /* 20 log10(255 / 2) = 42.1 dB */
    struct agreement a = agreement_of_pixels("p", AGREE_BFLOAT16, ours, reference, N);
    cr_assert(!a.holds && fabs(a.psnr_db - 42.1102) < 1e-3, "%g dB", a.psnr_db);
}
