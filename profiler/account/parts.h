/* The pieces of account_make. Each fills its own fields of the account of repetition r. */
#ifndef SDBENCH_PROFILER_ACCOUNT_PARTS_H
#define SDBENCH_PROFILER_ACCOUNT_PARTS_H

#include "profiler/account/account.h"

/* Times: the parts of the span, busy_ns, overlap_ns. */
struct err account_sweep(const struct trace *t, int32_t r, struct account *out);

/* stream_overlap_ns. */
struct err account_streams(const struct trace *t, int32_t r, struct account *out);

/* Counts of work in replayed runs. */
struct err account_nodes(const struct trace *t, int32_t r, struct account *out);

/* Whether repetition r ran something else than `first`. */
struct err account_compare(const struct trace *t, int32_t first, int32_t r, bool *different,
                           char difference[ACCOUNT_REASON]);

#endif
