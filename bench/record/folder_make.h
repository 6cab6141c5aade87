/* How the folder of a run comes to be, and goes again. For folder.c. */
#ifndef SDBENCH_BENCH_RECORD_FOLDER_MAKE_H
#define SDBENCH_BENCH_RECORD_FOLDER_MAKE_H

#include "bench/record/folder.h"

/* Sets path, made and made_length, for run_folder_open. On an error nothing that was made is left. */
struct err folder_make(const char *out, const char *what, struct run_folder *f);

/* Removes the folders that were made, from the lowest one up, those that are empty. */
void folder_unmake(const struct run_folder *f);

#endif
