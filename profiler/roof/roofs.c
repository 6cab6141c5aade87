#include "profiler/roof/roofs.h"

#include <math.h>
#include <stddef.h>

static bool same_kind(const struct roof *a, const struct roof *b)
{
    return a->is_product == b->is_product && a->dtype == b->dtype && (a->is_product || a->bytes == b->bytes);
}

/* The one of its kind, or the place after the last. */
static struct roof *find(struct roofs *r, const struct roof *kind)
{
    int i = 0;
    while (i < r->count && !same_kind(&r->roof[i], kind))
        i++;
    return i < MAX_ROOFS ? &r->roof[i] : NULL;
}

void roofs_add(struct roofs *r, const struct roof *one)
{
    struct roof *place = find(r, one);
    const bool new = place == &r->roof[r->count];
    if (place && (new || place->rate < one->rate))
        *place = *one;
    r->count += place && new;
}

void roofs_merge(struct roofs *into, const struct roofs *other)
{
    for (int i = 0; i < other->count; i++) {
        struct roof best = other->roof[i], *place = find(into, &best);
        if (place && place < &into->roof[into->count]) {
            const struct roof was = *place;
            const double lesser = fmin(was.rate, best.rate);
            best = was.rate >= best.rate ? was : best;
            best.again = fmax(lesser, fmax(was.again, other->roof[i].again));
            *place = best;
        } else
            roofs_add(into, &best);
    }
}

const struct roof *roofs_product(const struct roofs *r, enum dtype dtype)
{
    for (int i = 0; i < r->count; i++)
        if (r->roof[i].is_product && r->roof[i].dtype == dtype)
            return &r->roof[i];
    return NULL;
}

static const struct roof *smallest_copy(const struct roofs *r)
{
    const struct roof *least = NULL;
    for (int i = 0; i < r->count; i++)
        if (!r->roof[i].is_product && (!least || r->roof[i].bytes < least->bytes))
            least = &r->roof[i];
    return least;
}

/* The one whose rate so many bytes are judged by; NULL where nothing was copied. */
static const struct roof *copy_for(const struct roofs *r, double bytes)
{
    const struct roof *least = smallest_copy(r), *best = NULL;
    double from = least ? (double)least->bytes : 0;
    for (int i = 0; i < r->count; i++)
        if (!r->roof[i].is_product && (double)r->roof[i].bytes <= bytes)
            from = fmax(from, (double)r->roof[i].bytes);
    for (int i = 0; i < r->count; i++)
        if (!r->roof[i].is_product && (double)r->roof[i].bytes >= from && (!best || r->roof[i].rate > best->rate))
            best = &r->roof[i];
    return best;
}

double roofs_copy_rate(const struct roofs *r, double bytes)
{
    const struct roof *copy = copy_for(r, bytes);
    return copy ? copy->rate : 0;
}

static double error_of(const struct roof *r)
{
    return 1 - r->again / r->rate;
}

struct roof_time roof_time(const struct roofs *r, double product_flop, enum dtype dtype, double bytes)
{
    const struct roof *product = roofs_product(r, dtype), *copy = copy_for(r, bytes);
    struct roof_time t = {.bound = ROOF_unknown};
    if ((product_flop > 0 && !product) || !copy)
        return t;
    t.compute_ns = product_flop > 0 ? product_flop / product->rate * 1e9 : 0;
    t.memory_ns = bytes / copy->rate * 1e9;
    const bool computes = t.compute_ns > t.memory_ns;
    t.ns = computes ? t.compute_ns : t.memory_ns;
    t.error = error_of(computes ? product : copy);
    t.bound = t.ns < (double)smallest_copy(r)->time_ns ? ROOF_latency : computes ? ROOF_compute : ROOF_memory;
    return t;
}

bool roof_exceeded(const struct roof_time *t, double measured_ns)
{
    return t->bound != ROOF_unknown && t->error <= ROOF_UNSURE &&
           t->ns > measured_ns * (1 + fmax(ROOF_ERROR, t->error));
}
