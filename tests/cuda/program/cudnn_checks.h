/* What cudnn-plans checks of cuDNN's plans on described devices. Each prints what it found, and a line that begins with
 * FAIL for everything that must not be; the number of those lines is returned. */
#ifndef SDBENCH_TESTS_CUDNN_CHECKS_H
#define SDBENCH_TESTS_CUDNN_CHECKS_H

#include "pipeline/runtime/cuda/cudnn/dnn.h"
#include "pipeline/runtime/cuda/described.h"

/* Every problem of every variant has a plan, or something that replaces it; plans that were compiled are kept in a
 * file. */
int check_table(const struct described_device *device, const char *cache);
/* IEEE float32 3x3 convolutions have engines, channels last and channels first. */
int check_ieee(void);
/* A plan's text makes the plan again, and nothing else does. */
int check_texts(void);
/* Each call of cuDNN fails once: an error, and no descriptor is left. */
int check_faults(void);

/* How many choices of a graph have engines with a note that the numerics refuse. Prints each. */
int check_notes(const struct dnn_graph *g, enum numerics n);

__attribute__((format(printf, 1, 2))) int failed(const char *format, ...); /* 1 */

struct dnn *open_described(const struct described_device *device); /* an error ends the program */

/* cuDNN's calls are counted; one can be made to fail (cudnn_calls.c). */
struct calls {
    int made, fails_at; /* the number of the call that fails, from 1; 0: none */
    int descriptors;    /* that are there */
};
extern struct calls calls;

#endif
