/* Runs of `bench` for tests: in the scratch folder. Tests run side by side, so each has a lock and weights of its own:
 * a cold start evicts them. */
#ifndef SDBENCH_TESTS_CLI_BENCH_RUN_H
#define SDBENCH_TESTS_CLI_BENCH_RUN_H

#include "tests/support/program.h"

#include <stddef.h>

/* As .init of a suite, in place of scratch_open. */
void bench_open(void);

/* Files in the scratch folder, but for the lock and the weights. */
size_t bench_files_left(void);

/* Its exit code is that. */
struct program_result bench_run(int code, const char *const *argument);
#define BENCH_CODE(code, ...) bench_run(code, (const char *const[]){"bench", __VA_ARGS__, NULL})
#define BENCH(...)            BENCH_CODE(0, __VA_ARGS__)
#define BENCH_QUIETLY(...)    bench_drop(BENCH(__VA_ARGS__, "-q"))
void bench_drop(struct program_result r);

/* The null backend runs the whole harness in milliseconds. */
#define NULL_TINY "--workload", "tiny", "--backend", "null", "--idle", "0.01"
/* ... and with pictures that are written in next to no time. */
#define NULL_LEAST NULL_TINY, "--preset", "diffusers", "--size", "8x8", "--images", "1", "--steps", "1"
/* The tiny network on a size and number of steps that take least. */
#define CPU_SMALL                                                                                                    \
    "--workload", "tiny", "--steps", "2", "--preset", "diffusers", "--size", "64x64", "--threads", "1", "--backend", \
        "cpu", "--idle", "0.01"

/* Skips the test where this build has no backend cpu. The libraries of that are the same for all tests: until this one
 * ends none evicts them, or (called after it) no other test here needs them. */
void bench_need_cpu(void);
void bench_evicts_libraries(void);

void expect_words(const char *text, const char *const *words);
#define EXPECT_WORDS(text, ...) expect_words(text, (const char *const[]){__VA_ARGS__, NULL})

#endif
