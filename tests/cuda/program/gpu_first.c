/* gpu-first SECONDS [PART ...]: the figures that decide what to do next on a GPU, in at most about that time. Exit
 * code: 77 where there is no device, 3 where a part could not begin; a failed item is a line of its own and no failure.
 */
#include "tests/cuda/program/gpu_first.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/clock.h"
#include "pipeline/runtime/cuda/check.h"

static const struct {
    const char *name;
    void (*measure)(struct first *f);
} parts[] = {
    {"gaps", first_gaps},           {"copies", first_copies}, {"products", first_products},
    {"attention", first_attention}, {"ieee", first_ieee},     {"convolutions", first_convolutions},
};

bool first_time_is_over(const struct first *f)
{
    return clock_now_ns() >= f->until_ns;
}

void first_share(struct first *f, int items_left)
{
    const int64_t now = clock_now_ns();
    f->item_until_ns = now + 2 * (f->until_ns - now) / (items_left > 2 ? items_left : 2);
}

cJSON *line_begin(struct first *f, const char *item)
{
    cJSON *line = cJSON_CreateObject();
    cJSON_AddStringToObject(line, "part", f->part);
    cJSON_AddStringToObject(line, "item", item);
    if (!first_time_is_over(f))
        return line;
    cJSON_AddTrueToObject(line, "not_measured");
    f->skipped++;
    line_end(f, line, OK, "not measured: the time is over");
    return NULL;
}

void line_end(struct first *f, cJSON *line, struct err e, const char *text, ...)
{
    va_list args;
    fprintf(stderr, "%-13s%-62s ", f->part, cJSON_GetStringValue(cJSON_GetObjectItem(line, "item")));
    if (e.code) {
        cJSON_AddStringToObject(line, "error", err_text(e));
        fprintf(stderr, "error: %s", err_text(e));
        f->errors++;
    } else {
        va_start(args, text);
        vfprintf(stderr, text, args);
        va_end(args);
    }
    fputc('\n', stderr);
    char *json = cJSON_PrintUnformatted(line);
    puts(json ? json : "{\"error\":\"out of memory\"}");
    f->lines++;
    free(json);
    cJSON_Delete(line);
    err_free(&e);
}

static int find_part(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (!strcmp(parts[i].name, name))
            return (int)i;
    return -1;
}

static struct err tell_device(struct first *f)
{
    struct cudaDeviceProp p;
    int runtime = 0, driver = 0;
    TRY(cuda_check(cudaGetDeviceProperties(&p, 0), "asking the device"));
    TRY(cuda_check(cudaRuntimeGetVersion(&runtime), "asking for versions"));
    TRY(cuda_check(cudaDriverGetVersion(&driver), "asking for versions"));
    f->part = "device";
    cJSON *line = line_begin(f, p.name);
    if (!line)
        return OK;
    cJSON_AddNumberToObject(line, "compute_capability", p.major + p.minor / 10.0);
    cJSON_AddNumberToObject(line, "multiprocessors", p.multiProcessorCount);
    cJSON_AddNumberToObject(line, "memory_bytes", (double)p.totalGlobalMem);
    cJSON_AddNumberToObject(line, "cuda_runtime", runtime);
    cJSON_AddNumberToObject(line, "cuda_driver", driver);
    cJSON_AddStringToObject(line, "cudnn", dnn_version());
    line_end(f, line, OK, "sm_%d%d, %d multiprocessors, cuDNN %s", p.major, p.minor, p.multiProcessorCount,
             dnn_version());
    return OK;
}

static struct err measure(struct first *f, int count, char **named)
{
    TRY(cuda_check(cudaStreamCreateWithFlags(&f->stream, cudaStreamNonBlocking), "creating a stream"));
    TRY(timing_open(f->stream, &f->timing));
    TRY(tell_device(f));
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        bool wanted = count == 0;
        for (int n = 0; n < count; n++)
            wanted |= find_part(named[n]) == (int)i;
        f->part = parts[i].name;
        if (wanted)
            parts[i].measure(f);
    }
    timing_close(f->timing);
    return cuda_check(cudaStreamDestroy(f->stream), "closing a stream");
}

int main(int count, char **argument)
{
    char *end = NULL;
    const double seconds = count > 1 ? strtod(argument[1], &end) : 0;
    bool right = count > 1 && end != argument[1] && !*end && seconds > 0 && seconds < 1e6;
    for (int i = 2; i < count; i++)
        right &= find_part(argument[i]) >= 0;
    if (!right) {
        fprintf(stderr, "usage: gpu-first SECONDS [gaps | copies | products | attention | ieee | convolutions] ...\n");
        return ERR_FAILED;
    }
    struct first f = {.until_ns = clock_now_ns() + (int64_t)(seconds * 1e9)};
    int devices = 0;
    const cudaError_t status = cudaGetDeviceCount(&devices);
    if (status != cudaSuccess || !devices) {
        fprintf(stderr, "gpu-first: no device: %s\n",
                status == cudaSuccess ? "none is there" : cudaGetErrorString(status));
        return 77;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct err e = measure(&f, count - 2, argument + 2);
    fprintf(stderr, "gpu-first: %d lines, %d of them errors, %d not measured\n", f.lines, f.errors, f.skipped);
    if (!e.code)
        return 0;
    fprintf(stderr, "gpu-first: %s\n", err_text(e));
    err_free(&e);
    return ERR_FAILED;
}
