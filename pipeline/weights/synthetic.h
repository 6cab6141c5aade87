/* Synthetic weights: values that any language can make again, bit for bit, from a seed and a tensor's name. The rule:
 *
 *     key   = FNV-1a-64 of "<seed>:<name>"
 *     z     = splitmix64's finalizer of key + (i + 1) * 0x9E3779B97F4A7C15      i: flat index
 *     k     = sum of the four 16-bit fields of z, minus 131070                  standard deviation 37837
 *     value = mean + (float)(k * (std / 37837.0))
 *
 * mean and std follow from the name and shape (synthetic.c), so that activations stay as small as a trained model's. */
#ifndef SDBENCH_WEIGHTS_SYNTHETIC_H
#define SDBENCH_WEIGHTS_SYNTHETIC_H

#include "pipeline/base/shape.h"

/* Values first to first + n - 1 of a tensor, name "<sub-model>/<diffusers name>", shape as a checkpoint has it
 * (convolutions OIHW, linears [out][in]). Large n use all threads. */
void synthetic_fill(uint64_t seed, const char *name, struct shape shape, int64_t first, int64_t n, float *out);

#endif
