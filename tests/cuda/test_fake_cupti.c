/* tests/cuda/host: CUPTI. A program traces with it (host/cupti_client.c), as it should be and with each thing that can
 * go wrong. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/scratch.h"

TestSuite(fake_cupti, .init = scratch_open, .fini = scratch_close, .timeout = 60);

enum { REFUSED = 3 };

/* What it prints, malloc'ed, with `name` in its environment. */
static char *trace(const char *name, const char *value, const char *buffer_bytes, int code)
{
    int status;
    char program[1024];
    const char *folder = getenv("SDBENCH_FAKES");
    snprintf(program, sizeof program, "%s/cupti-client", folder ? folder : "");
    if (!folder || access(program, X_OK))
        cr_skip_test("no CUDA toolkit with the CUPTI of CUDA 13");
    pid_t child = fork();
    if (!child) {
        int out = open(scratch_path("out"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (out < 0 || dup2(out, STDOUT_FILENO) < 0 || dup2(out, STDERR_FILENO) < 0)
            _exit(126);
        setenv("SDBENCH_FAKE_LEAKS", code ? "" : "fatal", 1);
        setenv(name, value, 1);
        execl(program, program, buffer_bytes, (char *)NULL);
        _exit(127);
    }
    cr_assert(child > 0 && waitpid(child, &status, 0) == child);
    char *text = scratch_read("out", &(size_t){0});
    cr_assert_eq(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), code, "%s", text);
    return text;
}

static int count(const char *text, const char *words)
{
    int n = 0;
    for (const char *at = strstr(text, words); at; at = strstr(at + 1, words))
        n++;
    return n;
}

/* Correlations begin at 1 with the first call; within a capture the program also asks twice what has been recorded. */
static const char *const lines[] = {
    "overhead 7",
    "call cudaStreamCreateWithFlags_v5000: #1, result 0",
    "call cudaMalloc_v3020: #2, result 0",
    "kernel add_one: label 0, graph 0, stream 8, grid 5 2 1, block 32 1 1, shared 48, #3, in order",
    "external 3: 8, #3",
    "external 4: 70, #3",
    "call cudaLaunchKernel_v7000: #3, result 0",
    "set: 0, 32 bytes, #4, in order",
    "external 3: 7, #4",
    "call cudaMemsetAsync_v3020: #4, result 0",
    "copy 1: 1 to 3, 32 bytes, label 0, #5, in order",
    "call cudaMemcpyAsync_v3020: #5, result 0",
    "call cudaMemcpyAsync_v3020: #6, result 1",
    "call cudaStreamBeginCapture_v10000: #7, result 0",
    "call cudaLaunchKernel_v7000: #8, result 0",
    "call cudaStreamGetCaptureInfo_v12030: #9, result 0",
    "call cudaGraphGetNodes_v10000: #10, result 0",
    "call cudaLaunchKernel_v7000: #11, result 0",
    "call cudaMemcpyAsync_v3020: #12, result 0",
    "call cudaStreamGetCaptureInfo_v12030: #13, result 0",
    "call cudaGraphGetNodes_v10000: #14, result 0",
    "call cudaStreamEndCapture_v10000: #15, result 0",
    "call cudaStreamGetCaptureInfo_v12030: #16, result 0",
    "call cudaGraphInstantiate_v12000: #17, result 0",
    "call cudaGraphInstantiate_v12000: #18, result 0",
    "call cudaGraphDestroy_v10000: #19, result 0",
    "kernel one: label 1, graph 2, stream 8, grid 1 2 1, block 32 1 1, shared 48, #20, in order",
    "kernel two: label 2, graph 2, stream 8, grid 2 2 1, block 32 1 1, shared 48, #20, in order",
    "copy 8: 3 to 3, 4 bytes, label 2, #20, in order",
    "call cudaGraphLaunch_v10000: #20, result 0",
    "kernel one: label 1, graph 2, stream 8, grid 1 2 1, block 32 1 1, shared 48, #21, in order",
    "kernel two: label 2, graph 2, stream 8, grid 2 2 1, block 32 1 1, shared 48, #21, in order",
    "copy 8: 3 to 3, 4 bytes, label 2, #21, in order",
    "call cudaGraphLaunch_v10000: #21, result 0",
    "kernel one: label 1, graph 3, stream 8, grid 1 2 1, block 32 1 1, shared 48, #22, in order",
    "kernel two: label 2, graph 3, stream 8, grid 2 2 1, block 32 1 1, shared 48, #22, in order",
    "copy 8: 3 to 3, 4 bytes, label 2, #22, in order",
    "call cudaGraphLaunch_v10000: #22, result 0",
    "call cudaStreamSynchronize_v3020: #23, result 0",
    "wait 3: stream 8, #23",
    "call cudaGraphExecDestroy_v10000: #24, result 0",
    "call cudaGraphExecDestroy_v10000: #25, result 0",
    "call cudaDeviceSynchronize_v3020: #26, result 0",
    "wait 4: stream 4294967295, #26",
    "dropped 0, buffers out 0",
};
enum { LINES = sizeof lines / sizeof *lines, BEFORE_RECORDS = 11 };

Test(fake_cupti, records_tell_what_ran)
{
    char *text = trace("SDBENCH_FAKE_CUPTI", "", NULL, 0), *rest = NULL;
    cr_expect(strstr(text, "left 8\nleft 70\nleft 7\n"));
    cr_expect(strstr(text, "node of type 0\na capture, 1 nodes\nnode of type 0\nnode of type 1\na capture, 3 nodes\n"
                           "no capture, 0 nodes\nexecutable graph 2\nexecutable graph 3\noverhead 7\n"));
    int n = 0;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), n++)
        if (n >= BEFORE_RECORDS && n < BEFORE_RECORDS + LINES)
            cr_expect_str_eq(line, lines[n - BEFORE_RECORDS], "line %d: %s", n, line);
    cr_expect_eq(n, BEFORE_RECORDS + LINES);
    free(text);
}

/* Records may come in any number of buffers; what fits in none is dropped, and counted. */
Test(fake_cupti, buffers_may_be_small)
{
    char *text = trace("SDBENCH_FAKE_CUPTI", "", "300", 0);
    for (int i = 0; i < LINES; i++)
        cr_expect(strstr(text, lines[i]), "%s", lines[i]);
    cr_expect_gt(count(text, "overhead 7"), 10);
    free(text);
    text = trace("SDBENCH_FAKE_CUPTI", "", "200", 0);
    cr_expect(strstr(text, "dropped 7, buffers out 0"), "the kernels: %s", text);
    cr_expect(!strstr(text, "kernel") && strstr(text, "copy 1: 1 to 3, 32 bytes"));
    free(text);
}

static void refused(const char *name, const char *value, const char *words)
{
    char *text = trace(name, value, NULL, REFUSED);
    cr_expect(strstr(text, words) && strstr(text, "refused: ") == text, "%s: %s", value, text);
    free(text);
}

Test(fake_cupti, it_may_refuse)
{
    refused("SDBENCH_FAKE_CUPTI", "busy",
            "cuptiSubscribe_v2: CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED: Nsight Systems\n");
    refused("SDBENCH_FAKE_CUPTI", "denied", "cuptiActivityEnable: CUPTI_ERROR_INSUFFICIENT_PRIVILEGES\n");
    refused("SDBENCH_FAKE_DEVICES", "0", "cuptiSubscribe_v2: CUPTI_ERROR_UNKNOWN\n");
    refused("SDBENCH_FAKE_DRIVER", "0", "cuptiSubscribe_v2: CUPTI_ERROR_UNKNOWN\n");
    refused("SDBENCH_FAKE_DRIVER", "12040", "cuptiSubscribe_v2: CUPTI_ERROR_NOT_INITIALIZED\n");
    char *text = trace("SDBENCH_FAKE_CUPTI", "old", NULL, 0);
    cr_expect(strstr(text, "version 22\n") == text, "%s", text);
    free(text);
}

/* Each changes these numbers of lines, and no others. Kernels: one alone, three times two in a graph. */
Test(fake_cupti, records_may_be_wrong)
{
    static const struct {
        const char *flaw, *words;
        int with, without; /* lines that have the words; otherwise */
        const char *also;
    } rows[] = {
        {"drop:3", "kernel ", 6, 7, "dropped 3, "},
        {"drop", "set: ", 1, 1, "dropped 1, "},
        {"zero:2", ", zero", 1, 0, "grid 1 2 1, block 32 1 1, shared 48, #20, zero"},
        {"inverted", ", inverted", 1, 0, "kernel add_one: label 0, graph 0, stream 8, grid 5 2 1, block 32 1 1, "},
        {"lost:3", "kernel ", 6, 7, "dropped 0, "},
        {"lost:3", "kernel two", 2, 3, "dropped 0, "},
        {"lost:1/2", "kernel ", 3, 7, "dropped 0, "},
        {"overlap", ", overlapping", 1, 0, "grid 1 2 1, block 32 1 1, shared 48, #20, overlapping"},
        {"unknown:2", "unknown kind", 1, 0, "dropped 0, "},
        {"extra", "kernel extra: label -1, graph ", 3, 0, "dropped 0, "},
        {"relabel", "kernel one: label 2", 3, 0, "copy 8: 3 to 3, 4 bytes, label 1, "},
        {"truncated", "a buffer ends with 21", 1, 0, "dropped 0, "},
        {"fatal:2", "kernel ", 2, 7, "state 1: 9\n"},
        {"lost,zero:2,extra", "kernel ", 9, 7, ", zero"},
    };
    char *good = trace("SDBENCH_FAKE_CUPTI", "", NULL, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *text = trace("SDBENCH_FAKE_CUPTI", rows[i].flaw, NULL, 0);
        cr_expect_eq(count(text, rows[i].words), rows[i].with, "%s: %s", rows[i].flaw, text);
        cr_expect_eq(count(good, rows[i].words), rows[i].without, "%s", rows[i].words);
        cr_expect(strstr(text, rows[i].also), "%s: %s", rows[i].flaw, text);
        free(text);
    }
    free(good);
    free(trace("SDBENCH_FAKE_CUPTI", "lots", NULL, 128 + 6));
}
