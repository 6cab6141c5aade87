#include "profiler/roof/chips.h"

#include <fnmatch.h>
#include <string.h>

enum { RATE_f32, RATE_tf32, RATE_f16, RATE_bf16, RATES };

static const struct chip {
    int capability;
    const char *name;
    double flop[RATES]; /* a clock and multiprocessor */
} chips[] = {
#define CHIP(sm, name, ...) {sm, name, {__VA_ARGS__}},
#include "profiler/roof/chips.def"
#undef CHIP
};

/* How the driver's name begins depends on the driver's age. */
static const char *without_brand(const char *name)
{
    static const char *const brands[] = {"NVIDIA ", "Tesla "};
    for (size_t i = 0; i < ARRAY_LEN(brands); i++)
        if (!strncmp(name, brands[i], strlen(brands[i])))
            name += strlen(brands[i]);
    return name;
}

static const struct chip *find(const struct device_facts *d)
{
    for (size_t i = 0; i < ARRAY_LEN(chips); i++)
        if (chips[i].capability == d->capability && !fnmatch(chips[i].name, without_brand(d->name), 0))
            return &chips[i];
    return NULL;
}

double chip_product_rate(const struct device_facts *d, enum dtype dtype, bool tf32, double clock_hz)
{
    static const int rate[DTYPE_COUNT] = {
        [DTYPE_f32] = RATE_f32, [DTYPE_f16] = RATE_f16, [DTYPE_bf16] = RATE_bf16, [DTYPE_i32] = -1, [DTYPE_u8] = -1};
    const struct chip *chip = find(d);
    if (!chip || rate[dtype] < 0)
        return 0;
    const bool tensor = dtype == DTYPE_f32 && tf32;
    return chip->flop[tensor ? RATE_tf32 : rate[dtype]] * d->multiprocessors * clock_hz;
}

double chip_memory_rate(double memory_clock_hz, int bus_bits)
{
    return 2 * memory_clock_hz * bus_bits / 8;
}
