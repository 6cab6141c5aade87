#include "tests/cuda/on_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>

void cuda_on_host(void)
{
    const char *folder = getenv("SDBENCH_HOST_CUDA");
    char object[4096];
    snprintf(object, sizeof object, "%s/sdbench-cuda.so", folder ? folder : "");
    if (!folder || access(object, R_OK))
        cr_skip_test("the CUDA backend was not compiled for the host: no CUDA toolkit with cuDNN");
    setenv("SDBENCH_BACKENDS", folder, 1);
    setenv("SDBENCH_CUDA", folder, 1);
}
