/* An engine: a checkpoint, a variant and a backend, which together turn graphs into loaded plans. */
#ifndef SDBENCH_ENGINE_H
#define SDBENCH_ENGINE_H

#include "pipeline/preset.h"
#include "pipeline/runtime/plan.h"
#include "variants/variant.h"

#include <stdbool.h>

/* What to open. NULL or 0 where nothing is said: then as sdbench's defaults say. */
struct engine_options {
    const char *model;     /* "sd14", "tiny" (synthetic weights), a diffusers folder, or a CompVis .safetensors file */
    uint64_t weights_seed; /* of synthetic weights */
    const char *backend;   /* "auto": cuda where a device answers, else cpu */
    const char *variant;   /* "fused-mixed" where the machine has 16-bit products, else "fused" */
    const char *without, *with; /* passes, comma-separated */
    int threads;           /* 0: one a core */
    const char *device;    /* see struct backend_options; NULL: the first */
    double tune_seconds;   /* where has_tune_seconds; else the backend's default */
    bool has_tune_seconds;
    const char *plan_file, *save_plan; /* choices to take, and where to write those that were made; NULL: none */
    bool force;            /* run emulated what the machine has no instructions for */
    bool no_weights;       /* plans only: nothing is read, nothing can run */
};

/* How a long call gets on: what is being done, and how much of it. Returning false cancels (ERR_CANCELLED). */
struct engine_progress {
    bool (*report)(void *context, const char *what, uint64_t done, uint64_t total);
    void *context;
};

struct engine;

struct err engine_open(const struct engine_options *o, const struct engine_progress *p, struct engine **out);
void engine_free(struct engine *e);

/* The graph through the variant's passes, kernels chosen, memory planned; takes g. */
struct err engine_plan(struct engine *e, struct graph *g, struct plan **out);

/* Whether the variant runs a pass here: for what a pass does around the graph. */
bool engine_runs_pass(const struct engine *e, const char *pass);

/* Whether these plans' weights and the largest of their arenas fit the memory that is free; an error (ERR_MEMORY) has the figures. */
struct err engine_check_memory(const struct engine *e, struct plan *const plan[], int count, const char *what);

/* Once all graphs are planned, where nothing will be loaded (engine_load does it too): writes the choices that were made. */
struct err engine_keep_choices(const struct engine *e);

/* Packs the weights of the plans and binds them to one arena, theirs in turn: what one left there the next overwrites. */
struct err engine_load(struct engine *e, struct plan *const plan[], int count);

/* The same with made-up weights, for timing: needs no checkpoint. */
struct err engine_load_made_up(struct engine *e, struct plan *const plan[], int count);

/* The checkpoint is not needed any more: unmaps it. */
void engine_close_weights(struct engine *e);

const struct model_config *engine_config(const struct engine *e);
const struct variant *engine_variant(const struct engine *e);
const struct backend *engine_backend(const struct engine *e);
void *engine_state(const struct engine *e); /* the open backend's, for plans made without the engine */
uint64_t engine_weight_bytes(const struct engine *e); /* of the checkpoint's files */
bool engine_is_synthetic(const struct engine *e);
bool engine_device(const struct engine *e, struct device_facts *out); /* false where the backend is the host */
void engine_describe(const struct engine *e, struct text *out); /* the backend's line */
bool engine_report(const struct engine *e, const char *what, uint64_t done, uint64_t total);

#endif
