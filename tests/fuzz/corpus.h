/* Inputs: seeds from files, and what was found to be worth keeping. */
#ifndef SDBENCH_TESTS_FUZZ_CORPUS_H
#define SDBENCH_TESTS_FUZZ_CORPUS_H

#include "tests/fuzz/fuzz.h"

struct corpus {
    struct input {
        uint8_t *bytes;
        size_t size;
    } * item;
    size_t count, capacity;
};

/* A copy, of at most FUZZ_BYTES. Ends the process without memory. */
void corpus_add(struct corpus *c, const uint8_t *bytes, size_t size);

/* Adds a file, or the files of a folder in the order of their names; one that is too long is an error. */
struct err corpus_read(struct corpus *c, const char *path);

/* Adds the seeds of a target: the files of tests/fuzz/seeds/NAME below the folder that SDBENCH_SOURCE names, or below
 * the current one. */
struct err corpus_read_seeds(struct corpus *c, const struct fuzz_target *t);

void corpus_free(struct corpus *c);

#endif
