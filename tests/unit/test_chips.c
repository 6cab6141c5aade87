/* profiler/roof/chips.def against published peaks: rate x multiprocessors x boost clock. */
#include "profiler/roof/chips.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

/* Peaks in TFLOP/s without sparsity (half of the figure where only that with it is published); 0: none is published. */
static const struct published {
    const char *source, *name;
    int capability, multiprocessors;
    double f32_mhz, f32, tensor_mhz, tf32, f16, bf16;
} published[] = {
    // clang-format off
    {"Tesla V100 GPU Architecture, 2017",          "Tesla V100-SXM2-16GB",    70,  80, 1530, 15.7,  1530,   0,   125,     0},
    {"Tesla T4 data sheet",                        "Tesla T4",                75,  40, 1590,  8.1,  1590,   0,    65,     0},
    {"Turing GPU Architecture, 2018, appendix A",  "Quadro RTX 6000",         75,  72, 1770, 16.3,  1770,   0,   130.5,   0},
    {"Turing GPU Architecture, 2018, Founders Ed.", "GeForce RTX 2080 Ti",    75,  68, 1635, 14.2,  1635,   0,    56.9,   0},
    {"A100 Tensor Core GPU Architecture, 2020",    "NVIDIA A100-SXM4-80GB",   80, 108, 1410, 19.5,  1410, 156,   312,   312},
    {"the same, as older drivers call it",         "A100-SXM4-40GB",          80, 108, 1410, 19.5,  1410, 156,   312,   312},
    {"A30 data sheet",                             "NVIDIA A30",              80,  56, 1440, 10.3,  1440,  82,   165,   165},
    {"A10 data sheet",                             "NVIDIA A10",              86,  72, 1695, 31.2,  1695,  62.5, 125,   125},
    {"A40 data sheet",                             "NVIDIA A40",              86,  84, 1740, 37.4,  1740,  74.8, 149.7, 149.7},
    {"GA102 GPU Architecture, 2021",               "NVIDIA RTX A6000",        86,  84, 1800, 38.7,  1800,  77.4, 154.8, 154.8},
    {"GA102 GPU Architecture, 2021",               "NVIDIA GeForce RTX 3090", 86,  82, 1695, 35.6,  1695,  35.6,  71,    71},
    {"L4 data sheet, halved",                      "NVIDIA L4",               89,  58, 2040, 30.3,  2040,  60,   121,   121},
    {"L40S data sheet, 16 bit halved",             "NVIDIA L40S",             89, 142, 2520, 91.6,  2520, 183,   366.5, 366.5},
    {"Ada GPU Architecture, 2022, appendix A",     "NVIDIA GeForce RTX 4090", 89, 128, 2520, 82.6,  2520,  82.6, 165.2, 165.2},
    {"H100 Tensor Core GPU Architecture, 2022",    "NVIDIA H100 80GB HBM3",   90, 132, 1980, 66.9,  1830, 494.7, 989.4, 989.4},
    {"H100 Tensor Core GPU Architecture, 2022",    "NVIDIA H100 PCIe",        90, 114, 1755, 51.2,  1620, 378,   756,   756},
    {"H200 data sheet, 16 bit halved",             "NVIDIA H200",             90, 132, 1980, 67,    1830, 494.5, 989.5, 989.5},
    {"RTX Blackwell GPU Architecture, 2025",       "NVIDIA GeForce RTX 5090", 120, 170, 2407, 104.8, 2407, 104.8, 209.5, 209.5},
    // clang-format on
};

static struct device_facts device(const char *name, int capability, int multiprocessors)
{
    struct device_facts d = {.capability = capability, .multiprocessors = multiprocessors};
    snprintf(d.name, sizeof d.name, "%s", name);
    return d;
}

static void expect_peak(const struct published *p, enum dtype dtype, bool tf32, double mhz, double tflops)
{
    const struct device_facts d = device(p->name, p->capability, p->multiprocessors);
    const double rate = chip_product_rate(&d, dtype, tf32, mhz * 1e6) * 1e-12;
    cr_expect(fabs(rate - tflops) <= 0.01 * tflops, "%s (%s), %s%s: %g TFLOP/s, published are %g", p->name, p->source,
              dtypes[dtype].name, tf32 ? " as TF32" : "", rate, tflops);
}

Test(chips, agree_with_what_is_published)
{
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        const struct published *p = &published[i];
        expect_peak(p, DTYPE_f32, false, p->f32_mhz, p->f32);
        expect_peak(p, DTYPE_f32, true, p->tensor_mhz, p->tf32);
        expect_peak(p, DTYPE_f16, false, p->tensor_mhz, p->f16);
        expect_peak(p, DTYPE_bf16, false, p->tensor_mhz, p->bf16);
    }
}

Test(chips, what_is_not_in_the_table_is_not_known)
{
    static const struct {
        const char *name;
        int capability;
    } unknown[] = {{"NVIDIA B200", 100},  {"NVIDIA L40", 89},
                   {"NVIDIA A10G", 86},   {"NVIDIA GeForce RTX 3090", 89},
                   {"NVIDIA H20-3e", 90}, {"", 0}};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        const struct device_facts d = device(unknown[i].name, unknown[i].capability, 100);
        cr_expect_eq(chip_product_rate(&d, DTYPE_f16, false, 1e9), 0, "%s", unknown[i].name);
    }
    const struct device_facts d = device("NVIDIA A100-SXM4-80GB", 80, 108);
    cr_expect_eq(chip_product_rate(&d, DTYPE_i32, false, 1e9), 0);
    cr_expect_eq(chip_product_rate(&d, DTYPE_f16, false, 0), 0);
}

/* Published bandwidths, from the memory clock that the driver tells. */
Test(chips, memory)
{
    static const struct {
        const char *name;
        double mhz;
        int bits;
        double gb_s;
    } rows[] = {{"V100", 877, 4096, 900},      {"T4", 5001, 256, 320}, {"A100 80GB", 1593, 5120, 2039},
                {"A10", 6251, 384, 600},       {"L4", 6251, 192, 300}, {"H100 SXM", 2619, 5120, 3350},
                {"RTX 5090", 14001, 512, 1792}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const double rate = chip_memory_rate(rows[i].mhz * 1e6, rows[i].bits) * 1e-9;
        cr_expect(fabs(rate - rows[i].gb_s) <= 0.01 * rows[i].gb_s, "%s: %g GB/s", rows[i].name, rate);
    }
    cr_expect_eq(chip_memory_rate(0, 384), 0);
    cr_expect_eq(chip_memory_rate(1e9, 0), 0);
}
