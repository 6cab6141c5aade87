/* Choices as the bytes of a file: a line with the form's version and a checksum of all that follows it, then JSON,
 *
 *     sdbench plans 1 0123456789abcdef
 *     {"key":"...","plans":[["signature","choice","detail"],...]}
 *
 * sorted by signature, each once. The same choices give the same bytes. */
#ifndef SDBENCH_CUDA_CHOICE_PLAN_FILE_TEXT_H
#define SDBENCH_CUDA_CHOICE_PLAN_FILE_TEXT_H

#include "pipeline/runtime/cuda/choice/plan_file.h"

/* The n bytes and a NUL behind them, of a file that may hold anything. */
struct err plan_file_parse(const char *bytes, size_t n, struct plan_file *out);

/* malloc'ed, with a NUL behind the *n bytes. */
struct err plan_file_print(const struct plan_file *f, char **bytes, size_t *n);

/* Whether a text may be a key, a signature or a choice. */
bool plan_file_is_name(const char *text);

#endif
