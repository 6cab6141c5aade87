/* Run folders in tests. */
#ifndef SDBENCH_TESTS_SUPPORT_RUN_FOLDERS_H
#define SDBENCH_TESTS_SUPPORT_RUN_FOLDERS_H

#include "bench/record/folder.h"

void expect_ok(struct err e); /* an error ends the test */

/* ERR_FAILED, one line, with these words in it. */
void expect_failed(struct err e, const char *says);

/* A folder for the workload tiny. */
struct run_folder opened(const char *out);

#endif
