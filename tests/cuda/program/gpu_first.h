/* What gpu-first measures on a GPU before anything else, and how it tells: a line of JSON on stdout, and one for a
 * person on stderr, for each item. Figures are only ever of what ran; an item that fails is told with "error" and the
 * rest goes on. */
#ifndef SDBENCH_TESTS_GPU_FIRST_H
#define SDBENCH_TESTS_GPU_FIRST_H

#include <cjson/cJSON.h>
#include <cuda_runtime_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/runtime/cuda/choice/timing.h"
#include "pipeline/runtime/cuda/cudnn/dnn.h"

struct first {
    const char *part; /* the one that is under way */
    cudaStream_t stream;
    struct timing *timing;
    int64_t until_ns;      /* on the clock of clock.h: items that would begin later are not measured */
    int64_t item_until_ns; /* no choice of an item begins later, but its first */
    int lines, errors, skipped;
};

/* The parts. */
void first_gaps(struct first *f);
void first_copies(struct first *f);
void first_products(struct first *f);
void first_attention(struct first *f);
void first_ieee(struct first *f);
void first_convolutions(struct first *f);

/* A line: {"part":..., "item":...}, to which the caller adds; NULL where the time is over, which is told. line_end
 * writes and frees it; its words for a person are `text`, or the error, which is freed. */
bool first_time_is_over(const struct first *f);
/* What the next item may take where so many are left: twice its share, since many need less. */
void first_share(struct first *f, int items_left);
cJSON *line_begin(struct first *f, const char *item);
__attribute__((format(printf, 4, 5))) void line_end(struct first *f, cJSON *line, struct err e, const char *text, ...);

/* cuDNN's choices for a graph, at most `most` of them: each is made and timed. The line gets their times, the first's
 * and the best's, and `flop` a second. Takes the graph. */
void first_engines(struct first *f, cJSON *line, struct dnn_graph *g, const size_t bytes[DNN_SLOTS], double flop,
                   int most);

#endif
