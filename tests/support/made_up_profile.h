/* Profiles that no machine measured, as records: for tests of reading, tables and comparisons. */
#ifndef SDBENCH_TESTS_SUPPORT_MADE_UP_PROFILE_H
#define SDBENCH_TESTS_SUPPORT_MADE_UP_PROFILE_H

#include "bench/profile/profile.h"
#include "pipeline/base/text.h"

#include <cjson/cJSON.h>

/* Of one launch. NULL and 0: as usual, as it stands behind. */
struct made_kernel {
    const char *path;   /* separated by spaces: its own, then what it replaces; NULL: no launch is known */
    const char *kernel; /* "k" */
    const char *class;  /* "gemm"; without a path "unattributed" */
    double ns;          /* of a call: 1000 */
    int calls;          /* in a repetition: 1 */
    double spread;      /* calls differ from ns by a share of it, in a fixed pattern: 0 */
    const char *op, *dtype, *plan, *stage; /* "linear", "f32", "denoise_step", "step" */
    double flop, bytes;                    /* of a call: 0 */
    double slow;                           /* of the last repetition all calls take so many times as long: 1 */
    bool helper;                           /* not the main one */
    unsigned grid, registers;              /* 0: not on a GPU */
};

struct made_profile {
    const char *variant, *backend, *run, *source, *device; /* "fused", "cpu", "one", "host clock", "a device" */
    const struct made_kernel *kernel;
    int kernels;
    int repetitions;     /* 3 */
    double gap_ns;       /* in no work, of a repetition: host gap */
    double overlap_ns;   /* work beside other work */
    double overhead;     /* 0.01 */
    const char *invalid; /* the reason; NULL: valid */
    double peak, copy;   /* roofs: FLOP a second of f32 products, bytes a second of copies; 0: none */
    int images;          /* of the environment's job: 1 */
};

/* A line each, in the order of a file: environment, plan, kernels, steps, accounts, roofs, profile, end. */
void made_profile_lines(const struct made_profile *m, struct text *out);

/* The same through profile_take and profile_finish. */
struct profile made_profile(const struct made_profile *m);

/* Takes lines, and finishes. */
struct profile profile_of_lines(const char *lines);

/* A folder of the scratch folder, with records.jsonl. */
void made_profile_write(const char *folder, const struct made_profile *profile, int profiles);

/* Each line of a text is at most so many characters wide, and valid UTF-8 without control characters. */
void expect_columns(const char *text, int most);

#define MADE(...)                                \
    ((const struct made_kernel[]){__VA_ARGS__}), \
        .kernels = sizeof((const struct made_kernel[]){__VA_ARGS__}) / sizeof(struct made_kernel)

#endif
