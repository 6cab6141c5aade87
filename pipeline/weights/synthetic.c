#include "pipeline/weights/synthetic.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 1 << 15 }; /* values a thread takes at once */

static uint64_t fnv1a(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001B3;
    return hash;
}

struct spread {
    double mean, std;
};

/* Of a name's last two parts, "norm1" and "weight", the first tells the kind of layer. */
static struct spread spread_of(const char *name, struct shape shape)
{
    const char *leaf = strrchr(name, '.'), *owner = leaf;
    while (owner && owner > name && owner[-1] != '.' && owner[-1] != '/')
        owner--;
    size_t length = owner ? (size_t)(leaf - owner) : 0;
    bool bias = leaf && !strcmp(leaf, ".bias");
    if (owner && memmem(owner, length, "norm", 4))
        return (struct spread){bias ? 0 : 1, 0.05};
    if (bias)
        return (struct spread){0, 0.02};
    if (owner && memmem(owner, length, "embedding", 9))
        return (struct spread){0, 0.5};
    double fan_in = 1;
    for (int i = 1; i < shape.rank; i++)
        fan_in *= (double)shape.dim[i];
    double gain = strcmp(name, "vae/decoder.conv_out.weight") ? 1 : 0.5; /* keeps most pixels inside [-1, 1] */
    return (struct spread){0, gain / sqrt(fan_in)};
}

static void fill(uint64_t key, struct spread spread, uint64_t first, int64_t n, float *restrict out)
{
    double scale = spread.std / 37837.0;
    float mean = (float)spread.mean;
#pragma omp simd
    for (int64_t i = 0; i < n; i++) {
        uint64_t z = key + (first + (uint64_t)i + 1) * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z = z ^ (z >> 31);
        uint64_t pairs = (z & 0x0000FFFF0000FFFF) + ((z >> 16) & 0x0000FFFF0000FFFF);
        int32_t k = (int32_t)((uint32_t)pairs + (uint32_t)(pairs >> 32)) - 131070;
        out[i] = mean + (float)(k * scale); /* a mean of 0 changes nothing: k * scale is never -0 */
    }
}

void synthetic_fill(uint64_t seed, const char *name, struct shape shape, int64_t first, int64_t n, float *out)
{
    char decimal[24];
    snprintf(decimal, sizeof decimal, "%" PRIu64 ":", seed);
    uint64_t key = fnv1a(fnv1a(0xCBF29CE484222325, decimal), name);
    struct spread spread = spread_of(name, shape);
#pragma omp parallel for schedule(dynamic) if (n > 4 * BLOCK)
    for (int64_t at = 0; at < n; at += BLOCK)
        fill(key, spread, (uint64_t)(first + at), n - at < BLOCK ? n - at : BLOCK, out + at);
}
