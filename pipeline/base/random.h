/* Normal noise: the same numbers as torch.randn with a CPU generator, so that a seed gives the picture that it gives
 * elsewhere. */
#ifndef SDBENCH_BASE_RANDOM_H
#define SDBENCH_BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* n values of mean 0 and variance 1: torch.randn(n, generator=torch.Generator("cpu").manual_seed(seed)), to about 1e-7
 * (torch takes logarithms and sines in float32). Only the low 32 bits of the seed matter, as in torch. A value depends
 * on n too: the first half of a longer run is not the shorter run.
 * Below 16 values torch draws in another way; here they are the first n of 16. */
void random_normal(uint64_t seed, float *out, size_t n);

#endif
