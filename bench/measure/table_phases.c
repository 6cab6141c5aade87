#include <stdio.h>
#include <string.h>

#include "bench/measure/table.h"
#include "bench/measure/time_text.h"

static int width_of(const char *name)
{
    int width = (int)strlen(name);
    return width < 7 ? 7 : width;
}

static int64_t phase_ns(const struct sample *s, const char *name)
{
    int64_t ns = 0;
    for (int i = 0; i < s->phases; i++)
        if (!strcmp(s->phase[i].name, name))
            ns += s->phase[i].time_ns;
    return ns;
}

/* The cold sample whose phases name the columns: variants have the same ones. */
static const struct sample *columns_of(const struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++)
        if (variant_result_median_cold(&r->variant[i]))
            return variant_result_median_cold(&r->variant[i]);
    return NULL;
}

void table_print_phases(const struct bench_result *r)
{
    const struct sample *columns = columns_of(r);
    char time[TIME_TEXT];
    if (!columns)
        return;
    printf("\n%-20s", "cold start, seconds");
    for (int p = 0; p < columns->phases; p++)
        printf("  %*s", width_of(columns->phase[p].name), columns->phase[p].name);
    printf("  unaccounted  peak memory\n");
    for (int i = 0; i < r->variants; i++) {
        const struct sample *s = variant_result_median_cold(&r->variant[i]);
        if (!s)
            continue;
        printf("%-20s", r->variant[i].variant->title);
        for (int p = 0; p < columns->phases; p++)
            printf("  %*s", width_of(columns->phase[p].name),
                   seconds_text((double)phase_ns(s, columns->phase[p].name), time));
        printf("  %11s  %8.2f GB\n", seconds_text((double)sample_unaccounted_ns(s), time),
               (double)variant_result_peak_bytes(&r->variant[i]) * 1e-9);
    }
}
