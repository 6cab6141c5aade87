/* Runs a program while all of a GPU's memory but some is taken: gpu_hold MIB PROGRAM [ARGUMENT...]
 *
 * Ends with the program's exit code, with 77 where no GPU answers, and with 3 where the memory cannot be taken. Needs
 * no toolkit: the driver's library is opened when it runs. The first device is taken, in the order of the driver. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ABSENT = 77, FAILED = 3, MOST = 64 };

static struct driver {
    int (*init)(unsigned flags);
    int (*retain)(void **context, int device);
    int (*set)(void *context);
    int (*info)(size_t *available, size_t *all);
    int (*allocate)(unsigned long long *at, size_t bytes);
} driver;

static void find(void *library, const char *name, void *function)
{
    *(void **)function = dlsym(library, name);
    if (*(void **)function)
        return;
    fprintf(stderr, "gpu_hold: the driver has no %s\n", name);
    exit(ABSENT);
}

static void open_driver(void)
{
    void *library = dlopen("libcuda.so.1", RTLD_NOW), *context = NULL;
    if (!library) {
        fprintf(stderr, "gpu_hold: %s\n", dlerror());
        exit(ABSENT);
    }
    find(library, "cuInit", &driver.init);
    find(library, "cuDevicePrimaryCtxRetain", &driver.retain);
    find(library, "cuCtxSetCurrent", &driver.set);
    find(library, "cuMemGetInfo_v2", &driver.info);
    find(library, "cuMemAlloc_v2", &driver.allocate);
    int code = driver.init(0);
    if (!code)
        code = driver.retain(&context, 0);
    if (!code)
        code = driver.set(context);
    if (!code)
        return;
    fprintf(stderr, "gpu_hold: no device can be used: the driver's error %d\n", code);
    exit(ABSENT);
}

/* In ever smaller pieces, since memory may lie in parts. */
static void take_all_but(size_t kept)
{
    size_t available = 0, all;
    unsigned long long at;
    for (int i = 0; i < MOST && !driver.info(&available, &all) && available > kept; i++)
        for (size_t bytes = available - kept; bytes >= 1 << 20 && driver.allocate(&at, bytes); bytes /= 2)
            continue;
    if (driver.info(&available, &all) || available > kept + ((size_t)64 << 20)) {
        fprintf(stderr, "gpu_hold: %zu MiB are still free\n", available >> 20);
        exit(FAILED);
    }
    fprintf(stderr, "gpu_hold: %zu MiB of %zu MiB are free\n", available >> 20, all >> 20);
}

int main(int argc, char **argv)
{
    char *end = NULL;
    unsigned long mib = argc > 2 ? strtoul(argv[1], &end, 10) : 0;
    if (argc < 3 || *end || end == argv[1]) {
        fprintf(stderr, "usage: gpu_hold MIB PROGRAM [ARGUMENT...]\n");
        return FAILED;
    }
    open_driver();
    take_all_but((size_t)mib << 20);
    int status = 0;
    pid_t child = fork();
    if (!child) {
        execvp(argv[2], argv + 2);
        fprintf(stderr, "gpu_hold: %s cannot be started\n", argv[2]);
        _exit(FAILED);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return FAILED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
