/* A program that stands for ours in tests of failures: it allocates, copies, waits and frees, and says so where it
 * could not.
 *
 *     client FLAW [TIMES]
 *
 * FLAW is what is wrong with it: none, leaks (where a call failed), silent, talks, crashes, succeeds, always-leaks. */
#include <cuda_runtime_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int once(const char *flaw)
{
    void *a = NULL;
    cudaStream_t s = NULL;
    float x[4] = {0};
    cudaError_t e = cudaMalloc(&a, sizeof x);
    if (!e)
        e = cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking);
    if (!e)
        e = cudaMemcpyAsync(a, x, sizeof x, cudaMemcpyHostToDevice, s);
    if (!e)
        e = cudaStreamSynchronize(s);
    if (e && !strcmp(flaw, "crashes"))
        abort();
    for (int i = 0; e && strcmp(flaw, "silent") && i < (strcmp(flaw, "talks") ? 1 : 2); i++)
        fprintf(stderr, "sdbench: %s\n", cudaGetErrorName(e));
    if (s)
        cudaStreamDestroy(s);
    if (a && !(e && !strcmp(flaw, "leaks")) && strcmp(flaw, "always-leaks"))
        cudaFree(a);
    return e && strcmp(flaw, "succeeds") ? 3 : 0;
}

int main(int count, char **argument)
{
    int code = 0;
    for (int i = count > 2 ? atoi(argument[2]) : 1; i > 0 && !code; i--)
        code = once(count > 1 ? argument[1] : "none");
    return code;
}
