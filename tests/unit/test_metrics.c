/* Hardware metrics without hardware: their table, and measured bytes beside those of the model. */
#include "profiler/metrics/metrics.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Test(metrics, every_row_is_whole_and_names_are_unique)
{
    for (int i = 0; i < METRIC_COUNT; i++) {
        const struct metric_row *row = &metric_rows[i];
        cr_expect(row->name[0] && row->title[0] && row->dimension[0] && row->scale > 0, "row %d", i);
        cr_expect(row->candidate[0] && strstr(row->candidate[0], "__"), "%s has no candidate", row->name);
        for (int k = 0; k < i; k++)
            cr_expect_str_neq(row->name, metric_rows[k].name);
    }
}

static const struct {
    double measured, model, ratio; /* NAN: none */
    enum metrics_verdict verdict;
} flags[] = {
    {150, 100, 1.5, METRICS_PLAUSIBLE},    {100, 100, 1, METRICS_PLAUSIBLE},
    {300, 100, 3, METRICS_PLAUSIBLE},      {99.999, 100, 0.99999, METRICS_BELOW_MODEL},
    {0, 100, 0, METRICS_BELOW_MODEL},      {300.001, 100, 3.00001, METRICS_ABOVE_MODEL},
    {100, 0, NAN, METRICS_UNKNOWN},        {0, 0, NAN, METRICS_UNKNOWN},
    {NAN, 100, NAN, METRICS_UNKNOWN},      {100, NAN, NAN, METRICS_UNKNOWN},
    {INFINITY, 100, NAN, METRICS_UNKNOWN}, {-1, 100, NAN, METRICS_UNKNOWN},
    {100, -1, NAN, METRICS_UNKNOWN},
};

Test(metrics, measured_bytes_below_the_model_or_above_thrice_of_it_are_flagged)
{
    for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
        const struct metrics_flag f = metrics_flag(flags[i].measured, flags[i].model);
        cr_expect_eq(f.verdict, flags[i].verdict, "%g of %g: verdict %d", flags[i].measured, flags[i].model, f.verdict);
        cr_expect(isnan(flags[i].ratio) ? isnan(f.ratio) : fabs(f.ratio - flags[i].ratio) < 1e-12, "%g of %g: %g",
                  flags[i].measured, flags[i].model, f.ratio);
    }
}

Test(metrics, freeing_is_legal_twice_and_on_nothing)
{
    struct metrics m = {0};
    metrics_free(&m);
    m.range = calloc(1, sizeof *m.range);
    cr_assert(m.range);
    m.range[0].name = strdup("step");
    m.ranges = 1;
    metrics_free(&m);
    metrics_free(&m);
    cr_expect(!m.range && !m.ranges);
}
