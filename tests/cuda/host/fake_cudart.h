/* Between the files of the host's CUDA runtime. */
#ifndef SDBENCH_TESTS_CUDA_HOST_FAKE_CUDART_H
#define SDBENCH_TESTS_CUDA_HOST_FAKE_CUDART_H

#pragma GCC visibility push(default)
#include <cuda_runtime_api.h>
#pragma GCC visibility pop

#include "tests/cuda/host/fake.h"
#include "tests/cuda/host/fake_tool.h"

/* The environment. */
struct settings {
    int devices, driver;
    bool computes, leaks_fatal, distinct;
    const char *name, *fail, *names, *optional, *report;
    struct fake_device device;
};
extern struct settings settings;

/* One lock for everything; recursive. Work is executed without it. */
void lock(void);
void unlock(void);
void lock_in_child(void); /* after a fork under the lock */

/* Remembers an error for cudaGetLastError and returns it. */
cudaError_t error_is(cudaError_t e);
/* The error of a call that fake_call let fail: `refused`, or the device's fault. */
cudaError_t error_of(enum fake_verdict verdict, cudaError_t refused);
/* From now on every call fails. */
void error_break(cudaError_t fault);
bool error_broken(void);
void error_mend(void);

/* Tells the tool that looks on of a call: from here to wherever the function ends. A failure is what error_is got. */
const struct fake_tool *tool_now(void);
const char *tool_enter(const char *function);
void tool_leave(const char **function);
void tool_failure(cudaError_t e);
void tool_waited(enum fake_wait kind, uint32_t stream);
#define TOLD(function) __attribute__((cleanup(tool_leave), unused)) const char *told_ = tool_enter(function)

/* Begins a function of the runtime: counts the call, and leaves where it has to fail. */
#define CALL(kind, refused)                                     \
    TOLD(__func__);                                             \
    do {                                                        \
        enum fake_verdict verdict_ = fake_call(__func__, kind); \
        if (verdict_ != FAKE_GOES_ON)                           \
            return error_of(verdict_, refused);                 \
    } while (0)
#define REQUIRE(condition, code)   \
    do {                           \
        if (!(condition))          \
            return error_is(code); \
    } while (0)
/* Leaves with an error that a function of ours has remembered already. */
#define PASS(call)               \
    do {                         \
        cudaError_t e_ = (call); \
        if (e_ != cudaSuccess)   \
            return e_;           \
    } while (0)

/* Whether a comma-separated list has a word. */
bool list_has(const char *list, const char *word);

/* The device of the calling thread, after the checks that a first call makes. */
cudaError_t device_check(void);
int device_index(void);

/* Aborts where something was written around a block. */
void memory_check(void);

struct CUgraphNode_st {
    uint64_t id;
};

/* Work in the order in which it was captured. Shared by a graph and what was instantiated of it. Kernels are left out
 * where nothing is computed. */
struct work {
    struct CUgraphNode_st node; /* in a list */
    struct fake_work what;
    void (*run)(void *closure);
    void *closure;
    void (*drop)(void *closure);
};
struct work_list {
    int users;
    size_t count, room;
    struct work **work;
};
struct work_list *work_list_new(void);
struct work *work_list_add(struct work_list *l, struct work w);
void work_list_leave(struct work_list *l);

void work_run(const struct work *w, struct fake_place at);

/* Executes or captures. */
cudaError_t stream_work(cudaStream_t stream, struct work w);
/* cudaSuccess, or the error of a call that no thread (or not this one) may make while it captures. */
cudaError_t capture_forbids(void);
/* A graph is the program's once its capture has ended. */
cudaGraph_t graph_new(void);
cudaGraphNode_t graph_add(cudaGraph_t graph, struct work w);
void graph_give(cudaGraph_t graph);
void graph_drop(cudaGraph_t graph);

/* What the failures have come to, and what was left behind, at the end of the process. */
bool fail_in_child(void);
void fail_report(int file);
bool ledger_report(int file);

#endif
