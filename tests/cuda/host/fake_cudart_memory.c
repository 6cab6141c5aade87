/* Memory. A block of "device memory" is host memory that ends at a page which may not be touched; the bytes around it
 * are checked when it is freed. Its first content is 0xff, a NaN in every type, so that what is used without having
 * been written shows. Pinned memory is made the same way. */
#include "tests/cuda/host/fake_cudart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, ALIGNMENT = 256, MARK = 0xa5, POISON = 0xff };

struct block {
    struct block *next;
    const char *what;
    char *map, *at; /* map: a page without access, marks, the block, marks, a page without access */
    size_t mapped, bytes;
    int device;
};
static struct block *blocks;
static const char device_memory[] = "device memory", pinned_memory[] = "pinned memory";

static size_t up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

static void mark(const struct block *b, bool check)
{
    char *from[2] = {b->map + PAGE, b->at + b->bytes}, *to[2] = {b->at, b->map + b->mapped - PAGE};
    for (int side = 0; side < 2; side++)
        for (char *p = from[side]; p < to[side]; p++) {
            if (check && (unsigned char)*p != MARK) {
                fprintf(stderr, "fake: written %s a block of %zu bytes of %s\n", side ? "behind" : "before", b->bytes,
                        b->what);
                abort();
            }
            *p = (char)MARK;
        }
}

static size_t used(int device)
{
    size_t sum = 0;
    for (const struct block *b = blocks; b; b = b->next)
        if (b->what == device_memory && b->device == device)
            sum += b->bytes;
    return sum;
}

static cudaError_t allocate(void **out, size_t bytes, const char *what)
{
    REQUIRE(out, cudaErrorInvalidValue);
    *out = NULL;
    PASS(device_check());
    PASS(capture_forbids());
    if (!bytes)
        return cudaSuccess;
    lock();
    size_t room = settings.device.memory - used(device_index());
    unlock();
    REQUIRE(bytes < SIZE_MAX / 2 && (what == pinned_memory || bytes <= room), cudaErrorMemoryAllocation);
    struct block *b = malloc(sizeof *b);
    REQUIRE(b, cudaErrorMemoryAllocation);
    *b = (struct block){.what = what, .bytes = bytes, .device = device_index()};
    b->mapped = up(bytes, PAGE) + 2 * PAGE;
    b->map = mmap(NULL, b->mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (b->map == MAP_FAILED || mprotect(b->map + PAGE, b->mapped - 2 * PAGE, PROT_READ | PROT_WRITE)) {
        if (b->map != MAP_FAILED)
            munmap(b->map, b->mapped);
        free(b);
        return error_is(cudaErrorMemoryAllocation);
    }
    b->at = b->map + b->mapped - PAGE - up(bytes, ALIGNMENT);
    mark(b, false);
    if (settings.computes)
        memset(b->at, POISON, bytes);
    lock();
    b->next = blocks;
    blocks = b;
    unlock();
    fake_hold(what, b->at, bytes);
    *out = b->at;
    return cudaSuccess;
}

/* `verdict` is the call's: the block is gone also where it failed. */
static cudaError_t release(void *at, const char *what, enum fake_verdict verdict)
{
    if (!at)
        return error_of(verdict, cudaSuccess);
    if (verdict == FAKE_GOES_ON)
        PASS(capture_forbids());
    lock();
    struct block **b = &blocks, *gone;
    while (*b && ((*b)->at != at || (*b)->what != what))
        b = &(*b)->next;
    gone = *b;
    if (gone)
        *b = gone->next;
    unlock();
    REQUIRE(gone, cudaErrorInvalidValue);
    fake_let_go(what, at);
    mark(gone, true);
    munmap(gone->map, gone->mapped);
    free(gone);
    return verdict == FAKE_GOES_ON ? cudaSuccess : error_of(verdict, cudaSuccess);
}

void memory_check(void)
{
    for (const struct block *b = blocks; b; b = b->next)
        mark(b, true);
}

/* The block of that kind, NULL for any, that has at least one of the bytes. */
static const struct block *block_at(const void *at, size_t bytes, const char *what)
{
    const char *p = at;
    const struct block *b;
    lock();
    for (b = blocks; b; b = b->next)
        if ((!what || b->what == what) && p < b->at + b->bytes && p + bytes > b->at)
            break;
    unlock();
    return b;
}

static const struct block *touched(const void *at, size_t bytes)
{
    return block_at(at, bytes, device_memory);
}

enum fake_memory fake_memory_of(const void *at)
{
    const struct block *b = block_at(at, 1, NULL);
    return !b ? FAKE_PAGEABLE : b->what == device_memory ? FAKE_DEVICE : FAKE_PINNED;
}

bool fake_device_range(const void *at, size_t bytes)
{
    const struct block *b = touched(at, bytes ? bytes : 1);
    const char *p = at;
    return b && p >= b->at && bytes <= b->bytes && p - b->at <= (ptrdiff_t)(b->bytes - bytes);
}

cudaError_t cudaMalloc(void **out, size_t bytes)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    return allocate(out, bytes, device_memory);
}

cudaError_t cudaFree(void *at)
{
    TOLD(__func__);
    return release(at, device_memory, fake_call(__func__, FAKE_RELEASES));
}

cudaError_t cudaHostAlloc(void **out, size_t bytes, unsigned flags)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    REQUIRE(!(flags & ~(unsigned)(cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined)),
            cudaErrorInvalidValue);
    return allocate(out, bytes, pinned_memory);
}

cudaError_t cudaMallocHost(void **out, size_t bytes)
{
    CALL(FAKE_ASKS, cudaErrorMemoryAllocation);
    return allocate(out, bytes, pinned_memory);
}

cudaError_t cudaFreeHost(void *at)
{
    TOLD(__func__);
    return release(at, pinned_memory, fake_call(__func__, FAKE_RELEASES));
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total)
{
    CALL(FAKE_ASKS, cudaErrorUnknown);
    PASS(device_check());
    REQUIRE(free_bytes && total, cudaErrorInvalidValue);
    lock();
    *total = settings.device.memory;
    *free_bytes = settings.device.memory - used(device_index());
    unlock();
    return cudaSuccess;
}

struct transfer {
    void *to;
    const void *from; /* NULL: a memset */
    size_t bytes;
    int value;
    enum cudaMemcpyKind kind;
};

/* Device sides lie within one allocation, host sides are not device memory. */
static cudaError_t transfer_check(const struct transfer *t)
{
    static const struct {
        int from, to; /* 1: the device, 0: the host, -1: either */
    } sides[] = {[cudaMemcpyHostToHost] = {0, 0},
                 [cudaMemcpyHostToDevice] = {0, 1},
                 [cudaMemcpyDeviceToHost] = {1, 0},
                 [cudaMemcpyDeviceToDevice] = {1, 1},
                 [cudaMemcpyDefault] = {-1, -1}};
    REQUIRE((unsigned)t->kind < sizeof sides / sizeof *sides, cudaErrorInvalidMemcpyDirection);
    const void *at[2] = {t->from, t->to};
    int side[2] = {sides[t->kind].from, sides[t->kind].to};
    for (int i = t->from ? 0 : 1; i < 2; i++) {
        bool touches = touched(at[i], t->bytes) != NULL;
        REQUIRE(at[i] && (side[i] != 1 || touches) && (side[i] != 0 || !touches), cudaErrorInvalidValue);
        REQUIRE(!touches || fake_device_range(at[i], t->bytes), cudaErrorInvalidValue);
    }
    return cudaSuccess;
}

/* In a graph the memory may be gone by now: then it is the device that faults. */
static void transfer_run(void *closure)
{
    const struct transfer *t = closure;
    if (transfer_check(t) != cudaSuccess)
        error_break(cudaErrorIllegalAddress);
    else if (t->from)
        memmove(t->to, t->from, t->bytes);
    else
        memset(t->to, t->value, t->bytes);
}

static cudaError_t transfer(struct transfer t, cudaStream_t stream)
{
    PASS(device_check());
    if (!t.bytes)
        return cudaSuccess;
    PASS(transfer_check(&t));
    struct transfer *kept = malloc(sizeof *kept);
    REQUIRE(kept, cudaErrorMemoryAllocation);
    *kept = t;
    return stream_work(stream, (struct work){.what = {t.from ? FAKE_COPY : FAKE_SET, .to = t.to, .from = t.from,
                                                      .bytes = t.bytes, .value = t.value},
                                             .run = transfer_run,
                                             .closure = kept,
                                             .drop = free});
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind, cudaStream_t stream)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    REQUIRE(from || !bytes, cudaErrorInvalidValue);
    return transfer((struct transfer){to, from, bytes, 0, kind}, stream);
}

cudaError_t cudaMemsetAsync(void *at, int value, size_t bytes, cudaStream_t stream)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    return transfer((struct transfer){at, NULL, bytes, value, cudaMemcpyHostToDevice}, stream);
}

/* On the legacy stream, and waiting. */
cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, enum cudaMemcpyKind kind)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    REQUIRE(from || !bytes, cudaErrorInvalidValue);
    PASS(capture_forbids());
    return transfer((struct transfer){to, from, bytes, 0, kind}, cudaStreamLegacy);
}

cudaError_t cudaMemset(void *at, int value, size_t bytes)
{
    CALL(FAKE_WORKS, cudaErrorUnknown);
    PASS(capture_forbids());
    return transfer((struct transfer){at, NULL, bytes, value, cudaMemcpyHostToDevice}, cudaStreamLegacy);
}
