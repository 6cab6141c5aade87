#include "bench/build_facts.h"

/* SDBENCH_REVISION, SDBENCH_SOURCE_STATE and SDBENCH_FLAGS: from build_facts.h in the folder of objects, which the
 * Makefile has the compiler include. */

#define TEXT_OF_(x) #x
#define TEXT_OF(x)  TEXT_OF_(x)

#ifdef __clang__
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " TEXT_OF(__GNUC__) "." TEXT_OF(__GNUC_MINOR__) "." TEXT_OF(__GNUC_PATCHLEVEL__)
#endif

const struct build_facts build_facts = {
    .revision = SDBENCH_REVISION,
    .source = SDBENCH_SOURCE_STATE,
    .compiler = COMPILER,
    .flags = SDBENCH_FLAGS,
};
