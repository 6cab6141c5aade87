/* What the host's CUDA tells a tool that looks on, as NVIDIA's tells CUPTI: calls, nodes of graphs, and what runs, when
 * and where. Nothing is asked or told where none is attached. All of it is told on the thread that calls, without
 * locks; work runs within the call that starts it. */
#ifndef SDBENCH_TESTS_CUDA_HOST_FAKE_TOOL_H
#define SDBENCH_TESTS_CUDA_HOST_FAKE_TOOL_H

#include <cuda_runtime_api.h>
#include <stddef.h>
#include <stdint.h>

/* How a kernel was launched; one of a library says nothing of it. */
struct fake_shape {
    uint32_t grid[3], block[3];
    uint32_t shared;      /* dynamic, bytes */
    const void *function; /* NULL where it has none of its own */
};

/* What is known of a piece of work. */
struct fake_work {
    enum { FAKE_KERNEL, FAKE_COPY, FAKE_SET, FAKE_GRAPH } what;
    const char *name;        /* a literal */
    struct fake_shape shape; /* of a kernel */
    const void *to, *from;   /* of a copy or a set */
    uint64_t bytes;
    int value; /* of a set */
};

/* Where it runs. */
struct fake_place {
    uint32_t stream;
    uint32_t exec; /* the executable graph; 0 outside of one */
    uint64_t node; /* of it */
};

enum fake_wait { FAKE_WAIT_NONE, FAKE_WAIT_EVENT, FAKE_WAIT_STREAM_EVENT, FAKE_WAIT_STREAM, FAKE_WAIT_DEVICE };

struct fake_tool {
    uint64_t (*now)(void);
    /* A function of CUDA's runtime, or of the driver's where a library launches. */
    void (*enter)(const char *function);
    void (*leave)(const char *function, cudaError_t result);
    void (*waited)(enum fake_wait kind, uint32_t stream);
    void (*ran)(const struct fake_work *w, struct fake_place at, uint64_t start, uint64_t end);
    /* Graphs. An executable graph runs once all its nodes have `ran`. */
    void (*node_recorded)(cudaGraph_t graph, cudaGraphNode_t node);
    void (*instantiate_begins)(cudaGraph_t graph);
    void (*nodes_cloned)(cudaGraph_t graph, size_t count, const cudaGraphNode_t *original,
                         const cudaGraphNode_t *clone);
    void (*instantiated)(cudaGraph_t graph, cudaGraphExec_t exec);
    void (*exec_ran)(struct fake_place at);
    void (*graph_ends)(cudaGraph_t graph);
    void (*exec_ends)(cudaGraphExec_t exec);
};

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* One at a time; NULL ends it. It stays the caller's. */
void fake_attach(const struct fake_tool *tool);

/* Numbers of graphs and executable graphs, none of them 0; a node's is its graph's and, below that, its place there. */
uint32_t fake_graph_id(cudaGraph_t graph);
uint32_t fake_exec_id(cudaGraphExec_t exec);
uint64_t fake_node_id(cudaGraphNode_t node);
const struct fake_work *fake_node_work(cudaGraphNode_t node); /* not of an executable graph */

enum fake_memory { FAKE_PAGEABLE, FAKE_PINNED, FAKE_DEVICE };
enum fake_memory fake_memory_of(const void *at);

/* cudaSuccess, or why nothing can run: cudaErrorInsufficientDriver, or cudaErrorNoDevice, also without a driver. */
cudaError_t fake_usable(void);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
