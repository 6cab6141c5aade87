/* New inputs out of old ones. The same state, corpus and tokens give the same inputs on every machine. */
#ifndef SDBENCH_TESTS_FUZZ_MUTATE_H
#define SDBENCH_TESTS_FUZZ_MUTATE_H

#include "tests/fuzz/corpus.h"

struct mutator {
    uint64_t state; /* of the random numbers; any value begins a sequence */
    const struct corpus *corpus;
    const char *const *token;
};

/* One of the corpus, which has one at least, changed in a few ways: its size. */
size_t mutate(struct mutator *m, uint8_t out[FUZZ_BYTES]);

#endif
