#include <stdlib.h>

#include "profiler/account/parts.h"
#include "profiler/trace/work.h"

struct err account_nodes(const struct trace *t, int32_t r, struct account *out)
{
    uint64_t *seen = calloc((size_t)t->runs + 1, sizeof *seen);
    if (!seen)
        return err_fail("out of memory for an account");
    for (int64_t i = 0; i < t->activities; i++) {
        const struct activity *a = &t->activity[i];
        if (a->run >= 0 && a->in_graph && activity_rows[a->kind].device)
            seen[a->run]++; /* also where its times are bad: it is there */
    }
    out->wrong_run = -1;
    for (int32_t i = 0; i < t->runs; i++) {
        const struct traced_run *run = &t->run[i];
        if (run->repetition != r || run->how != RUN_REPLAYED)
            continue;
        const uint64_t expected = t->plan[run->plan].recorded[run->stage];
        out->has_replays = true;
        out->unknown_replays += !expected;
        out->kernels += seen[i];
        out->expected_kernels += expected;
        if (expected && seen[i] != expected && out->wrong_run < 0) {
            out->wrong_run = i;
            out->wrong_kernels = seen[i];
        }
    }
    free(seen);
    return OK;
}
