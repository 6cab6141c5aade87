/* A file of prompts: one picture a line, in fields separated by tabs: prompt, negative prompt, seed. Fields at the end
 * may be left out. A line without any character is skipped; one with only a tab is the empty prompt. */
#ifndef SDBENCH_BENCH_GENERATE_PROMPT_FILE_H
#define SDBENCH_BENCH_GENERATE_PROMPT_FILE_H

#include "pipeline/base/arena.h"
#include "pipeline/stable_diffusion.h"

/* Where a line says nothing: the negative prompt, and for the k-th picture the seed + k. *request is malloc'ed, its
 * texts lie in the arena. An error names the line. */
struct err prompt_file_read(const char *path, const char *negative, uint64_t seed, struct arena *texts,
                            struct sd_request **request, int *count);

#endif
