/* Which steps from one basic block to another the program takes, as gcc tells with -fsanitize-coverage=trace-pc. */
#ifndef SDBENCH_TESTS_FUZZ_PROGRAM_COVERAGE_H
#define SDBENCH_TESTS_FUZZ_PROGRAM_COVERAGE_H

#include <stddef.h>

/* Forgets the steps since the last call. */
void coverage_begin(void);

/* How many steps since coverage_begin were new: never taken before, or never about as often. */
size_t coverage_new(void);

/* All steps that were ever taken. */
size_t coverage_edges(void);

#endif
