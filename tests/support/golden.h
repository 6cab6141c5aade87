/* Reference values for tests: reads a safetensors file of tests/golden (what they hold: README.md there).
 *
 *     struct golden *g = golden_open("samplers.safetensors");
 *     size_t n;
 *     const float *end = golden_f32(g, "ddim/20/end", &n);
 *     cr_assert(relative_l2(mine, end, n) < 2e-6);
 *     golden_close(g);
 *
 * A file or key that is missing, or of another type, ends the test with a line that names it. */
#ifndef SDBENCH_TESTS_SUPPORT_GOLDEN_H
#define SDBENCH_TESTS_SUPPORT_GOLDEN_H

#include "pipeline/base/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where tests/golden/FILE lies: below the folder that SDBENCH_SOURCE names, or below the current one. The text lives
 * until the eighth call after this one. */
const char *golden_path(const char *file);

struct golden;
struct golden *golden_open(const char *file); /* a name in tests/golden, or a path with a leading '/' */
void golden_close(struct golden *g);

/* Keys in the file's order, "__metadata__" left out; NULL past the last. */
const char *golden_key(const struct golden *g, size_t i);

bool golden_has(const struct golden *g, const char *key);
struct shape golden_shape(const struct golden *g, const char *key);

/* The elements of a tensor, valid until golden_close; their number goes to *count unless it is NULL. */
const float *golden_f32(const struct golden *g, const char *key, size_t *count);
const int32_t *golden_i32(const struct golden *g, const char *key, size_t *count);
const uint8_t *golden_u8(const struct golden *g, const char *key, size_t *count);

/* A text of the file's metadata; NULL where it has none of that name. */
const char *golden_meta(const struct golden *g, const char *name);

/* |a - b| / |b| over all n elements; |a - b| where b is zero. NaN if any element is: compare with `<`. */
double relative_l2(const float *a, const float *b, size_t n);

/* Largest |a - b| over largest |b|, with the same rules. */
double relative_max(const float *a, const float *b, size_t n);

#endif
