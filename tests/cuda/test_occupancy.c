/* Theoretical occupancy against answers worked out by hand from the "CUDA C++ Programming Guide", table of technical
 * specifications: registers come in units of 256 a warp from four banks of 16384; shared memory in units of 256 bytes
 * (7.x) or 128, and from 8.0 on the system keeps 1 KB of each block's. */
#include "profiler/cupti/occupancy/limits.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { KB = 1024 };

/* What all of these devices have alike. */
#define DEVICE(major, minor, multiprocessors, threads, block, shared, optin, reserved)                 \
    {                                                                                                  \
        major, minor, multiprocessors, 32, 1024, threads, 65536, 65536, block, optin, shared, reserved \
    }
static const struct occupancy_device v100 = DEVICE(7, 0, 80, 2048, 48 * KB, 96 * KB, 96 * KB, 0),
                                     t4 = DEVICE(7, 5, 40, 1024, 48 * KB, 64 * KB, 64 * KB, 0),
                                     a100 = DEVICE(8, 0, 108, 2048, 48 * KB, 164 * KB, 163 * KB, KB),
                                     a10 = DEVICE(8, 6, 72, 1536, 48 * KB, 100 * KB, 99 * KB, KB),
                                     l40 = DEVICE(8, 9, 142, 1536, 48 * KB, 100 * KB, 99 * KB, KB),
                                     h100 = DEVICE(9, 0, 132, 2048, 48 * KB, 228 * KB, 227 * KB, KB),
                                     b200 = DEVICE(10, 0, 148, 2048, 48 * KB, 228 * KB, 227 * KB, KB),
                                     rtx5090 = DEVICE(12, 0, 170, 1536, 48 * KB, 100 * KB, 99 * KB, KB);

static const struct {
    const char *what;
    const struct occupancy_device *device;
    unsigned threads, registers, shared_static, shared_dynamic;
    int blocks, warps, most_warps; /* on a multiprocessor */
    const char *limiter;
} known[] = {
    // clang-format off
    {"64 registers: 8 warps a bank",           &a100,    256,  64,     0,        0,  4, 32, 64, "registers"},
    {"65 registers: rounded up to 72",         &a100,    256,  65,     0,        0,  3, 24, 64, "registers"},
    {"as many as there are",                   &h100,    256, 255,     0,        0,  1,  8, 64, "registers"},
    {"96 registers, 5 warps a bank",           &v100,    128,  96,     0,        0,  5, 20, 64, "registers"},
    {"128 registers",                          &b200,    128, 128,     0,        0,  4, 16, 64, "registers"},
    {"80 registers, 6 warps a bank",           &rtx5090, 256,  80,     0,        0,  3, 24, 48, "registers"},
    {"20 KB: three in 64",                     &t4,      256,  32, 20 * KB,      0,  3, 24, 32, "shared memory"},
    {"48 KB and nothing kept: two in 96",      &v100,    256,  32, 48 * KB,      0,  2, 16, 64, "shared memory"},
    {"48 + 1 KB: three in 164",                &a100,    128,  32, 48 * KB,      0,  3, 12, 64, "shared memory"},
    {"32 + 1 KB: three in 100",                &a10,     256,  32, 0,      32 * KB,  3, 24, 48, "shared memory"},
    {"99 + 1 KB: all",                         &l40,     256,  32, 0,      99 * KB,  1,  8, 48, "shared memory"},
    {"static and dynamic: 100 + 1 KB",         &b200,    256,  32, 4 * KB, 96 * KB,  2, 16, 64, "shared memory"},
    {"one warp each: 32 blocks",               &a100,     32,  16,     0,        0, 32, 32, 64, "blocks"},
    {"one warp each: 16 blocks",               &t4,       32,  16,     0,        0, 16, 16, 32, "blocks"},
    {"one warp each: 16 blocks",               &a10,      32,  16,     0,        0, 16, 16, 48, "blocks"},
    {"one warp each: 24 blocks",               &l40,      32,  16,     0,        0, 24, 24, 48, "blocks"},
    {"one warp each: 24 blocks",               &rtx5090,  32,  16,     0,        0, 24, 24, 48, "blocks"},
    {"one warp each: 32 blocks",               &h100,     32,  16,     0,        0, 32, 32, 64, "blocks"},
    {"full",                                   &h100,   1024,  32,     0,        0,  2, 64, 64, "warps"},
    {"full with 6 blocks",                     &a10,     256,  40,     0,        0,  6, 48, 48, "warps"},
    {"1024 do not divide 1536",                &l40,    1024,  32,     0,        0,  1, 32, 48, "warps"},
    {"a part of a warp is a warp",             &a100,    100,  16,     0,        0, 16, 64, 64, "warps"},
    {"both: 168 registers, 195 of 228 KB",     &h100,    384, 168,     0,   200000,  1, 12, 64, "registers and shared memory"},
    // clang-format on
};

static struct kernel_shape shape_of(unsigned blocks, unsigned threads, unsigned registers, unsigned shared_static,
                                    unsigned shared_dynamic)
{
    return (struct kernel_shape){.grid = {blocks, 1, 1},
                                 .block = {threads, 1, 1},
                                 .cluster = {1, 1, 1},
                                 .registers = registers,
                                 .shared_static = shared_static,
                                 .shared_dynamic = shared_dynamic};
}

Test(occupancy, of_known_kernels)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        const struct kernel_shape shape =
            shape_of(1, known[i].threads, known[i].registers, known[i].shared_static, known[i].shared_dynamic);
        struct occupancy o;
        struct err e = occupancy_cupti.of(&shape, known[i].device, &o);
        if (known[i].device->major >= 10 && CUDA_VERSION < 12080) { /* what a toolkit does not know it must not guess */
            cr_expect(strstr(err_text(e), "toolkit is older"), "%s: %s", known[i].what, err_text(e));
            err_free(&e);
            continue;
        }
        cr_assert(!e.code, "%s: %s", known[i].what, err_text(e));
        cr_expect_eq(o.blocks_per_multiprocessor, known[i].blocks, "%s (%d.%d): %d blocks", known[i].what,
                     known[i].device->major, known[i].device->minor, o.blocks_per_multiprocessor);
        cr_expect(fabs(o.share - (double)known[i].warps / known[i].most_warps) < 1e-12, "%s: %g", known[i].what,
                  o.share);
        cr_expect_str_eq(o.limiter, known[i].limiter, "%s: %s", known[i].what, o.limiter);
    }
}

Test(occupancy, waves_are_blocks_of_all_dimensions_over_those_that_are_resident)
{
    struct kernel_shape shape = shape_of(33, 256, 64, 0, 0); /* 4 blocks on each of 132 multiprocessors */
    struct occupancy o;
    shape.grid[1] = 8;
    shape.grid[2] = 3;
    shape.block[0] = 8;
    shape.block[1] = 4;
    shape.block[2] = 8;
    struct err e = occupancy_cupti.of(&shape, &h100, &o);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect(fabs(o.waves - 33. * 8 * 3 / (4 * 132)) < 1e-12, "%g", o.waves);
}

static const struct {
    const char *what;
    struct kernel_shape shape;
    struct occupancy_device device;
    const char *says;
} refused[] = {
    // clang-format off
    {"a block too large",   {{1, 1, 1}, {2048, 1, 1}, {1, 1, 1}, 16, 0, 0, 0},   DEVICE(9, 0, 132, 2048, 48 * KB, 228 * KB, 227 * KB, KB), "at most 1024"},
    {"no shape at all",     {{0}, {0}, {0}, 0, 0, 0, 0},                         DEVICE(9, 0, 132, 2048, 48 * KB, 228 * KB, 227 * KB, KB), "0 threads"},
    {"too many registers",  {{1, 1, 1}, {1024, 1, 1}, {1, 1, 1}, 128, 0, 0, 0},  DEVICE(9, 0, 132, 2048, 48 * KB, 228 * KB, 227 * KB, KB), "128 registers"},
    {"too much shared",     {{1, 1, 1}, {32, 1, 1}, {1, 1, 1}, 16, 0, 228 * KB, 0}, DEVICE(9, 0, 132, 2048, 48 * KB, 228 * KB, 227 * KB, KB), "233472 bytes"},
    {"shared past 4 GB",    {{1, 1, 1}, {32, 1, 1}, {1, 1, 1}, 16, 4294967295u, 4294967295u, 0}, DEVICE(9, 0, 132, 2048, 48 * KB, 228 * KB, 227 * KB, KB), "8589934590 bytes"},
    {"an unknown device",   {{1, 1, 1}, {32, 1, 1}, {1, 1, 1}, 16, 0, 0, 0},     DEVICE(99, 0, 132, 2048, 48 * KB, 228 * KB, 227 * KB, KB), "99.0"},
    {"a device of zeros",   {{1, 1, 1}, {32, 1, 1}, {1, 1, 1}, 16, 0, 0, 0},     {0}, "at most 0"},
    // clang-format on
};

Test(occupancy, a_kernel_that_cannot_run_is_refused_in_one_line)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct occupancy o;
        struct err e = occupancy_cupti.of(&refused[i].shape, &refused[i].device, &o);
        cr_expect_eq(e.code, ERR_FAILED, "%s", refused[i].what);
        cr_expect(strstr(err_text(e), refused[i].says), "%s: %s", refused[i].what, err_text(e));
        cr_expect(!strchr(err_text(e), '\n'));
        err_free(&e);
    }
}

/* The record and the attributes of one device tell the same limits. */
static const struct {
    CUdevice_attribute attribute;
    int value;
} h100_attributes[] = {
    {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 9},
    {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0},
    {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 132},
    {CU_DEVICE_ATTRIBUTE_WARP_SIZE, 32},
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024},
    {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 2048},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK, 65536},
    {CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR, 65536},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 49152},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 232448},
    {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, 233472},
    {CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK, 1024},
};

static CUresult answer(int *value, CUdevice_attribute attribute, CUdevice device)
{
    for (size_t i = 0; i < ARRAY_LEN(h100_attributes); i++)
        if (h100_attributes[i].attribute == attribute && device == 3) {
            *value = h100_attributes[i].value;
            return CUDA_SUCCESS;
        }
    return CUDA_ERROR_INVALID_DEVICE;
}

Test(occupancy, limits_of_a_device_come_from_its_attributes)
{
    struct occupancy_device d;
    struct err e = occupancy_limits_ask(answer, 3, &d);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect(!memcmp(&d, &h100, sizeof d));
    e = occupancy_limits_ask(answer, 4, &d);
    cr_expect_eq(e.code, ERR_ABSENT);
    cr_expect(strstr(err_text(e), "device 4"), "%s", err_text(e));
    err_free(&e);
}

static const struct occupancy_device *const recorded[] = {&v100, &t4, &a100, &a10, &l40, &h100, &b200, &rtx5090};

Test(occupancy, limits_of_a_device_come_from_its_record)
{
    for (size_t i = 0; i < ARRAY_LEN(recorded); i++) {
        const struct occupancy_device *of = recorded[i];
        const CUpti_ActivityDevice5 record = {
            .kind = CUPTI_ACTIVITY_KIND_DEVICE,
            .computeCapabilityMajor = (uint32_t)of->major,
            .computeCapabilityMinor = (uint32_t)of->minor,
            .numMultiprocessors = (uint32_t)of->multiprocessors,
            .numThreadsPerWarp = 32,
            .maxWarpsPerMultiprocessor = (uint32_t)of->threads_per_multiprocessor / 32,
            .maxThreadsPerBlock = 1024,
            .maxRegistersPerBlock = 65536,
            .maxRegistersPerMultiprocessor = 65536,
            .maxSharedMemoryPerBlock = (uint32_t)of->shared_per_block,
            .maxSharedMemoryPerMultiprocessor = (uint32_t)of->shared_per_multiprocessor,
        };
        struct occupancy_device d;
        occupancy_limits_from_record(&record, &d);
        cr_expect(!memcmp(&d, of, sizeof d), "%d.%d", of->major, of->minor);
    }
}
