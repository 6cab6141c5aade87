/* A lock on a folder, for as long as this process holds it: no file is left, and a process that dies gives it back. */
#ifndef SDBENCH_BENCH_GATE_FOLDER_LOCK_H
#define SDBENCH_BENCH_GATE_FOLDER_LOCK_H

#include "pipeline/base/error.h"

/* Waits until no other process holds it; where that takes a while, `why` ("another gate builds there") is said once on
 * stderr. *lock is for folder_unlock. Where a file system has no locks none is taken, and *lock is -1. */
struct err folder_lock(const char *folder, const char *why, int *lock);
void folder_unlock(int lock);

#endif
