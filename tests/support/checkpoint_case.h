/* A checkpoint of a few small tensors, one of each kind that a rule speaks of, for tests of how checkpoints are read.
 */
#ifndef SDBENCH_TESTS_SUPPORT_CHECKPOINT_CASE_H
#define SDBENCH_TESTS_SUPPORT_CHECKPOINT_CASE_H

#include "pipeline/weights/checkpoint.h"

enum { CASE_TENSORS = 8 };
extern const struct tensor_spec case_spec[CASE_TENSORS];
extern const struct checkpoint_rules case_rules;

/* Opens a checkpoint in the scratch folder (tests/support/scratch.h). The error ends the test. */
struct checkpoint *case_open(const char *file);

/* Opens it with a list; the error must hold all words, which NULL ends. */
void case_refused(const char *file, const struct tensor_spec *spec, size_t count, const char *const *words);

/* Writes a file of the scratch folder with tensors of ones; names and shapes are those given. */
void case_write(const char *file, const struct tensor_spec *spec, size_t count, enum dtype dtype);

/* Writes the list as a diffusers folder, synthetic, float32. */
void case_make(const char *folder);

#endif
