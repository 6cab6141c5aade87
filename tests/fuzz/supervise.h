/* Runs inputs in a child process, and tells what became of it: whatever way an input ends the child, it is kept. */
#ifndef SDBENCH_TESTS_FUZZ_SUPERVISE_H
#define SDBENCH_TESTS_FUZZ_SUPERVISE_H

#include "tests/fuzz/fuzz.h"

/* What the child tells its supervisor. */
struct fuzz_counts {
    uint64_t runs;
    size_t inputs, edges; /* of the corpus; of the program, where it counts them */
};

struct fuzz_finding {
    char path[1024]; /* of the file with the input, in build/findings; "" where no input is to blame */
    struct fuzz_counts counts;
};

/* In the child: runs the target on one input. Its limits: CPU time, memory, and that it leaves nothing behind. */
void fuzz_run(const struct fuzz_target *t, const uint8_t *data, size_t size);

/* In the child: where to count. */
struct fuzz_counts *fuzz_counts(void);

/* Calls body(t, context) in a child, which has no stdout. The error says how an input ended it, or that a signal
 * stopped both (ERR_CANCELLED). *out is filled in either case. */
typedef void fuzz_body(const struct fuzz_target *t, void *context);
struct err fuzz_supervise(const struct fuzz_target *t, fuzz_body *body, void *context, struct fuzz_finding *out);

#endif
