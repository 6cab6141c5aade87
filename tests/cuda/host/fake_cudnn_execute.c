/* Plans that run: addresses are checked, then the work goes to the handle's stream. */
#include "tests/cuda/host/fake_cudnn.h"

#include <stdlib.h>

struct run {
    struct made made;
    struct addresses at;
};

static void run(void *closure)
{
    const struct run *r = closure;
    if (r->made.problem.kind == PROBLEM_conv)
        conv_run(&r->made, &r->at);
    else
        attention_run(&r->made, &r->at);
}

/* An address by its tensor's number, or the reason why it cannot be used. */
static cudnnStatus_t address(const struct descriptor *pack, const struct tensor *t, void **out)
{
    int64_t count = 0, bytes = (int64_t)fake_bytes(t->type), last = 0;
    const int64_t *id = value_of(pack, CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, &count);
    void *const *pointer = value_of(pack, CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, NULL);
    *out = NULL;
    for (int64_t i = 0; i < count; i++)
        if (id[i] == t->uid)
            *out = pointer[i];
    if (!*out)
        return fail(CUDNN_STATUS_BAD_PARAM_NULL_POINTER, "no address for tensor %lld", (long long)t->uid);
    if ((uintptr_t)*out % (uintptr_t)t->alignment)
        return fail(CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER, "address of tensor %lld", (long long)t->uid);
    for (int i = 0; i < RANK; i++)
        last += (t->dim[i] - 1) * t->stride[i];
    if (!t->by_value && !fake_device_range(*out, (size_t)((last + 1) * bytes)))
        return fail(CUDNN_STATUS_EXECUTION_FAILED, "tensor %lld is not in device memory", (long long)t->uid);
    return CUDNN_STATUS_SUCCESS;
}

static cudnnStatus_t addresses(const struct descriptor *pack, struct run *r)
{
    const struct problem *p = &r->made.problem;
    for (int i = 0; i < (p->kind == PROBLEM_conv ? Y + 1 : TENSORS); i++)
        PASS(address(pack, &p->t[i], &r->at.t[i]));
    for (int i = 0; i < p->addends; i++)
        PASS(address(pack, &p->addend[i], &r->at.addend[i]));
    if (p->kind == PROBLEM_attention && p->t[FACTOR].by_value) /* now; in device memory, when it runs */
        r->at.factor = *(const float *)r->at.t[FACTOR];
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack)
{
    CALL(FAKE_WORKS, CUDNN_STATUS_EXECUTION_FAILED);
    const struct descriptor *p = descriptor_final(plan, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    const struct descriptor *v = descriptor_final(pack, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    REQUIRE(handle_open(handle), CUDNN_STATUS_NOT_INITIALIZED);
    REQUIRE(p && v, CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED);
    struct run r = {.made = p->made};
    PASS(addresses(v, &r));
    size_t needed = engine_workspace(&p->made);
    void *const *workspace = value_of(v, CUDNN_ATTR_VARIANT_PACK_WORKSPACE, NULL);
    REQUIRE(!needed || (workspace && *workspace), CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    REQUIRE(!needed || fake_device_range(*workspace, needed), CUDNN_STATUS_EXECUTION_FAILED);
    struct run *kept = malloc(sizeof *kept);
    REQUIRE(kept, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    *kept = r;
    const char *name = r.made.problem.kind == PROBLEM_conv ? "cudnn_conv" : "cudnn_attention";
    if (fake_enqueue(handle_stream(handle), name, run, kept, free) != cudaSuccess)
        return fail(CUDNN_STATUS_EXECUTION_FAILED_CUDART, "the stream refused the work");
    return CUDNN_STATUS_SUCCESS;
}
