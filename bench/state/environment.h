/* What a process to measure gets set, so that it finds the caches of its state: the folder of a backend's plans and
 * that of the code which the GPU's driver compiled. */
#ifndef SDBENCH_BENCH_STATE_ENVIRONMENT_H
#define SDBENCH_BENCH_STATE_ENVIRONMENT_H

#include "pipeline/base/error.h"

#include <stdbool.h>

#define PLANS_VARIABLE "SDBENCH_PLANS"   /* pipeline/runtime/cuda/choice/plan_file.h */
#define JIT_VARIABLE   "CUDA_CACHE_PATH" /* CUDA's own */

enum { STATE_VARIABLES = 2 };

/* A zeroed one sets nothing. */
struct state_environment {
    struct state_variable {
        const char *name;
        char *folder;
        bool made; /* for this sample alone: it goes with it */
    } variable[STATE_VARIABLES];
    int count;
};

/* Sets a variable to a folder (a copy of the text), or to a fresh empty one below `above`. */
struct err state_environment_set(struct state_environment *env, const char *name, const char *folder);
struct err state_environment_set_empty(struct state_environment *env, const char *name, const char *above);

/* The folder that a variable is set to; NULL where it is not set. */
const char *state_environment_get(const struct state_environment *env, const char *name);

/* This process's environment with these variables in it, for posix_spawn: malloc'ed, ends with NULL. Free with
 * state_environment_free_list. */
struct err state_environment_list(const struct state_environment *env, char ***list);
void state_environment_free_list(char **list);

/* Removes the folders that were made. Legal twice. */
void state_environment_end(struct state_environment *env);

#endif
