/* Runs a graph on the reference backend; any error ends the test. */
#ifndef SDBENCH_TESTS_OP_ON_REFERENCE_H
#define SDBENCH_TESTS_OP_ON_REFERENCE_H

#include "tests/op/run_graph.h"

/* ON_REFERENCE(g, n, {"x", x}, {"weight", w}), or {0} for no feed: the outputs, n floats in all, valid until the test
 * ends. Takes g. */
#define ON_REFERENCE(g, n, ...) on_reference((g), (n), (struct graph_run){.feed = {__VA_ARGS__}})
float *on_reference(struct graph *g, size_t n, struct graph_run how);

/* Ends the test where an element of y is not within `relative` of that of x, relative to the largest element of x. */
void expect_near(const char *what, const float *y, const float *x, size_t n, double relative);

/* 0, 1, 2, ...: elements that tell where they came from. */
void count_up(float *out, size_t n);

#endif
