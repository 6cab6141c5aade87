/* What each pass saves: work of the graphs before it and after it, in a variant that runs all passes. */
#ifndef SDBENCH_BENCH_PLAN_SAVINGS_H
#define SDBENCH_BENCH_PLAN_SAVINGS_H

#include "pipeline/graph/rules.h"
#include "variants/variant.h"

enum { SAVINGS_GRAPHS = 2, SAVINGS_PASSES = 32 };

struct saving {
    const struct pass *pass;
    struct cost saved[SAVINGS_GRAPHS]; /* of a denoise step, of a decoding; below 0: more work */
};

struct savings {
    size_t count;
    struct saving row[SAVINGS_PASSES];
};
extern const char *const savings_graphs[SAVINGS_GRAPHS];

/* Of sd14 at 512x512, one guided image, 16-bit where `cast` says so: the sizes of the article. What is computed once a
 * prompt counts until `hoist` takes it out of the step. */
struct err savings_make(struct savings *out);

#endif
