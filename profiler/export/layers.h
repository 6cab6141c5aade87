/* The layers of the model as nested slices: for a piece of device work the run that it is of, then each group of its
 * launch's model path, "unet/down_blocks.0/attn1/to_q" being unet > down_blocks.0 > attn1 > to_q. A slice lasts from
 * the first to the last of consecutive work that has it in common. Where work overlaps (branches of a recording,
 * several streams) a slice begins when the one before it ends, so that slices nest; one that would have no time is left
 * out. */
#ifndef SDBENCH_PROFILER_EXPORT_LAYERS_H
#define SDBENCH_PROFILER_EXPORT_LAYERS_H

#include "profiler/export/selection.h"

enum { MAX_LEVELS = 24 }; /* groups beyond it are one with the last */

struct layer_slice {
    int64_t begin_ns, end_ns;
    int32_t run;       /* whose slice it is, where group is NULL */
    const char *group; /* `length` bytes of a path */
    size_t length;
};

struct layers {
    const struct selection *selection;
    int64_t before; /* the work before, -1 */
    struct {
        int64_t begin_ns, end_ns; /* of the last slice of this level */
        bool left_out;
    } level[MAX_LEVELS];
};

/* The end of the group of a path that begins at `at`: the next '/', or a '.' that no number follows. */
const char *layer_group_end(const char *at);

/* Slices that begin with work `i` of the selection, outermost first. To be told each, in order. */
int layers_open(struct layers *l, int64_t i, struct layer_slice slice[MAX_LEVELS]);

#endif
