/* A backend cuda for tests of the command line where there is no GPU: it computes nothing, and is a device of which the
 * words in SDBENCH_TEST_DEVICE say:
 *
 *     absent    nothing answers        small    its memory is too small for float32      busy    others use it
 *     old       it has no TF32         slice    it is a part of a card
 *
 * What it was opened with stands in its description. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/runtime/null/null.h"

static struct backend_options options;

static bool is(const char *word)
{
    const char *words = getenv("SDBENCH_TEST_DEVICE");
    return words && strstr(words, word);
}

static struct err device_open(const struct backend_options *o, void **state)
{
    options = *o;
    *state = NULL;
    if (is("absent") && !(o->device && !strncmp(o->device, "sm_", 3)))
        return err_make(ERR_ABSENT, "no NVIDIA driver answers");
    if (is("old") && o->tf32)
        return err_make(ERR_ABSENT, "sm_75 has no TF32");
    return OK;
}

static const char * or (const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

static void device_describe(void *state, struct text *out)
{
    (void)state;
    text_add(out, "test device %s, %s, tuned %g s, plan %s, saved %s, libraries in %s", or (options.device, "first"),
             options.tf32 ? "tf32" : "ieee", options.tune_seconds, or (options.plan_file, "none"),
             or (options.save_plan, "nowhere"), or (getenv("SDBENCH_CUDA"), "no folder"));
}

/* Between what plans of `tiny` with 16-bit products need, for one image of 128x128, and what those without do. */
static uint64_t device_free_bytes(void *state)
{
    (void)state;
    return is("small") ? 5000000 : 8ull << 30;
}

static void device_facts(void *state, struct device_facts *out)
{
    (void)state;
    *out = (struct device_facts){.name = "Test Device",
                                 .capability = 90,
                                 .multiprocessors = 132,
                                 .memory_bytes = 8ull << 30,
                                 .driver = "600.00",
                                 .libraries = "CUDA 99.0, cuDNN 99.0.0",
                                 .bus = "0000:3b:00.0",
                                 .other_processes = is("busy") ? 2 : 0};
    if (is("slice"))
        snprintf(out->slice, sizeof out->slice, "1g.8gb");
}

static struct err device_check_half(void *state)
{
    return backend_null.check_half(state);
}

static struct err device_allocate(void *state, size_t bytes, void **memory)
{
    return backend_null.allocate(state, bytes, memory);
}

static void device_release(void *state, void *memory, size_t bytes)
{
    backend_null.release(state, memory, bytes);
}

static struct err device_copy_in(void *state, void *to, const void *host, size_t bytes)
{
    return backend_null.copy_in(state, to, host, bytes);
}

static struct err device_copy_out(void *state, void *host, const void *from, size_t bytes)
{
    return backend_null.copy_out(state, host, from, bytes);
}

static struct err device_choose(void *state, const struct graph *g, node_id node, struct kernel *out)
{
    return backend_null.choose(state, g, node, out);
}

static void device_close(void *state)
{
    backend_null.close(state);
}

static struct err device_check_libraries(struct text *versions)
{
    text_add(versions, "CUDA 99.0, cuDNN 99.0.0");
    return OK;
}

const struct backend backend_cuda = {
    .name = "cuda",
    .summary = "a device for tests",
    .half = DTYPE_f16,
    .computes = true,
    .has_tf32 = true,
    .stores_residual_half = true,
    .open = device_open,
    .close = device_close,
    .describe = device_describe,
    .check_half = device_check_half,
    .free_bytes = device_free_bytes,
    .allocate = device_allocate,
    .release = device_release,
    .copy_in = device_copy_in,
    .copy_out = device_copy_out,
    .choose = device_choose,
    .device = device_facts,
    .check_libraries = device_check_libraries,
};
