#include "pipeline/runtime/cuda/cuda.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/base/phase.h"
#include "pipeline/runtime/cuda/compat.h"
#include "pipeline/runtime/cuda/described.h"
#include "pipeline/runtime/cuda/recorded_nodes.h"
#include "pipeline/runtime/cuda/recording.h"

static struct err open_described(struct cuda *c)
{
    char json[1024];
    described_device_json(c->device.described, json, sizeof json);
    return dnn_open_described(json, &c->dnn);
}

static struct err open_real(struct cuda *c)
{
    TRY(cuda_check(cudaStreamCreateWithFlags(&c->stream, cudaStreamNonBlocking), "creating a stream"));
    TRY(dnn_open(c->stream, &c->dnn));
    TRY(cublas_check(cublasLtCreate(&c->products), "opening the library"));
    TRY(timing_open(c->stream, &c->timing));
    return staging_open(c->stream, &c->staging);
}

static void add_versions(struct text *out)
{
    const size_t lt = cublasLtGetVersion();
    text_add(out, "CUDA %d.%d, cuDNN %s, cuBLASLt %zu.%zu.%zu", CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10,
             dnn_version(), lt / 10000, lt / 100 % 100, lt % 100);
}

static struct err cuda_check_libraries(struct text *versions)
{
    add_versions(versions);
    TRY(dnn_check_parts());
    if (dlopen(NVRTC, RTLD_LAZY | RTLD_LOCAL))
        return OK;
    return err_make(ERR_ABSENT, NVRTC
                    " is missing: cuDNN cannot compile its attention, which then takes two products and a softmax");
}

static void cuda_facts(void *state, struct device_facts *out)
{
    const struct cuda *c = state;
    struct text versions = {0};
    add_versions(&versions);
    *out = c->device.facts;
    snprintf(out->libraries, sizeof out->libraries, "%s", text_get(&versions));
    text_free(&versions);
}

static void cuda_close(void *state)
{
    struct cuda *c = state;
    if (!c)
        return;
    staging_close(c->staging);
    timing_close(c->timing);
    choices_close(c->choices);
    dnn_close(c->dnn);
    if (c->products)
        cublasLtDestroy(c->products);
    if (c->stream) /* the context stays: libraries keep things in it that a reset would pull away from under them */
        cudaStreamDestroy(c->stream);
    free(c);
}

static struct err open_choices(struct cuda *c)
{
    struct device_facts f;
    cuda_facts(c, &f);
    return choices_open(&c->options, &c->device, f.libraries, &c->choices);
}

static struct err open_handles(struct cuda *c)
{
    enum phase before = phase_enter(PHASE_handles);
    struct err e = c->device.described ? open_described(c) : open_real(c);
    if (!e.code)
        e = open_choices(c);
    phase_return(before);
    return e;
}

static struct err cuda_open(const struct backend_options *options, void **state)
{
    struct cuda *c = calloc(1, sizeof *c);
    *state = NULL;
    if (!c)
        return err_fail("out of memory");
    c->options = *options;
    struct err e = device_open(options, &c->device);
    if (!e.code && options->tf32 && c->device.facts.capability < 80)
        e = err_make(ERR_ABSENT, "%s (sm_%d) has no TF32 arithmetic: chips from sm_80 on have", c->device.facts.name,
                     c->device.facts.capability);
    if (!e.code)
        e = open_handles(c);
    if (e.code) {
        cuda_close(c);
        return e;
    }
    *state = c;
    return OK;
}

static void cuda_describe(void *state, struct text *out)
{
    struct device_facts f;
    cuda_facts(state, &f);
    text_add(out, "%s%s%s, sm_%d, %d multiprocessors, %.1f GB%s%s, %s", f.name, *f.slice ? " slice " : "", f.slice,
             f.capability, f.multiprocessors, (double)f.memory_bytes * 1e-9, *f.driver ? ", driver " : "", f.driver,
             f.libraries);
    if (f.described)
        text_add(out, ", described: plans only");
    if (f.other_processes > 0)
        text_add(out, ", used by %d other process%s", f.other_processes, f.other_processes == 1 ? "" : "es");
    choices_describe(((const struct cuda *)state)->choices, out);
}

static struct err cuda_check_half(void *state)
{
    (void)state;
    return OK; /* every chip from sm_75 on multiplies float16 matrices */
}

/* Memory in which candidates were timed is free again for what was planned; loading needs some of its own. */
static uint64_t cuda_free_bytes(void *state)
{
    const struct cuda *c = state;
    timing_release(c->timing);
    const uint64_t all = device_free_bytes(&c->device);
    return all > STAGING_DEVICE_BYTES ? all - STAGING_DEVICE_BYTES : all > 0; /* 0: unknown */
}

static struct err no_device(const struct cuda *c)
{
    return err_make(ERR_ABSENT, "%s is only described: plans can be made for it, nothing can run",
                    c->device.facts.name);
}

static struct err cuda_allocate(void *state, size_t bytes, void **memory)
{
    const struct cuda *c = state;
    *memory = NULL;
    if (c->device.described)
        return no_device(c);
    if (!bytes)
        return OK;
    staging_release(c->staging); /* only loading needs it, and loading begins with an allocation */
    cudaError_t status = cudaMalloc(memory, bytes);
    if (status == cudaErrorMemoryAllocation) {
        const uint64_t left = device_free_bytes(&c->device);
        cudaGetLastError(); /* an allocation that failed leaves nothing behind but this */
        return err_make(
            ERR_MEMORY,
            "%.2f GB of device memory are needed, %.2f GB are free: choose a smaller --size or --batch, or end other "
            "processes on the device",
            (double)bytes * 1e-9, (double)left * 1e-9);
    }
    TRY(cuda_check(status, "allocating device memory"));
    struct err e = cuda_check(cudaMemsetAsync(*memory, 0, bytes, c->stream), "clearing device memory");
    if (e.code) {
        cudaFree(*memory);
        *memory = NULL;
    }
    return e;
}

static void cuda_release(void *state, void *memory, size_t bytes)
{
    (void)state, (void)bytes;
    if (memory)
        cudaFree(memory); /* which waits for what still uses it */
}

static struct err cuda_finish(void *state)
{
    const struct cuda *c = state;
    return c->device.described ? OK : cuda_check(cudaStreamSynchronize(c->stream), "waiting for the device");
}

static struct err cuda_copy_in(void *state, void *to, const void *host, size_t bytes)
{
    const struct cuda *c = state;
    TRY(cuda_check(cudaMemcpyAsync(to, host, bytes, cudaMemcpyHostToDevice, c->stream), "copying to the device"));
    return cuda_finish(state); /* the host's bytes are the caller's again */
}

static struct err cuda_copy_out(void *state, void *host, const void *from, size_t bytes)
{
    const struct cuda *c = state;
    TRY(cuda_check(cudaMemcpyAsync(host, from, bytes, cudaMemcpyDeviceToHost, c->stream), "copying from the device"));
    return cuda_finish(state);
}

static struct err cuda_keep_choices(void *state)
{
    const struct cuda *c = state;
    timing_release(c->timing);
    return choices_keep(c->choices);
}

static struct err cuda_choose(void *state, const struct graph *g, node_id node, struct kernel *out)
{
    const struct site s = {state, g, &g->node[node]};
    *out = (struct kernel){0};
    for (int i = 0; i < s.node->n_inputs; i++)
        if (s.node->input[i] != NO_VALUE && site_input(&s, i)->dtype == DTYPE_bf16)
            return err_fail("input %d is bf16: the CUDA backend computes in f32 and f16", i);
    if (site_result(&s)->dtype == DTYPE_bf16)
        return err_fail("the result is bf16: the CUDA backend computes in f32 and f16");
    return choose_kernel(&s, s.node->op, out);
}

const struct backend backend_cuda = {
    .name = "cuda",
    .summary = "NVIDIA GPUs: cuDNN, cuBLASLt, kernels of our own, CUDA graphs",
    .half = DTYPE_f16,
    .computes = true,
    .has_tf32 = true,
    .long_sums = true,
    .stores_residual_half = true,
    .captures = true,
    .open = cuda_open,
    .close = cuda_close,
    .describe = cuda_describe,
    .check_half = cuda_check_half,
    .free_bytes = cuda_free_bytes,
    .allocate = cuda_allocate,
    .release = cuda_release,
    .copy_in = cuda_copy_in,
    .copy_out = cuda_copy_out,
    .choose = cuda_choose,
    .finish = cuda_finish,
    .record_begin = recording_begin,
    .record_end = recording_end,
    .recorded = recording_recorded,
    .replay = recording_replay,
    .forget = recording_forget,
#if CUDA_HAS_TOOLS_IDS
    .recorded_ids = recorded_node_ids,
#endif
    .device = cuda_facts,
    .check_libraries = cuda_check_libraries,
    .keep_choices = cuda_keep_choices,
};
