/* Roofs: how fast this machine multiplies and copies at best, measured through the same backend as all else, and what
 * that means for a row of a profile.
 *
 * A roof is an upper bound in practice, not in theory (chips.h has that): the best that the backend's own kernels reach
 * on the shapes that suit them. */
#ifndef SDBENCH_PROFILER_ROOF_ROOFS_H
#define SDBENCH_PROFILER_ROOF_ROOFS_H

#include "pipeline/runtime/backend.h"

/* One measured rate. Bytes and FLOP are counted as pipeline/graph/cost_rules.c counts them: each value moved once, read
 * and written together; 2 FLOP a multiply-add. */
struct roof {
    bool is_product;
    enum dtype dtype; /* that is read */
    size_t bytes;
    int64_t time_ns;  /* of one, the best of several */
    double rate;      /* a second: FLOP of a product, else bytes */
    double again;     /* the second best of the passes that measured it, which tells how well it is known; 0: one did */
    char shape[48];   /* "linear 1024x1024x1024" */
    char kernel[128]; /* the backend's name for it */
};

/* The best product of each dtype, and copies. At most one of a dtype, or amount: roofs_add sees to it. */
enum { MAX_ROOFS = 32 };
struct roofs {
    struct roof roof[MAX_ROOFS];
    int count; /* 0: not known */
};

struct roofs_request {
    const struct backend *backend;
    void *state;               /* of the open backend */
    bool product[DTYPE_COUNT]; /* measure products of these; f32 as the backend was opened: IEEE or TF32 */
    double seconds;            /* that copies are repeated for, and products of each dtype; 0: ROOFS_SECONDS */
    int64_t long_ns;           /* a product has 2 to 8 times the work of the one before, a copy twice: where one takes
                                * so long, none larger is measured; 0: 30 ms */
    size_t largest_copy;       /* bytes; 0: 256 MiB */
    bool (*goes_on)(void *context); /* asked between measurements: false cancels (ERR_CANCELLED); NULL: always */
    void *context;
};
#define ROOFS_SECONDS 0.5

/* Making plans and filling memory comes on top: two or three times as long. A backend that was opened to time
 * alternatives does so for these products too. A problem that needs more than half of the memory that is free is left
 * out. No roofs where the backend computes nothing (null). The calling thread's watch (watch.h) sees nothing of it. */
struct err roofs_measure(const struct roofs_request *r, struct roofs *out);

/* In place of one of its kind (products of a dtype; copies of an amount) that is slower, or where there is none. */
void roofs_add(struct roofs *r, const struct roof *one);

/* All that other passes measured: those before a run and those after it together know more than either. */
void roofs_merge(struct roofs *into, const struct roofs *other);

/* The product's roof; NULL where there is none. */
const struct roof *roofs_product(const struct roofs *r, enum dtype dtype);

/* Bytes a second at which so many could be moved: 0 where not known. Small amounts stay in caches and move faster, and
 * a row's values may be in a cache or not: it is the best rate of all copies of so many bytes or more, beginning with
 * the largest measured amount that is not larger. So it never rises with the amount. */
double roofs_copy_rate(const struct roofs *r, double bytes);

enum roof_bound {
    ROOF_unknown = '-',
    ROOF_compute = 'C',
    ROOF_memory = 'M',
    ROOF_latency = 'L', /* too little work to say: each time is below that of the smallest copy measured */
};

/* The shortest time that a row can take. */
struct roof_time {
    double compute_ns, memory_ns;
    double ns;    /* the longer of the two; 0 where not known */
    double error; /* share of it by which passes disagree about the roof; 1 where only one measured it */
    enum roof_bound bound;
};

/* Of one call that costs so much (struct cost, pipeline/graph/rules.h). Not known where it multiplies in a dtype
 * without a roof. */
struct roof_time roof_time(const struct roofs *r, double product_flop, enum dtype dtype, double bytes);

/* Whether a call was faster than it can be: then it does less than its cost rule counts. Roofs and rows are measured at
 * different moments, and the clock and what else the machine does make a few percent of difference; where passes
 * disagree about a roof by more it is that, and no row is judged by a roof that is not known better than ROOF_UNSURE.
 */
#define ROOF_ERROR  0.05
#define ROOF_UNSURE 0.15
bool roof_exceeded(const struct roof_time *t, double measured_ns);

#endif
