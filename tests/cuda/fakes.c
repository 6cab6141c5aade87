#if __has_include(<cudnn.h>) && __has_include(<cublasLt.h>)
#include "tests/cuda/fakes.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Also in processes that a test forked, where Criterion's assertions wait for an answer that does not come. */
/* The libraries' names carry the toolkit's version. */
#if CUDART_VERSION >= 13000
#define MAJOR "13"
#else
#define MAJOR "12"
#endif

static void must(const void *there, const char *what)
{
    if (there)
        return;
    fprintf(stderr, "%s: %s\n", what, dlerror());
    abort();
}

static void *library(const char *folder, const char *file)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    void *l = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    must(l, path);
    return l;
}

static void look_up(void *l, const char *name, void *out)
{
    void *at = dlsym(l, name);
    must(at, name);
    memcpy(out, &at, sizeof at);
}

struct cuda fakes_open(const char *name, ...)
{
    struct cuda c;
    const char *folder = getenv("SDBENCH_FAKES");
    if (!folder || !*folder)
        cr_skip_test("SDBENCH_FAKES names no folder (make test sets it where there is a CUDA toolkit)");
    va_list list;
    va_start(list, name);
    for (; name; name = va_arg(list, const char *))
        setenv(name, va_arg(list, const char *), 1);
    va_end(list);
    setenv("SDBENCH_FAKE_LEAKS", "fatal", 1);
    void *runtime = library(folder, "libcudart.so." MAJOR), *cublaslt = library(folder, "libcublasLt.so." MAJOR),
         *cudnn = library(folder, "libcudnn.so.9");
#define F(name) look_up(runtime, #name, &c.name);
    FAKES_RUNTIME(F)
#undef F
#define F(name) look_up(cublaslt, #name, &c.name);
    FAKES_CUBLASLT(F)
#undef F
#define F(name) look_up(cudnn, #name, &c.name);
    FAKES_CUDNN(F)
#undef F
    return c;
}

void *fakes_upload(const struct cuda *c, const void *bytes, size_t n)
{
    void *at;
    cr_assert(!c->cudaMalloc(&at, n));
    if (bytes)
        cr_assert(!c->cudaMemcpy(at, bytes, n, cudaMemcpyHostToDevice));
    return at;
}

void *fakes_upload_as(const struct cuda *c, const float *x, enum dtype type, size_t n)
{
    char *bytes = malloc(n * dtypes[type].bytes);
    dtype_from_f32(bytes, x, type, n);
    void *at = fakes_upload(c, bytes, n * dtypes[type].bytes);
    free(bytes);
    return at;
}

void fakes_download(const struct cuda *c, float *out, const void *at, enum dtype type, size_t n)
{
    char *bytes = malloc(n * dtypes[type].bytes);
    cr_assert(!c->cudaMemcpy(bytes, at, n * dtypes[type].bytes, cudaMemcpyDeviceToHost));
    dtype_to_f32(out, bytes, type, n);
    free(bytes);
}

void fakes_fill(float *x, size_t n, unsigned seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)((int)(seed >> 24) - 128) / 128;
    }
}
#else
extern int fakes_need_a_toolkit;
#endif
