/* What is known of a piece of device work, as the JSON object that a viewer shows of a slice. */
#ifndef SDBENCH_PROFILER_EXPORT_KERNEL_ARGS_H
#define SDBENCH_PROFILER_EXPORT_KERNEL_ARGS_H

#include "pipeline/base/text.h"
#include "profiler/trace/trace.h"

/* Texts of a trace as JSON, each made once. */
struct quoted_texts {
    const struct trace *trace;
    char **json;
    bool no_memory;
};
struct err quoted_texts_make(const struct trace *t, struct quoted_texts *out);
const char *quoted_text(struct quoted_texts *q, uint32_t text); /* never NULL: "\"\"" without memory */
void quoted_texts_free(struct quoted_texts *q);

/* `out` is emptied first. What is not known is absent; costs are of all kernels of the launch together. */
void kernel_args(struct quoted_texts *q, const struct activity *a, struct text *out);

#endif
