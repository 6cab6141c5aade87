/* Cells of a profile's tables. Lines are at most PROFILE_COLUMNS wide, whatever names there are. */
#ifndef SDBENCH_BENCH_PROFILE_CELLS_H
#define SDBENCH_BENCH_PROFILE_CELLS_H

#include "pipeline/base/text.h"

enum { PROFILE_COLUMNS = 120, CELL_SIZE = 48, ALL_DIGITS = 3 };

/* In exactly so many columns: a name of clean characters, with its middle left out where it is longer; left-aligned.
 * A model path gets shorter words first. */
void cell_name(const char *name, int width, struct text *out);
void cell_path(const char *path, int width, struct text *out);
void cell_kernel(const char *name, int width, struct text *out); /* kernel_add_short */

/* Right-aligned, with as many digits behind the point as there is room for, `digits` at most. Where not even a whole
 * number fits, as a power of ten. "-" where it is not finite. */
void cell_number(double x, int width, int digits, struct text *out);

/* The same with about three digits in all: 0.012, 1.23, 45.6, 789. */
void cell_rate(double x, int width, struct text *out);

/* Right-aligned as it is. */
void cell_text(const char *text, int width, struct text *out);

/* "a -> b" in at most `width` characters, each shortened where both do not fit; one of them where they are equal;
 * "nothing" for "". */
void add_replaced(const char *a, const char *b, int width, struct text *out);

/* A line of words, wrapped at PROFILE_COLUMNS; further lines begin with `indent` spaces. */
void add_wrapped(const char *words, int indent, struct text *out);

#endif
