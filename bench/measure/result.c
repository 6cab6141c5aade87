#include "bench/measure/result.h"

#include <stdlib.h>
#include <string.h>

int64_t sample_time_ns(const struct sample *s)
{
    return s->end.time_ns - s->begin.time_ns;
}

int64_t sample_unaccounted_ns(const struct sample *s)
{
    int64_t rest = sample_time_ns(s);
    for (int i = 0; i < s->phases; i++)
        rest -= s->phase[i].time_ns;
    return rest;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t *samples_sorted_ns(const struct variant_result *v, bool cold, int *n)
{
    int64_t *ns = calloc((size_t)v->samples + 1, sizeof *ns);
    *n = 0;
    for (int i = 0; ns && i < v->samples; i++)
        if (v->sample[i].cold == cold)
            ns[(*n)++] = sample_time_ns(&v->sample[i]);
    if (ns)
        qsort(ns, (size_t)*n, sizeof *ns, by_value);
    return ns;
}

void bench_result_free(struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++) {
        free(r->variant[i].absent);
        free(r->variant[i].sample);
        free(r->variant[i].description);
    }
    r->variants = 0;
}

const struct variant_result *bench_result_standard(const struct bench_result *r)
{
    for (int i = 0; i < r->variants; i++)
        if (!strcmp(r->variant[i].variant->name, "standard") && r->variant[i].samples)
            return &r->variant[i];
    return NULL;
}

uint64_t variant_result_peak_bytes(const struct variant_result *v)
{
    uint64_t peak = 0;
    for (int i = 0; i < v->samples; i++)
        peak = v->sample[i].peak_resident_bytes > peak ? v->sample[i].peak_resident_bytes : peak;
    return peak;
}

bool variant_result_is_deterministic(const struct variant_result *v)
{
    const struct sample *first = NULL;
    for (int i = 0; i < v->samples; i++) {
        const struct sample *s = &v->sample[i];
        if (s->cold)
            continue;
        if (first && (s->pixels_hash != first->pixels_hash || s->latents_hash != first->latents_hash))
            return false;
        first = s;
    }
    return true;
}

const struct sample *variant_result_median_cold(const struct variant_result *v)
{
    int n;
    int64_t *ns = samples_sorted_ns(v, true, &n), middle = n ? ns[(n - 1) / 2] : 0;
    free(ns);
    for (int i = 0; n && i < v->samples; i++)
        if (v->sample[i].cold && sample_time_ns(&v->sample[i]) == middle)
            return &v->sample[i];
    return NULL;
}
