/* The lines of a file, one after the other, in memory that does not grow with the file. */
#ifndef SDBENCH_BENCH_RECORD_LINES_H
#define SDBENCH_BENCH_RECORD_LINES_H

#include "pipeline/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct line {
    const char
        *text; /* length bytes, with a NUL behind them and maybe between them; the line's beginning if too long */
    size_t length;
    bool is_too_long, is_ended; /* ended by a newline, which is not part of the text */
};

/* Calls take(context, line) for each; an error ends the reading, and is its result. A line of more than `longest` bytes
 * is skipped, but for its beginning. A file without any byte has no line. */
struct err lines_read(const char *path, size_t longest, struct err (*take)(void *context, const struct line *line),
                      void *context);

#endif
