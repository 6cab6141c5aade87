/* The columns of a table of groups: what its head says, and what stands in each row. */
#ifndef SDBENCH_BENCH_PROFILE_COLUMNS_H
#define SDBENCH_BENCH_PROFILE_COLUMNS_H

#include "bench/profile/cells.h"
#include "bench/profile/groups.h"

struct column {
    const char *title;
    int width;
    void (*add)(const struct profile_group *g, int width, struct text *out); /* exactly so wide */
};

/* End with a NULL title. Beside a rank of RANK_WIDTH and a name they make PROFILE_COLUMNS. */
extern const struct column columns_of_groups[];   /* kernels, layers, classes, blocks */
extern const struct column columns_of_launches[]; /* with the kernel's name */
extern const struct column columns_of_shapes[];   /* how the longest of a group was launched on a GPU */

enum { RANK_WIDTH = 3 };

/* What is left of a line for the name. */
int columns_name_width(const struct column *column);

/* "  # layers       calls ..." */
void columns_add_head(const struct column *column, const char *title, struct text *out);

/* The group's name: of a model path, a class, a kernel; what has none is called "(none)". */
void columns_add_row(const struct column *column, const struct grouping *by, int rank, const struct profile_group *g,
                     struct text *out);

/* "GEMM" of "gemm"; a name that is no class's as it is. */
const char *profile_class_title(const char *name);

/* The name alone, as columns_add_row has it. */
void columns_add_name(const struct grouping *by, const struct profile_group *g, int width, struct text *out);

#endif
