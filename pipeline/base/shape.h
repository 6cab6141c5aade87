/* Shapes. Letters, the same everywhere: N batch, C channels, H W size, T tokens, S context tokens, D head size. */
#ifndef SDBENCH_BASE_SHAPE_H
#define SDBENCH_BASE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_RANK = 4 };

struct shape {
    int rank;              /* 0 (a scalar) to MAX_RANK */
    int64_t dim[MAX_RANK]; /* slowest first; dimensions past rank are 0 */
};

/* SHAPE(2, 77, 768) */
#define SHAPE(...)                                                                                                     \
    ((struct shape){sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t), {__VA_ARGS__}})

/* A tensor as a checkpoint declares it. */
struct tensor_spec {
    const char *name; /* "<sub-model>/<diffusers name>" */
    struct shape shape;
};

int64_t shape_count(struct shape s); /* elements; 1 for a scalar */
bool shape_in_range(struct shape s);     /* no dimension is negative, and it has at most 2^48 elements */
bool shape_equal(struct shape a, struct shape b);

/* "2x77x768" into out, which is returned; "scalar" for rank 0. */
enum { SHAPE_TEXT = 96 };
const char *shape_text(struct shape s, char out[SHAPE_TEXT]);

#endif
