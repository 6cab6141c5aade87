/* The CUDA backend that is compiled for the host, in place of the device's. */
#ifndef SDBENCH_TESTS_CUDA_ON_HOST_H
#define SDBENCH_TESTS_CUDA_ON_HOST_H

/* From here on this process and those that it starts find that backend and its libraries. Skips the test where they were not
 * built. */
void cuda_on_host(void);

#endif
