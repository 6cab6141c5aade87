#include "profiler/layers/classes.h"

const struct layer_class_row layer_classes[CLASS_COUNT] = {
#define CLASS(name, title) [CLASS_##name] = {#name, title},
#include "profiler/layers/classes.def"
#undef CLASS
};

static const enum layer_class of_op[OP_COUNT] = {
#define OP_CLASS(op, class) [OP_##op] = CLASS_##class,
#include "profiler/layers/op_classes.def"
#undef OP_CLASS
};

/* The compiler refuses an operation that has two rows, and so as many rows as operations are one for each. */
enum {
    ROWS = 0
#define OP_CLASS(op, class) +1
#include "profiler/layers/op_classes.def"
#undef OP_CLASS
};
_Static_assert(ROWS == (int)OP_COUNT, "profiler/layers/op_classes.def lacks an operation of pipeline/graph/ops.def");

enum layer_class layer_class_of_op(enum op op)
{
    return of_op[op];
}

enum layer_class layer_class_of_work(const struct trace *t, enum activity_kind kind, int32_t launch)
{
    if (kind == ACTIVITY_copy || kind == ACTIVITY_set)
        return CLASS_transfer;
    if (kind != ACTIVITY_kernel)
        return CLASS_unclassified;
    return launch >= 0 ? of_op[t->launch[launch].op] : CLASS_unattributed;
}
