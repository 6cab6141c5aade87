/* CUDA 12.4 and later, and 13: what differs between them. */
#ifndef SDBENCH_CUDA_COMPAT_H
#define SDBENCH_CUDA_COMPAT_H

#include <cuda_runtime_api.h>

#if CUDART_VERSION < 12040
#error "sdbench needs CUDA 12.4 or later"
#endif

/* The oldest driver that runs this toolkit's programs, as NVIDIA's release notes give it for Linux. */
#if CUDART_VERSION >= 13000
#define CUDA_DRIVER_NEEDED     "580.65"
#define CUDA_OLDEST_CAPABILITY 75 /* Turing */
#define NVRTC                  "libnvrtc.so.13"
#else
#define CUDA_DRIVER_NEEDED     "525.60"
#define CUDA_OLDEST_CAPABILITY 70 /* Volta, with a cuDNN up to 9.10 */
#define NVRTC                  "libnvrtc.so.12"
#endif

/* cudaGraphNodeGetToolsId. */
#define CUDA_HAS_TOOLS_IDS (CUDART_VERSION >= 13010)

/* One function by two names: what a capture has come to, with the data of its edges. */
#if CUDART_VERSION >= 13000
#define CAPTURE_INFO cudaStreamGetCaptureInfo
#else
#define CAPTURE_INFO cudaStreamGetCaptureInfo_v3
#endif

#endif
