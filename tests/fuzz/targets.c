#include "tests/fuzz/fuzz.h"

#define TARGET(name, mutants, summary, ...) static const char *const token_##name[] = {__VA_ARGS__, NULL};
#include "tests/fuzz/targets.def"
#undef TARGET

const struct fuzz_target fuzz_targets[FUZZ_TARGETS] = {
#define TARGET(name, mutants, summary, ...) {#name, summary, fuzz_##name, mutants, token_##name, 0},
#include "tests/fuzz/targets.def"
#undef TARGET
};
