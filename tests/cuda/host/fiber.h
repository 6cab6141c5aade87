/* Fibers: stacks that take turns on one thread of the system. A switch saves what the calling convention lets a
 * function change only if it restores it, so the compiler sees an ordinary call. */
#ifndef SDBENCH_TESTS_CUDA_HOST_FIBER_H
#define SDBENCH_TESTS_CUDA_HOST_FIBER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

/* FIBER_UCONTEXT: the portable switch, which asks the system twice, on x86-64 too. */
#if !defined(__x86_64__) && !defined(FIBER_UCONTEXT)
#define FIBER_UCONTEXT
#endif
#ifdef FIBER_UCONTEXT
#include <ucontext.h>
#endif

/* Frames are larger under AddressSanitizer, which puts space between variables. */
#ifdef __SANITIZE_ADDRESS__
enum { STACK_BYTES = 256 << 10 };
#else
enum { STACK_BYTES = 32 << 10 };
#endif
/* Below each stack is memory that may not be touched. Tops that are a power of two apart would share a few sets of the
 * cache, so they are shifted by some cache lines each. */
enum { FIBERS = 1024, STACK_GUARD = 64 << 10, STACK_STRIDE = STACK_GUARD + STACK_BYTES };
enum { STACK_SHIFT = 5 * 64, STACK_SHIFTS = 12 };

struct fiber {
#ifndef FIBER_UCONTEXT
    void *stack_pointer; /* while it waits */
#else
    ucontext_t context;
#endif
    const void *stack; /* its lowest byte; what the system gave the thread, for the fiber that stands for it */
    size_t bytes;
    void *sanitizer;  /* AddressSanitizer's, while it waits */
    unsigned thread;  /* of the block: the one that runs on it, or is to begin on it */
    fiber *next_idle; /* in the list of those without a thread */
};

#ifndef FIBER_UCONTEXT
/* void fiber_swap(void **save, void *load): pushes the six registers that calls preserve, leaves the stack pointer in
 * *save and goes on with the stack whose pointer is `load`. */
extern "C" void fiber_swap(void **save, void *load);
asm(".text\n"
    ".p2align 4\n"
    ".hidden fiber_swap\n"
    ".globl fiber_swap\n"
    ".type fiber_swap, @function\n"
    "fiber_swap:\n"
    "    pushq %rbp\n"
    "    pushq %rbx\n"
    "    pushq %r12\n"
    "    pushq %r13\n"
    "    pushq %r14\n"
    "    pushq %r15\n"
    "    movq %rsp, (%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    popq %r15\n"
    "    popq %r14\n"
    "    popq %r13\n"
    "    popq %r12\n"
    "    popq %rbx\n"
    "    popq %rbp\n"
    "    ret\n"
    ".size fiber_swap, . - fiber_swap\n");
#endif

/* Prepares a fiber on the stack that it has: the first switch to it calls `entry`, which never returns. */
static inline void fiber_prepare(fiber *f, void (*entry)())
{
#ifndef FIBER_UCONTEXT
    /* As fiber_swap leaves a stack: six registers, then where it returns to. There the stack pointer has to be 8 past a
     * multiple of 16, as after a call; what would be entry's own return address is 0. */
    uintptr_t top = ((uintptr_t)f->stack + f->bytes) & ~(uintptr_t)15;
    void **slot = (void **)top - 8;
    for (int i = 0; i < 8; i++)
        slot[i] = NULL;
    slot[6] = (void *)entry;
    f->stack_pointer = slot;
#else
    getcontext(&f->context);
    f->context.uc_stack.ss_sp = (void *)f->stack;
    f->context.uc_stack.ss_size = f->bytes;
    f->context.uc_link = NULL;
    makecontext(&f->context, entry, 0);
#endif
}

/* The fiber with this index, of FIBERS, on a stack of its own, which stays; false where the system has no memory. */
static inline bool fiber_make(fiber *f, unsigned index, void (*entry)())
{
    static char *stacks;
    if (!stacks) {
        void *map =
            mmap(NULL, (size_t)FIBERS * STACK_STRIDE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (map == MAP_FAILED)
            return false;
        stacks = static_cast<char *>(map);
    }
    char *stack = stacks + (size_t)index * STACK_STRIDE + STACK_GUARD;
    if (mprotect(stack, STACK_BYTES, PROT_READ | PROT_WRITE) != 0)
        return false;
    f->stack = stack;
    f->bytes = STACK_BYTES - index % STACK_SHIFTS * STACK_SHIFT;
    fiber_prepare(f, entry);
    return true;
}

/* Tells AddressSanitizer that the switch is done. `self` runs now, `last` did before; on a fiber's first run this is
 * entry's duty. Learns where the stack of `last` is, which for the system's thread nobody said. */
static inline void fiber_arrived(fiber *self, fiber *last)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(self->sanitizer, &last->stack, &last->bytes);
#else
    (void)self, (void)last;
#endif
}

static inline void fiber_switch(fiber *from, fiber *to)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&from->sanitizer, to->stack, to->bytes);
#endif
#ifndef FIBER_UCONTEXT
    fiber_swap(&from->stack_pointer, to->stack_pointer);
#else
    swapcontext(&from->context, &to->context);
#endif
}

#endif
