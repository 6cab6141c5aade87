#include "pipeline/runtime/cuda/staging.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/phase.h"
#include "pipeline/runtime/cuda/check.h"
#include "pipeline/runtime/cuda/kernels/launch.h"

struct staging {
    cudaStream_t stream;
    int next;
    struct buffer {
        void *host;       /* pinned */
        void *device;     /* the same bytes, before they are cast */
        cudaEvent_t free; /* both may be written again */
    } buffer[STAGING_BUFFERS];
};

static struct err open_buffer(struct buffer *b)
{
    TRY(cuda_check(cudaMallocHost(&b->host, STAGING_BYTES), "allocating pinned memory for weights"));
    TRY(cuda_check(cudaMalloc(&b->device, STAGING_BYTES), "allocating device memory for weights on their way"));
    return cuda_check(cudaEventCreateWithFlags(&b->free, cudaEventDisableTiming), "creating an event");
}

struct err staging_open(cudaStream_t stream, struct staging **out)
{
    *out = calloc(1, sizeof **out);
    if (!*out)
        return err_fail("out of memory");
    (*out)->stream = stream;
    return OK;
}

void staging_release(struct staging *s)
{
    for (int i = 0; i < STAGING_BUFFERS; i++) {
        struct buffer *b = &s->buffer[i];
        if (b->free) {
            cudaEventSynchronize(b->free);
            cudaEventDestroy(b->free);
        }
        if (b->device)
            cudaFree(b->device);
        if (b->host)
            cudaFreeHost(b->host);
        *b = (struct buffer){0};
    }
}

void staging_close(struct staging *s)
{
    if (s)
        staging_release(s);
    free(s);
}

/* `bytes` to the device by the next buffer, then, where they have to change, into their place. */
static struct err send(struct staging *s, const void *host, size_t bytes, bool as_they_are, struct pack *pack)
{
    struct buffer *b = &s->buffer[s->next];
    s->next = (s->next + 1) % STAGING_BUFFERS;
    if (!b->free)
        TRY(open_buffer(b));
    TRY(cuda_check(cudaEventSynchronize(b->free), "waiting for weights to arrive"));
    memcpy(b->host, host, bytes);
    void *to = as_they_are ? pack->y : b->device;
    TRY(cuda_check(cudaMemcpyAsync(to, b->host, bytes, cudaMemcpyHostToDevice, s->stream), "sending weights"));
    pack->stored = b->device;
    if (!as_they_are)
        TRY(cuda_check(launch_pack(pack, s->stream), "packing weights"));
    return cuda_check(cudaEventRecord(b->free, s->stream), "sending weights");
}

static struct err send_rows(struct staging *s, const void *host, enum dtype stored, void *to, enum dtype dtype,
                            int64_t outer, int64_t middle, int64_t inner)
{
    bool moves = middle > 1 && inner > 1;
    if (!moves) { /* a list of values, which may be cut anywhere */
        outer *= middle * inner;
        middle = inner = 1;
    }
    const int64_t row = middle * inner, stored_row = row * (int64_t)dtypes[stored].bytes;
    const int64_t rows = STAGING_BYTES / stored_row;
    if (rows < 1)
        return err_fail("one row of a weight has %lld bytes: too many", (long long)stored_row);
    for (int64_t at = 0; at < outer; at += rows) {
        int64_t n = outer - at < rows ? outer - at : rows;
        struct pack pack = {.read = stored,
                            .write = dtype,
                            .outer = n,
                            .middle = middle,
                            .inner = inner,
                            .y = (char *)to + at * row * (int64_t)dtypes[dtype].bytes};
        TRY(send(s, (const char *)host + at * stored_row, (size_t)(n * stored_row), !moves && stored == dtype, &pack));
    }
    return OK;
}

struct err staging_send(struct staging *s, const void *host, enum dtype stored, void *to, enum dtype dtype,
                        int64_t outer, int64_t middle, int64_t inner)
{
    enum phase before = phase_enter(PHASE_upload);
    struct err e = send_rows(s, host, stored, to, dtype, outer, middle, inner);
    phase_add_bytes((uint64_t)(outer * middle * inner) * dtypes[stored].bytes);
    phase_return(before);
    return e;
}
