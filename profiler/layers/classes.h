/* The class of a row of a profile: what sort of work it is. */
#ifndef SDBENCH_PROFILER_LAYERS_CLASSES_H
#define SDBENCH_PROFILER_LAYERS_CLASSES_H

#include "pipeline/graph/graph.h"
#include "profiler/trace/trace.h"

enum layer_class {
#define CLASS(name, title) CLASS_##name,
#include "profiler/layers/classes.def"
#undef CLASS
    CLASS_COUNT
};
struct layer_class_row {
    const char *name, *title; /* title: for tables */
};
extern const struct layer_class_row layer_classes[CLASS_COUNT];

enum layer_class layer_class_of_op(enum op op);

/* Of device work of a kind, for launch (an index of the trace's; -1: none is known). */
enum layer_class layer_class_of_work(const struct trace *t, enum activity_kind kind, int32_t launch);

#endif
