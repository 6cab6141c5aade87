/* What is left to do where the library computes a product's plain sums only: out of blocks of channels, activation,
 * times another factor, plus a residual, into the result's dtype and places. One pass over rows of channels. */
#ifndef SDBENCH_CPU_FINISH_H
#define SDBENCH_CPU_FINISH_H

#include "pipeline/runtime/cpu/activations.h"

/* Where rows of channels lie: pixels of images, or tokens. Row r of image i begins at element
 * i image + r / width line + r % width pixel. */
struct places {
    enum dtype dtype;
    int64_t width, image, line, pixel;
};

struct finish {
    bool needed;              /* false: the library does it all */
    int64_t images, rows;     /* rows: of an image */
    int64_t channels, block;  /* block: sums lie in blocks of so many channels; 0: as rows */
    elementwise_fn *activate; /* or NULL */
    const float *sums;        /* dense: images x rows x channels, or images x blocks x rows x block */
    bool gated;               /* the activated sums are multiplied by a factor, dense rows */
    const float *factor;
    struct places from, to; /* of the residual and the result */
    const void *residual;   /* or NULL */
    void *result;
};

/* Bytes of the sums. */
size_t finish_bytes(const struct finish *f);

void finish_run(const struct finish *f);

#endif
