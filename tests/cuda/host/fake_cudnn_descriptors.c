/* Descriptors: made, given attributes, finalized, asked. Their states and the statuses of their errors are cuDNN's. */
#include "tests/cuda/host/fake_cudnn.h"

#include <stdlib.h>
#include <string.h>

static const char descriptor_kind[] = "cuDNN descriptor";

struct descriptor *descriptor_known(const void *d)
{
    return d && fake_holds(descriptor_kind, d) ? (struct descriptor *)(uintptr_t)d : NULL;
}

struct descriptor *descriptor_final(const void *d, cudnnBackendDescriptorType_t kind)
{
    struct descriptor *known = descriptor_known(d);
    return known && known->kind == kind && known->final ? known : NULL;
}

static void leave(struct descriptor *d)
{
    if (--d->users)
        return;
    for (int i = 0; i < d->values; i++) {
        struct descriptor **of = d->value[i].data;
        if (d->value[i].type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
            for (int64_t e = 0; e < d->value[i].count; e++)
                leave(of[e]);
        free(d->value[i].data);
    }
    free(d->value);
    free(d->json);
    free(d);
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t kind, cudnnBackendDescriptor_t *out)
{
    CALL(FAKE_ASKS, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    REQUIRE(out, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    struct descriptor *d = calloc(1, sizeof *d);
    REQUIRE(d, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    d->kind = kind;
    d->users = 1;
    fake_hold(descriptor_kind, d, 0);
    *out = d;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t descriptor)
{
    enum fake_verdict verdict = fake_call(__func__, FAKE_RELEASES);
    REQUIRE(descriptor && fake_let_go(descriptor_kind, descriptor), CUDNN_STATUS_BAD_PARAM);
    leave(descriptor);
    return verdict == FAKE_GOES_ON ? CUDNN_STATUS_SUCCESS : CUDNN_STATUS_EXECUTION_FAILED_CUDART;
}

static struct value *find(const struct descriptor *d, int attribute)
{
    for (int i = 0; i < d->values; i++)
        if (d->value[i].attribute == attribute)
            return &d->value[i];
    return NULL;
}

const void *value_of(const struct descriptor *d, int attribute, int64_t *count)
{
    const struct value *v = find(d, attribute);
    if (v && count)
        *count = v->count;
    return v ? v->data : NULL;
}

struct descriptor *value_descriptor(const struct descriptor *d, int attribute)
{
    struct descriptor *const *first = value_of(d, attribute, NULL);
    return first ? *first : NULL;
}

int64_t value_number(const struct descriptor *d, int attribute, int64_t otherwise)
{
    const struct value *v = find(d, attribute);
    size_t bytes = v ? attribute_bytes(v->type) : 0;
    int64_t wide = 0;
    if (v)
        memcpy(&wide, v->data, bytes); /* little endian; enumerations are not negative */
    return v ? wide : otherwise;
}

double value_real(const struct descriptor *d, int attribute, double otherwise)
{
    const struct value *v = find(d, attribute);
    if (!v)
        return otherwise;
    return v->type == CUDNN_TYPE_FLOAT ? (double)*(const float *)v->data : *(const double *)v->data;
}

cudnnStatus_t value_set(struct descriptor *d, int attribute, int type, int64_t count, const void *elements,
                        size_t bytes)
{
    struct value *v = find(d, attribute);
    void *data = malloc((size_t)count * bytes + 1); /* and a NUL behind text */
    struct descriptor *const *of = elements;
    REQUIRE(data, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    memcpy(data, elements, (size_t)count * bytes);
    ((char *)data)[(size_t)count * bytes] = 0;
    if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
        for (int64_t i = 0; i < count; i++)
            of[i]->users++;
    if (v) {
        struct descriptor **before = v->data;
        if (v->type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
            for (int64_t i = 0; i < v->count; i++)
                leave(before[i]);
        free(v->data);
    } else {
        struct value *more = realloc(d->value, (size_t)(d->values + 1) * sizeof *more);
        if (!more)
            abort();
        d->value = more;
        v = &d->value[d->values++];
    }
    *v = (struct value){attribute, type, count, data};
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void *elements)
{
    CALL(FAKE_ASKS, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    struct descriptor *d = descriptor_known(descriptor);
    REQUIRE(d, CUDNN_STATUS_BAD_PARAM);
    REQUIRE(!d->final, CUDNN_STATUS_BAD_PARAM);
    const struct attribute *a = attribute_find(d->kind, (int)name, (int)type);
    REQUIRE(a && a->access & SET, CUDNN_STATUS_BAD_PARAM);
    REQUIRE(a->type == (int)type, CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
    REQUIRE(count >= (a->most == 1) && count <= a->most, CUDNN_STATUS_BAD_PARAM);
    REQUIRE(elements || !count, CUDNN_STATUS_BAD_PARAM_NULL_POINTER);
    void *const *of = elements;
    if (type == CUDNN_TYPE_BACKEND_DESCRIPTOR)
        for (int64_t i = 0; i < count; i++) {
            REQUIRE(descriptor_known(of[i]), CUDNN_STATUS_BAD_PARAM);
            REQUIRE(descriptor_known(of[i])->final, CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED);
        }
    if (type == CUDNN_TYPE_HANDLE)
        REQUIRE(handle_open(*(const cudnnHandle_t *)elements), CUDNN_STATUS_BAD_PARAM);
    return value_set(d, a->name, a->type, count, elements, attribute_bytes(a->type));
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor)
{
    CALL(FAKE_ASKS, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    struct descriptor *d = descriptor_known(descriptor);
    REQUIRE(d && !d->final, CUDNN_STATUS_BAD_PARAM);
    const struct attribute *missing = attribute_missing(d);
    if (missing)
        return fail(CUDNN_STATUS_BAD_PARAM, "attribute %d of descriptor %d was not set", missing->name, (int)d->kind);
    PASS(finalize(d));
    d->final = true;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t requested, int64_t *count,
                                       void *elements)
{
    CALL(FAKE_ASKS, CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED);
    struct descriptor *d = descriptor_known(descriptor);
    REQUIRE(d, CUDNN_STATUS_BAD_PARAM);
    REQUIRE(d->final, CUDNN_STATUS_NOT_INITIALIZED);
    const struct attribute *a = attribute_find(d->kind, (int)name, (int)type);
    REQUIRE(a && a->access & GET, CUDNN_STATUS_BAD_PARAM);
    REQUIRE(a->type == (int)type, CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE);
    REQUIRE(requested >= 0 && (elements || !requested), CUDNN_STATUS_BAD_PARAM);
    cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
    int64_t there = 0;
    if (!computed(d, a->name, requested, &there, elements, &status)) {
        const struct value *v = find(d, a->name);
        there = v ? v->count : 0;
        int64_t n = there < requested ? there : requested;
        if (v && n)
            memcpy(elements, v->data, (size_t)n * attribute_bytes(a->type));
        there = requested ? n : there;
    }
    if (count)
        *count = there;
    return status;
}
