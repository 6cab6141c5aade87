#include "pipeline/runtime/null/null.h"

#include <stdio.h>

#include "pipeline/runtime/host.h"

static struct err null_open(const struct backend_options *options, void **state)
{
    (void)options;
    *state = NULL;
    return OK;
}

static void null_close(void *state)
{
    (void)state;
}

static void null_describe(void *state, struct text *out)
{
    (void)state;
    text_add(out, "computes nothing");
}

static struct err null_check_half(void *state)
{
    (void)state;
    return OK;
}

static struct err kernel_bind(void *own, const struct binding *b)
{
    (void)own, (void)b;
    return OK;
}

static struct err kernel_run(void *own)
{
    (void)own;
    return OK;
}

static void kernel_free(void *own)
{
    (void)own;
}

static struct err null_choose(void *state, const struct graph *g, node_id node, struct kernel *out)
{
    static const struct kernel_class class = {NULL, kernel_bind, kernel_run, kernel_free};
    (void)state;
    *out = (struct kernel){.class = &class};
    snprintf(out->name, sizeof out->name, "%s nothing", ops[g->node[node].op].name);
    return OK;
}

const struct backend backend_null = {
    .name = "null",
    .summary = "does nothing, correctly: measures the harness itself",
    .half = DTYPE_bf16,
    .computes = false,
    .open = null_open,
    .close = null_close,
    .describe = null_describe,
    .check_half = null_check_half,
    .free_bytes = host_free_bytes,
    .allocate = host_allocate,
    .release = host_release,
    .copy_in = host_copy_in,
    .copy_out = host_copy_out,
    .choose = null_choose,
};
