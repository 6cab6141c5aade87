/* choose_<op>: one for each operation but views, in the file of a backend that says how it is computed. Each sets all
 * of *out; on an error nothing is left to free. The backend says what a struct site is. */
#ifndef SDBENCH_RUNTIME_CHOOSE_H
#define SDBENCH_RUNTIME_CHOOSE_H

#include "pipeline/runtime/kernel.h"

struct site;

#define CHOOSE_VIEW(name)
#define CHOOSE_LOAD(name)
#define CHOOSE_PRODUCT(name)            struct err choose_##name(const struct site *s, struct kernel *out);
#define CHOOSE_NORM                     CHOOSE_PRODUCT
#define CHOOSE_ELEMENTWISE              CHOOSE_PRODUCT
#define CHOOSE_MOVE                     CHOOSE_PRODUCT
#define OP(name, kind, inputs, summary) CHOOSE_##kind(name)
#include "pipeline/graph/ops.def"
#undef OP
#undef CHOOSE_VIEW
#undef CHOOSE_LOAD
#undef CHOOSE_PRODUCT

#define CHOOSE_VIEW(name)    NULL
#define CHOOSE_LOAD(name)    NULL
#define CHOOSE_PRODUCT(name) choose_##name

/* The one of the site's operation. */
static inline struct err choose_kernel(const struct site *s, enum op op, struct kernel *out)
{
    static struct err (*const choose[OP_COUNT])(const struct site *, struct kernel *) = {
#define OP(name, kind, inputs, summary) [OP_##name] = CHOOSE_##kind(name),
#include "pipeline/graph/ops.def"
#undef OP
    };
    return choose[op] ? choose[op](s, out) : err_fail("is a view: there is nothing to run");
}

#undef CHOOSE_VIEW
#undef CHOOSE_LOAD
#undef CHOOSE_PRODUCT
#undef CHOOSE_NORM
#undef CHOOSE_ELEMENTWISE
#undef CHOOSE_MOVE

#endif
