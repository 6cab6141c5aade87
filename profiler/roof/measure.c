#include <string.h>

#include "profiler/roof/problems.h"
#include "profiler/roof/roofs.h"
#include "profiler/roof/stopwatch.h"

/* Working sets of copies: from what every cache holds to what none holds. */
enum { SMALLEST_COPY = 1 << 16, COPY_SIZES = 13, LARGEST_COPY = SMALLEST_COPY << (COPY_SIZES - 1) };

/* What one chain of copies moves, at least, and the most and fewest links of one. */
enum { CHAIN_BYTES = 1 << 24, MOST_LINKS = 8, LEAST_LINKS = 2 };

enum { LONG_NS = 30000000 };

/* Each problem is measured as often, at different times: others on the machine may disturb it for a while. */
enum { PASSES = 2 };

struct job {
    const struct roofs_request *request;
    struct roofs *pass;
    int64_t part_ns; /* for all copies of it, and for all products of a dtype */
    int64_t long_ns; /* where a product or copy takes so long, the next larger one is left out */
    int64_t largest_copy;
};

static struct err go_on(const struct job *j)
{
    const struct roofs_request *r = j->request;
    return !r->goes_on || r->goes_on(r->context) ? OK : err_make(ERR_CANCELLED, "measuring roofs was interrupted");
}

/* A step of the problem may do the same several times over: then a roof is that of one. larger: whether memory and
 * time allow for a larger one. */
static struct err measure(const struct job *j, const struct problem *p, enum dtype dtype, int64_t for_ns, bool *larger)
{
    struct timing t;
    struct roof roof = {.is_product = p->kind->is_product, .dtype = dtype};
    problem_print(p, roof.shape, sizeof roof.shape);
    const int64_t times = p->kind->is_product ? 1 : p->size[1];
    TRY(go_on(j));
    TRY(err_wrap(graph_time(p->kind->make(p->size, dtype), j->request->backend, j->request->state, for_ns, &t),
                 "roof of %s in %s", roof.shape, dtypes[dtype].name));
    *larger = t.fits && t.ns / times < j->long_ns;
    if (!t.fits)
        return OK;
    const double work = p->kind->is_product ? t.cost.product_flop : t.cost.bytes;
    roof.bytes = (size_t)(t.cost.bytes / (double)times);
    roof.time_ns = t.ns > times ? t.ns / times : 1;
    roof.rate = work / (double)t.ns * 1e9;
    memcpy(roof.kernel, t.kernel, sizeof roof.kernel);
    roofs_add(j->pass, &roof);
    return OK;
}

/* From small to large; of each kind as far as memory and time allow. */
static struct err measure_products(const struct job *j, enum dtype dtype)
{
    const int64_t for_ns = j->part_ns / product_problem_count;
    bool larger = true;
    for (int i = 0; i < product_problem_count; i++) {
        const struct problem *p = &product_problems[i];
        larger = larger || p->kind != p[-1].kind;
        if (larger)
            TRY(measure(j, p, dtype, for_ns, &larger));
    }
    return OK;
}

static struct problem copies_of(const struct problem_kind *kind, int64_t bytes)
{
    const int64_t wanted = CHAIN_BYTES / bytes;
    return (struct problem){kind,
                            {bytes / 2 / (int64_t)dtypes[DTYPE_f32].bytes, wanted < LEAST_LINKS  ? LEAST_LINKS
                                                                           : wanted > MOST_LINKS ? MOST_LINKS
                                                                                                 : wanted}};
}

static struct err measure_copies(const struct job *j, const struct problem_kind *kind)
{
    const int64_t for_ns = j->part_ns / COPY_SIZES / copy_kind_count;
    bool larger = true;
    for (int64_t bytes = SMALLEST_COPY; bytes <= j->largest_copy && larger; bytes *= 2) {
        const struct problem p = copies_of(kind, bytes);
        TRY(measure(j, &p, DTYPE_f32, for_ns, &larger));
    }
    return OK;
}

static struct err measure_all(const struct job *j)
{
    for (enum dtype d = 0; d < DTYPE_COUNT; d++)
        if (j->request->product[d])
            TRY(measure_products(j, d));
    for (int k = 0; k < copy_kind_count; k++)
        TRY(measure_copies(j, &copy_kinds[k]));
    return OK;
}

struct err roofs_measure(const struct roofs_request *r, struct roofs *out)
{
    const double seconds = r->seconds > 0 ? r->seconds : ROOFS_SECONDS;
    *out = (struct roofs){0};
    for (int i = 0; r->backend->computes && i < PASSES; i++) {
        struct roofs pass = {0};
        const struct job job = {.request = r,
                                .pass = &pass,
                                .part_ns = (int64_t)(seconds / PASSES * 1e9),
                                .long_ns = r->long_ns ? r->long_ns : LONG_NS,
                                .largest_copy = r->largest_copy ? (int64_t)r->largest_copy : LARGEST_COPY};
        TRY(measure_all(&job));
        roofs_merge(out, &pass);
    }
    return OK;
}
