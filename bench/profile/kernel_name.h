/* Names of kernels, for looking the same one up in another run. */
#ifndef SDBENCH_BENCH_PROFILE_KERNEL_NAME_H
#define SDBENCH_BENCH_PROFILE_KERNEL_NAME_H

#include "bench/profile/profile.h"
#include "pipeline/base/text.h"

/* Adds the name without what only says how it is tiled: whole words of digits ("4", also of template arguments), of
 * digits with an "x" between them ("128x64", "tilesize128x64x32"), and of "stage", "warpsize" and the like before
 * digits. Another tile is the same kernel; another algorithm, element type or chip is another one. */
void kernel_add_plain(const char *name, struct text *out);

/* Adds the name in at most `width` characters. What is too long goes without "void", its list of arguments, its tiles,
 * its template's arguments, and last its middle. */
void kernel_add_short(const char *name, int width, struct text *out);

/* "2x gemm + bias": the different plain names, or the different operations, those with the longest time first, and how
 * many launches have each. */
enum kernel_list { LIST_kernels, LIST_ops };
void kernel_add_list(const struct profile_kernel *const *member, int members, enum kernel_list what, struct text *out);

#endif
