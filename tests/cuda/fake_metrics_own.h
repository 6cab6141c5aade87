/* What the parts of the fake share. */
#ifndef SDBENCH_TESTS_FAKE_METRICS_OWN_H
#define SDBENCH_TESTS_FAKE_METRICS_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/cuda/fake_metrics.h"

enum { FAKE_CONFIG_BYTES = 64, FAKE_AVAILABILITY_BYTES = 16, FAKE_IMAGE_BYTES = 4096 };

__attribute__((format(printf, 1, 2))) void fake_metrics_offence(const char *format, ...);

/* Whether this call is to fail now. */
bool fake_metrics_fails(const char *call);

#define EXPECT(holds)                                         \
    do {                                                      \
        if (!(holds))                                         \
            fake_metrics_offence("%s: %s", __func__, #holds); \
    } while (0)

/* Beginning of each call of CUPTI. */
#define ENTER(params, type)                                             \
    EXPECT(params->structSize == type##_STRUCT_SIZE && !params->pPriv); \
    if (fake_metrics_fails(__func__))                                   \
    return (CUptiResult)fake_metrics.result

/* Ranges that were decoded, and the number that the caller gave to one of them. */
size_t fake_metrics_decoded(void);
size_t fake_metrics_number(size_t index);

struct fake_symbol {
    const char *name;
    void (*function)(void);
};
extern const struct fake_symbol fake_metrics_host_symbols[]; /* ends with a NULL name */
#define FAKE_SYMBOL(name)                   \
    {                                       \
        "cupti" #name, (void (*)(void))name \
    }

#endif
