/* CUPTI of CUDA 12.4 and later, and of 13: what differs between their headers. A record's struct grows at its end from
 * version to version; the one that a library writes is the newest of its own header. */
#ifndef SDBENCH_CUPTI_COMPAT_H
#define SDBENCH_CUPTI_COMPAT_H

#include <cupti.h>

#if CUPTI_API_VERSION < 22
#error "sdbench needs CUPTI of CUDA 12.4 or later"
#endif

#if CUPTI_API_VERSION >= 130400
typedef CUpti_ActivityKernel13 cupti_kernel;
#elif CUPTI_API_VERSION >= 130300
typedef CUpti_ActivityKernel12 cupti_kernel;
#elif CUPTI_API_VERSION >= 130100
typedef CUpti_ActivityKernel11 cupti_kernel;
#elif CUPTI_API_VERSION >= 130000
typedef CUpti_ActivityKernel10 cupti_kernel;
#else
typedef CUpti_ActivityKernel9 cupti_kernel;
#endif

#if CUPTI_API_VERSION >= 130400
typedef CUpti_ActivityMemcpy7 cupti_copy;
typedef CUpti_ActivityMemset5 cupti_set;
#elif CUPTI_API_VERSION >= 26
typedef CUpti_ActivityMemcpy6 cupti_copy;
typedef CUpti_ActivityMemset4 cupti_set;
#else
typedef CUpti_ActivityMemcpy5 cupti_copy;
typedef CUpti_ActivityMemset4 cupti_set;
#endif
typedef CUpti_ActivityMemcpyPtoP4 cupti_peer_copy;

#if CUPTI_API_VERSION >= 26
typedef CUpti_ActivitySynchronization2 cupti_wait;
#else
typedef CUpti_ActivitySynchronization cupti_wait;
#endif

typedef CUpti_ActivityAPI cupti_call;
typedef CUpti_ActivityOverhead3 cupti_overhead;
typedef CUpti_ActivityJit2 cupti_compile;
typedef CUpti_ActivityExternalCorrelation cupti_link;

/* Records of graph nodes say which node of the graph they were made from. */
#define CUPTI_HAS_SOURCE_NODES (CUPTI_API_VERSION >= 130400)

/* cuptiSubscribe_v2, which tells who else has subscribed. */
#define CUPTI_HAS_SUBSCRIBE_V2 (CUPTI_API_VERSION >= 130000)

#endif
