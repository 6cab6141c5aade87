/* Attention as two products with a softmax between, the scores in scratch: where neither a library nor a kernel of ours
 * does it in one. Rows of scores are padded to a multiple of 8, which 16-bit products want. */
#ifndef SDBENCH_CUDA_SCORES_H
#define SDBENCH_CUDA_SCORES_H

#include "pipeline/runtime/cuda/cuda.h"

struct scores;
struct err scores_make(const struct site *s, struct scores **out);
void scores_free(struct scores *k); /* k may be NULL */
size_t scores_scratch_bytes(const struct scores *k);
const char *scores_name(const struct scores *k);

/* Inputs q, k, v and the result as the attention node has them. */
struct err scores_run(const struct scores *k, const struct binding *b);

#endif
