/* Streams, captures and events, between their two files. */
#ifndef SDBENCH_TESTS_CUDA_HOST_FAKE_CUDART_STREAM_H
#define SDBENCH_TESTS_CUDA_HOST_FAKE_CUDART_STREAM_H

#include "tests/cuda/host/fake_cudart.h"

#include <pthread.h>

struct capture {
    struct capture *next;
    uint64_t number, sequence; /* sequence: of the last work that was recorded */
    enum cudaStreamCaptureMode mode;
    struct CUstream_st *origin;
    pthread_t thread;
    bool invalid;
    struct CUgraph_st *graph;
};

struct CUstream_st {
    struct CUstream_st *next;
    uint32_t number;
    bool blocking; /* waits for the legacy stream, and that for it */
    struct capture *capture;
    uint64_t last; /* of a stream that joined: the sequence of its last work */
    bool unjoined;
};

/* NULL where there is no such stream. */
struct CUstream_st *stream_of(cudaStream_t s);
/* NULL where it has ended. */
struct capture *capture_of(uint64_t number);

#endif
