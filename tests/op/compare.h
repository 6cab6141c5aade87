/* Cases on a backend against the reference. */
#ifndef SDBENCH_TESTS_OP_COMPARE_H
#define SDBENCH_TESTS_OP_COMPARE_H

#include "tests/op/cases.h"

/* A backend as these tests use it. */
struct compared {
    const char *name, *tests; /* tests: the suite's name, for the command that repeats a case */
    enum dtype half;
    bool stepwise;                                               /* struct op_case */
    bool (*same_bits)(enum op op);                               /* whether a second run must give the same bits */
    float *(*again)(const struct op_case *c, size_t *n);         /* that second run, in other circumstances */
    struct err (*refuses)(const struct op_case *c);              /* why the case cannot run here; NULL: all do */
};

float *compare_run(const struct compared *b, const struct op_case *c, const char *backend, int threads, size_t *n);

/* Every case of an operation; SDBENCH_CASE picks one. */
void compare_operation(const struct compared *b, enum op op);

#endif
