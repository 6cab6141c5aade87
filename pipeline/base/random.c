#include "pipeline/base/random.h"

#include <math.h>
#include <string.h>

/* Mersenne Twister: M. Matsumoto, T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform
 * pseudo-random number generator", 1998; seeding of 2002. */
enum { MT_WORDS = 624, MT_MIDDLE = 397 };

struct mt19937 {
    uint32_t word[MT_WORDS];
    int used; /* of word; MT_WORDS: time to make the next ones */
};

static void mt19937_seed(struct mt19937 *mt, uint32_t seed)
{
    mt->word[0] = seed;
    for (uint32_t i = 1; i < MT_WORDS; i++) {
        uint32_t last = mt->word[i - 1];
        mt->word[i] = 1812433253u * (last ^ last >> 30) + i;
    }
    mt->used = MT_WORDS;
}

static void mt19937_refill(struct mt19937 *mt)
{
    for (int i = 0; i < MT_WORDS; i++) {
        uint32_t y = (mt->word[i] & 0x80000000u) | (mt->word[(i + 1) % MT_WORDS] & 0x7fffffffu);
        mt->word[i] = mt->word[(i + MT_MIDDLE) % MT_WORDS] ^ y >> 1 ^ (y & 1 ? 0x9908b0dfu : 0);
    }
    mt->used = 0;
}

static uint32_t mt19937_next(struct mt19937 *mt)
{
    if (mt->used == MT_WORDS)
        mt19937_refill(mt);
    uint32_t y = mt->word[mt->used++];
    y ^= y >> 11;
    y ^= y << 7 & 0x9d2c5680u;
    y ^= y << 15 & 0xefc60000u;
    return y ^ y >> 18;
}

/* In [0, 1), a multiple of 2^-24. */
static void uniform_fill(struct mt19937 *mt, float *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(mt19937_next(mt) & 0xffffff) * 0x1p-24f;
}

/* Box-Muller in place on blocks of 16: uniform j (radius) and j + 8 (angle) become normal j and j + 8. */
enum { BLOCK = 16, PAIRS = BLOCK / 2 };

static void normal_from_uniform(float block[BLOCK])
{
    const double pi = 3.14159265358979323846;
    for (int j = 0; j < PAIRS; j++) {
        double radius = sqrt(-2 * log(1 - (double)block[j])), angle = 2 * pi * (double)block[j + PAIRS];
        block[j] = (float)(radius * cos(angle));
        block[j + PAIRS] = (float)(radius * sin(angle));
    }
}

void random_normal(uint64_t seed, float *out, size_t n)
{
    if (n < BLOCK) {
        float block[BLOCK];
        random_normal(seed, block, BLOCK);
        if (n)
            memcpy(out, block, n * sizeof *out);
        return;
    }
    struct mt19937 mt;
    mt19937_seed(&mt, (uint32_t)seed);
    uniform_fill(&mt, out, n);
    for (size_t i = 0; i + BLOCK <= n; i += BLOCK)
        normal_from_uniform(out + i);
    if (n % BLOCK) { /* the last 16 are drawn anew, over the end of the block before them */
        uniform_fill(&mt, out + n - BLOCK, BLOCK);
        normal_from_uniform(out + n - BLOCK);
    }
}
