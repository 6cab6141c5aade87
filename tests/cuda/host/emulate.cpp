/* The scheduler of emulated blocks.
 *
 * A thread runs on a fiber until it waits, and whoever stops running picks the next of the block's ready threads,
 * without a detour. A fiber whose thread has ended takes up the next one that has not begun, so a kernel without
 * barriers needs one fiber and no switches. Whoever arrives last at a barrier makes all of them ready again: one switch
 * for each thread and barrier, and one for each lane and shuffle. */
#include "tests/cuda/host/emulate.h"

#include <link.h>
#include <mutex>
#include <stdio.h>

#include "tests/cuda/host/fiber.h"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace emulated
{
namespace
{

enum { THREADS = 1024, LANES = 32, GRID_YZ = 65535, SHARED_MOST = 227 << 10 };
enum { POISON = 0xCD, STACK_RESERVE = 1 << 10 };
/* Bytes past the shared memory that must stay poison. AddressSanitizer itself guards the end of a block of memory. */
#ifdef __SANITIZE_ADDRESS__
enum { GUARD_BYTES = 0 };
#else
enum { GUARD_BYTES = 64 };
#endif

enum state { READY, AT_BARRIER, IN_WARP, ENDED };
struct thread_state {
    fiber *on; /* NULL before it begins */
    state is;
    int line; /* where it waits */
};
struct warp_state {
    unsigned there, waiting; /* lanes that the block has; lanes that wait for others */
    uint64_t value[LANES], result[LANES];
    int from[LANES];
    unsigned mask[LANES];
    exchange kind[LANES];
};

/* The launch that runs. Static shared memory is the process's, so there is one at a time. */
std::mutex one_launch;
const launch *now;
void (*body)(const void *);
const void *body_closure;
uint3 index_of[THREADS];
unsigned count; /* threads of a block */
char *shared;
void *static_shared;
size_t static_shared_bytes;

/* The block that runs. Of `ready` the last is next. */
thread_state threads[THREADS];
warp_state warps[THREADS / LANES];
unsigned ready[THREADS], ready_count, arrived, ended;

fiber fibers[FIBERS], system_thread;
unsigned fiber_count;
fiber *idle, *running, *last;

uint64_t random_state; /* 0: in order */

uint64_t draw(uint64_t below)
{
    random_state ^= random_state << 13; /* Marsaglia's xorshift with the shifts 13, 7, 17 */
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 16) % below;
}

[[noreturn]] void fail(const char *what, int line)
{
    fprintf(stderr, "emulated CUDA: %s, block (%u,%u,%u)", now->kernel, blockIdx.x, blockIdx.y, blockIdx.z);
    if (line)
        fprintf(stderr, ", thread (%u,%u,%u), line %d", threadIdx.x, threadIdx.y, threadIdx.z, line);
    fprintf(stderr, ": %s\n", what);
    abort();
}

/* No thread can run and not all have ended. */
[[noreturn]] void fail_stuck()
{
    static const char *const names[] = {"ready", "wait at __syncthreads", "wait for lanes of their warp", "have ended"};
    unsigned in[4] = {0};
    for (unsigned t = 0; t < count; t++)
        in[threads[t].is]++;
    for (int s = AT_BARRIER; s <= ENDED; s++) {
        unsigned t = 0;
        while (t < count && threads[t].is != s)
            t++;
        if (t < count)
            fprintf(stderr, "emulated CUDA: %u of %u threads %s; thread %u, line %d\n", in[s], count, names[s], t,
                    threads[t].line);
    }
    fail("threads wait for others that never come", 0);
}

void set_thread(unsigned t)
{
    running->thread = t;
    threadIdx = index_of[t];
}

unsigned take_ready()
{
    if (ready_count == 0)
        fail_stuck();
    if (random_state) {
        unsigned i = (unsigned)draw(ready_count), t = ready[i];
        ready[i] = ready[--ready_count];
        return t;
    }
    return ready[--ready_count];
}

void switch_to(fiber *to)
{
    fiber *self = running;
    last = self;
    running = to;
    fiber_switch(self, to);
    fiber_arrived(self, last);
}

void run_fiber();

/* The fiber that thread t waits on, or one to begin on. */
fiber *fiber_for(unsigned t)
{
    if (threads[t].on)
        return threads[t].on;
    fiber *f = idle;
    if (f) {
        idle = f->next_idle;
    } else {
        f = &fibers[fiber_count];
        if (!fiber_make(f, fiber_count++, run_fiber))
            fail("no memory for a stack", 0);
    }
    f->thread = t;
    return f;
}

/* What a fiber does: threads, one after another, for as long as the process lives. */
void run_fiber()
{
    fiber *self = running;
    fiber_arrived(self, last);
    for (;;) {
        unsigned t = self->thread;
        set_thread(t);
        body(body_closure);
        threads[t].on = NULL;
        threads[t].is = ENDED;
        ended++;

        fiber *next = &system_thread;
        if (ended < count) {
            t = take_ready();
            self->thread = t;
            if (!threads[t].on)
                continue;
            next = threads[t].on;
        }
        self->next_idle = idle;
        idle = self;
        switch_to(next);
    }
}

/* The running thread waits, or lets others run first if it is ready itself. */
void leave()
{
    fiber *self = running;
    unsigned t = self->thread, next;
    if ((const char *)__builtin_frame_address(0) < (const char *)self->stack + STACK_RESERVE)
        fail("a thread needs more stack than there is (STACK_BYTES)", threads[t].line);
    threads[t].on = self;
    next = take_ready();
    if (next != t) {
        switch_to(fiber_for(next));
        threadIdx = index_of[t];
    }
}

void make_ready(unsigned t)
{
    threads[t].is = READY;
    ready[ready_count++] = t;
}

/* All lanes of the mask are there: each gets its result. */
void complete(warp_state *w, unsigned first, unsigned lane)
{
    unsigned mask = w->mask[lane], bits = 0;
    exchange kind = w->kind[lane];
    int line = threads[first + lane].line;
    for (unsigned left = mask; left; left &= left - 1) {
        unsigned l = (unsigned)__builtin_ctz(left);
        if (w->mask[l] != mask || w->kind[l] != kind || threads[first + l].line != line)
            fail("lanes of one warp wait for each other in different places or with different masks", line);
        if (kind == SHUFFLE && !(mask >> w->from[l] & 1))
            fail("a shuffle reads a lane that does not take part", line);
        bits |= (unsigned)(w->value[l] != 0) << l;
    }
    w->waiting &= ~mask;
    for (unsigned left = mask; left;) {
        unsigned l = 31 - (unsigned)__builtin_clz(left);
        left &= ~(1u << l);
        w->result[l] = kind == SHUFFLE ? w->value[w->from[l]] : bits;
        make_ready(first + l);
    }
}

void run_block()
{
    memset(shared, POISON, now->shared);
    if (static_shared_bytes)
        memset(static_shared, POISON, static_shared_bytes);
    arrived = ended = ready_count = 0;
    for (unsigned t = count; t-- > 0;) {
        threads[t].on = NULL;
        make_ready(t);
    }
    running = &system_thread;
    switch_to(fiber_for(take_ready()));
    for (int i = 0; i < GUARD_BYTES; i++)
        if ((unsigned char)shared[now->shared + i] != POISON)
            fail("writes past the shared memory that the launch asked for", 0);
}

void run_flat_block(uint64_t seed)
{
    uint64_t start = seed % count, step = seed ? count - 1 : 1; /* forwards, or backwards from anywhere */
    for (uint64_t i = 0; i < count; i++) {
        threadIdx = index_of[(start + i * step) % count];
        body(body_closure);
    }
}

uint64_t schedule_seed()
{
    const char *text = getenv("SDBENCH_SCHEDULE");
    return text ? strtoull(text, NULL, 10) * 0x9e3779b97f4a7c15 : 0; /* odd, so no seed but 0 becomes 0 */
}

#ifndef __SANITIZE_ADDRESS__
/* Where this library's thread-local variables are: static shared memory and, so that there always is one, `anchor`. */
int find_static_shared(dl_phdr_info *object, size_t, void *)
{
    static thread_local volatile char anchor;
    uintptr_t at = (uintptr_t)&one_launch - object->dlpi_addr;
    const ElfW(Phdr) *tls = NULL;
    bool ours = false;
    (void)anchor; /* the system makes the variables of a library when a thread first uses one */
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &object->dlpi_phdr[i];
        ours |= p->p_type == PT_LOAD && at - p->p_vaddr < p->p_memsz;
        if (p->p_type == PT_TLS)
            tls = p;
    }
    if (!ours || !tls)
        return 0;
    static_shared = object->dlpi_tls_data;
    static_shared_bytes = tls->p_memsz;
    return 1;
}
#endif

uint64_t common_divisor(uint64_t a, uint64_t b)
{
    return b ? common_divisor(b, a % b) : a;
}

} // namespace

cudaError_t check(const launch &l)
{
    const dim3 &g = l.grid, &b = l.block;
    bool fits = g.x && g.y && g.z && b.x && b.y && b.z && g.x <= INT32_MAX && g.y <= GRID_YZ && g.z <= GRID_YZ &&
                b.x <= THREADS && b.y <= THREADS && b.z <= 64 && (uint64_t)b.x * b.y * b.z <= THREADS &&
                l.shared <= SHARED_MOST;
    return fits ? cudaSuccess : cudaErrorInvalidConfiguration;
}

void run(const launch &l, void (*thread)(const void *), const void *closure)
{
    std::lock_guard<std::mutex> lock(one_launch);
    now = &l;
    body = thread;
    body_closure = closure;
    gridDim = l.grid;
    blockDim = l.block;
    count = l.block.x * l.block.y * l.block.z;
    for (unsigned t = 0; t < count; t++)
        index_of[t] = uint3{t % l.block.x, t / l.block.x % l.block.y, t / l.block.x / l.block.y};
    for (unsigned w = 0; w * LANES < count; w++)
        warps[w].there = count - w * LANES >= LANES ? ~0u : (1u << (count - w * LANES)) - 1;

    if (!l.flat && !(shared = static_cast<char *>(malloc(l.shared + GUARD_BYTES))))
        fail("no memory for shared memory", 0);
    if (shared)
        memset(shared + l.shared, POISON, GUARD_BYTES);
    static_shared_bytes = 0;
#ifndef __SANITIZE_ADDRESS__
    dl_iterate_phdr(find_static_shared, NULL);
#endif

    /* Blocks in the order start, start + step, ... of the grid's indices, which meets each once. */
    uint64_t blocks = (uint64_t)l.grid.x * l.grid.y * l.grid.z, start = 0, step = 1;
    random_state = schedule_seed();
    uint64_t seed = random_state;
    if (random_state) {
        start = draw(blocks);
        do
            step = 1 + draw(blocks);
        while (common_divisor(step, blocks) != 1);
    }
    for (uint64_t i = 0, b = start; i < blocks; i++, b = (b + step) % blocks) {
        blockIdx =
            uint3{(unsigned)(b % l.grid.x), (unsigned)(b / l.grid.x % l.grid.y), (unsigned)(b / l.grid.x / l.grid.y)};
        if (l.flat)
            run_flat_block(seed);
        else
            run_block();
    }
    free(shared);
    shared = NULL;
}

void *shared_memory()
{
    if (now->flat)
        fail("shared memory in a launch without any", 0);
    return shared;
}

int lane()
{
    if (now->flat)
        fail("a shuffle in a launch whose threads run one after another", 0);
    return (int)(running->thread % LANES);
}

void barrier(int line)
{
    if (now->flat)
        fail("a barrier in a launch whose threads run one after another", line);
    thread_state *self = &threads[running->thread];
    self->is = AT_BARRIER;
    self->line = line;
    if (++arrived == count) {
        arrived = 0;
        for (unsigned t = count; t-- > 0;) {
            if (threads[t].line != line)
                fail("threads of one block wait at different barriers", line);
            make_ready(t);
        }
    }
    leave();
}

uint64_t warp(exchange kind, unsigned mask, uint64_t value, int from, int line)
{
    if (now->flat)
        fail("a shuffle in a launch whose threads run one after another", line);
    unsigned t = running->thread, lane = t % LANES;
    warp_state *w = &warps[t / LANES];
    if (!(mask >> lane & 1))
        fail("a lane that its own mask leaves out", line);
    mask &= w->there;
    threads[t].is = IN_WARP;
    threads[t].line = line;
    w->value[lane] = value;
    w->from[lane] = from;
    w->mask[lane] = mask;
    w->kind[lane] = kind;
    w->waiting |= 1u << lane;
    if ((w->waiting & mask) == mask)
        complete(w, t - lane, lane);
    leave();
    return w->result[lane];
}

} // namespace emulated
