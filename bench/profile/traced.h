/* A process that is traced: `generate --trace SOURCE --then T:N`. It records its own pipeline from before the backend
 * is opened, and reports what it saw as records of a profile (bench/profile/profile.h), each as {"profile": record}. */
#ifndef SDBENCH_BENCH_PROFILE_TRACED_H
#define SDBENCH_BENCH_PROFILE_TRACED_H

#include "bench/options.h"

struct generation;
struct traced;

/* Begins to record, as --trace says: "clock" (the host's), or the name of a source. Before anything of a backend.
 * *out is NULL where it says nothing. */
struct err traced_open(const struct options *o, struct traced **out);
void traced_close(struct traced *t);

/* One whole run, recorded as a repetition; before the first one another, which is not. Of the host's clock each is
 * preceded by one that is not recorded, for comparison. */
struct err traced_run(struct traced *t, struct generation *g);

/* After the last one: reports, and writes --trace-file. */
struct err traced_report(struct traced *t, struct generation *g);

#endif
