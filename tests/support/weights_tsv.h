/* The golden list of a checkpoint's tensors, tests/golden/weights-MODEL.tsv. */
#ifndef SDBENCH_TESTS_SUPPORT_WEIGHTS_TSV_H
#define SDBENCH_TESTS_SUPPORT_WEIGHTS_TSV_H

#include "pipeline/base/shape.h"

struct weights_tsv {
    char *text;
    size_t count;
    struct weights_row {
        const char *path, *compvis; /* the diffusers path and the CompVis name */
        struct shape shape;
        uint32_t crc; /* of the float32 bytes that the synthetic tensor of seed 0 has */
    } * row;          /* by path */
};

/* A file that is missing or malformed ends the test. */
struct weights_tsv weights_tsv_read(const char *model);
void weights_tsv_free(struct weights_tsv *t);

/* NULL where there is none. */
const struct weights_row *weights_tsv_find(const struct weights_tsv *t, const char *path);

#endif
