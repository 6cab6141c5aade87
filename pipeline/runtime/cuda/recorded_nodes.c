#include "pipeline/runtime/cuda/recorded_nodes.h"

#if CUDA_HAS_TOOLS_IDS

#include <stdlib.h>

#include "pipeline/runtime/cuda/cuda.h"

/* A runtime of CUDA 13.0, which serves as well otherwise, has none. */
#pragma weak cudaGraphNodeGetToolsId

/* What holds of these ids, and who says so:
 * - the graph of a capture under way may be asked anything (cuda_runtime_api.h, cudaStreamGetCaptureInfo: all but
 *   destroying it and removing nodes);
 * - cudaGraphNodeGetToolsId gives "an id used by tools to identify a given node" (the same header); PyTorch takes it
 * for CUPTI's (torch/cuda/_graph_annotations.py, pull request 183165), as its upper half is the graph's id and its
 * lower half the node's own, which are unique together (cuGraphNodeGetLocalId);
 * - it is the id of the node that is recorded, not of the one that runs: making a graph ready makes another graph, with
 *   an id of its own (cudaGraphExecGetId), and records of CUPTI name that one's nodes. PyTorch exchanges the upper half
 *   and keeps the lower one (pull requests 183165, 186638, 187741), which NVIDIA documents nowhere and which does not
 *   hold for graphs inside of nodes. Here the way from one to the other is what CUPTI says: that a node was cloned, or
 *   from CUDA 13.4 on the source node of a record. */
static cudaError_t ask(cudaStream_t stream, cudaGraphNode_t *node, uint64_t *id, size_t *count)
{
    enum cudaStreamCaptureStatus status;
    cudaGraph_t graph = NULL;
    cudaError_t e = cudaStreamGetCaptureInfo(stream, &status, NULL, &graph, NULL, NULL, NULL);
    if (e != cudaSuccess || !graph)
        return e == cudaSuccess ? cudaErrorIllegalState : e;
    e = cudaGraphGetNodes(graph, node, count);
    for (size_t i = 0; i < *count && e == cudaSuccess; i++) {
        unsigned long long of_node = 0;
        e = cudaGraphNodeGetToolsId(node[i], &of_node);
        id[i] = of_node;
    }
    return e;
}

/* A driver before 13.1 refuses, which is no error of the recording's. */
size_t recorded_node_ids(void *state, uint64_t *id, size_t most)
{
    const struct cuda *c = state;
    size_t count = most;
    cudaGraphNode_t *node = cudaGraphNodeGetToolsId ? calloc(most, sizeof(cudaGraphNode_t)) : NULL;
    if (!node)
        return 0;
    const cudaError_t e = ask(c->stream, node, id, &count);
    if (e != cudaSuccess)
        cudaGetLastError(); /* taken away: it would be found by whoever asks next */
    free(node);
    return e == cudaSuccess ? count : 0;
}

#endif
