/* Fuzzing: every parser of foreign bytes as a function of bytes, and what these functions stand on.
 *
 * A target (targets.def, one file each) takes any bytes and comes back: with no crash, no exit, no claim broken, and
 * holding no more memory or files than before. Two drivers call targets: test_fuzz.c with seeds and a fixed number of
 * mutants of them, program/ for as long as one likes, with sanitizers, towards code that was not reached yet. */
#ifndef SDBENCH_TESTS_FUZZ_FUZZ_H
#define SDBENCH_TESTS_FUZZ_FUZZ_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FUZZ_BYTES = 1 << 16 }; /* of an input, at most */

struct fuzz_target {
    const char *name, *summary;
    void (*run)(const uint8_t *data, size_t size); /* data has no byte more than size */
    int mutants;                                   /* of the short test */
    const char *const *token;                      /* words that inputs are made of; ends with NULL */
    int limit_ms;                                  /* of CPU time an input; 0: FUZZ_LIMIT_MS */
};
enum { FUZZ_LIMIT_MS = 10000 };

enum fuzz_target_id {
#define TARGET(name, mutants, summary, ...) FUZZ_##name,
#include "tests/fuzz/targets.def"
#undef TARGET
    FUZZ_TARGETS
};
extern const struct fuzz_target fuzz_targets[FUZZ_TARGETS];

#define TARGET(name, mutants, summary, ...) void fuzz_##name(const uint8_t *data, size_t size);
#include "tests/fuzz/targets.def"
#undef TARGET

/* What must hold whatever the input; `claim` says it in words. Where it does not, the process ends: a finding. */
void fuzz_require(bool holds, const char *claim);

/* Ends an error, which must be one line, since it is shown as one. An OK passes. Returns whether it was an error. */
bool fuzz_refused(struct err e);

/* The path of a file that holds these bytes and no folder has; they stay until the next call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* A folder for what has to have one. The supervisor makes it and removes it with all that is in it. */
const char *fuzz_folder(void);

/* The bytes with a NUL behind them, to be freed. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
