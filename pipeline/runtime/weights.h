/* Parameters on their way from a checkpoint into a kernel's packed form. */
#ifndef SDBENCH_RUNTIME_WEIGHTS_H
#define SDBENCH_RUNTIME_WEIGHTS_H

#include "pipeline/graph/graph.h"

/* A tensor as it is stored: f32, f16 or bf16, dense rows. */
struct weight {
    const char *name;
    enum dtype dtype;
    int64_t count;
    const void *data;
};

/* Where weights come from. find checks that the name exists and that its values are finite; release says that the
 * last reader is done, so that its pages may go. */
struct weight_source {
    void *context;
    struct err (*find)(void *context, const char *name, struct weight *out);
    void (*release)(void *context, const struct weight *w);
    void (*expect)(void *context, const char *name); /* will be found soon: reading may begin; NULL: nothing to do */
};

/* Memory for what is made of weights on their way. It is used again for the next tensor: touching new memory can cost
 * more than what is done with it. A zeroed one is empty; loader_end frees it. */
struct loader_spare {
    void *memory;
    size_t bytes;
    bool taken;
};

/* What a kernel's load function gets. Only one thread may use it. */
struct loader {
    const struct graph *graph;
    const struct weight_source *source;
    struct loader_spare *spare;
};
void loader_end(struct loader_spare *spare);

/* A load-rate value on the host, ready to be packed. Its dtype is f32 or bf16 and may differ from the value's: the
 * packing converts (rounding to nearest even), so that a cast costs no pass of its own. float16 is converted here. */
struct host_tensor {
    enum dtype dtype;
    int64_t count;
    const void *data;
    struct weight weight;
    void *owned; /* a conversion of ours (malloc'ed, or the spare memory), or NULL */
};

/* Between get and done the data stays readable. Nodes at load rate other than casts and
 * those of KIND_LOAD are refused by name. On an error loader_done is still owed. */
struct err loader_get(const struct loader *l, value_id v, struct host_tensor *out);
void loader_done(const struct loader *l, struct host_tensor *t);

/* The same, but float16 stays as it is stored: for backends that convert on their device. */
struct err loader_get_stored(const struct loader *l, value_id v, struct host_tensor *out);

/* What stands behind a chain of casts. */
value_id loader_origin(const struct graph *g, value_id v);

/* Tells the source which tensors stand behind a node's inputs. */
void loader_expect(const struct loader *l, const struct node *n);

/* The same as `count` float32 values into out, rounded through the value's dtype; get and done in one. */
struct err loader_copy_f32(const struct loader *l, value_id v, float *out);

#endif
