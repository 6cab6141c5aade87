/* A shared object that makes a kernel trap in the program it is preloaded into, some time after its first use of the
 * GPU:
 *
 *     LD_PRELOAD=build/tests/gpu_trap.so GPU_TRAP_MS=500 sdbench generate ...
 *
 * A thread waits until the program has made the device's context, then GPU_TRAP_MS, then launches a kernel that traps
 * in it: every later call of the program fails. A program that never uses the GPU is left alone. Needs no toolkit. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char kernel[] = ".version 6.3\n.target sm_50\n.address_size 64\n.visible .entry fall() { trap; }\n";

enum { POLL_US = 10000 };

static struct driver {
    int (*state)(int device, unsigned *flags, int *active);
    int (*retain)(void **context, int device);
    int (*set)(void *context);
    int (*load)(void **module, const void *image);
    int (*function)(void **function, void *module, const char *name);
    int (*launch)(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                  unsigned shared, void *stream, void **parameters, void **extra);
} driver;

static int find_all(void *library)
{
    const struct {
        const char *name;
        void *function;
    } names[] = {
        {"cuDevicePrimaryCtxGetState", &driver.state},
        {"cuDevicePrimaryCtxRetain", &driver.retain},
        {"cuCtxSetCurrent", &driver.set},
        {"cuModuleLoadData", &driver.load},
        {"cuModuleGetFunction", &driver.function},
        {"cuLaunchKernel", &driver.launch},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!(*(void **)names[i].function = dlsym(library, names[i].name)))
            return 0;
    return 1;
}

/* The driver's library once the program has loaded it, with a context of the first device. */
static void wait_for_context(void)
{
    void *library;
    unsigned flags;
    int active = 0;
    while (!(library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD)) || !find_all(library))
        usleep(POLL_US);
    while (driver.state(0, &flags, &active) || !active)
        usleep(POLL_US);
}

static void *trap_later(void *unused)
{
    const char *ms = getenv("GPU_TRAP_MS");
    void *context, *module, *function;
    wait_for_context();
    usleep((useconds_t)(ms ? atoi(ms) : 0) * 1000);
    int code = driver.retain(&context, 0);
    if (!code)
        code = driver.set(context);
    if (!code)
        code = driver.load(&module, kernel);
    if (!code)
        code = driver.function(&function, module, "fall");
    if (!code)
        code = driver.launch(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL);
    fprintf(stderr, "gpu_trap: %s (%d)\n", code ? "no kernel could be launched" : "a kernel that traps was launched",
            code);
    return unused;
}

__attribute__((constructor)) static void start(void)
{
    pthread_t thread;
    if (!pthread_create(&thread, NULL, trap_later, NULL))
        pthread_detach(thread);
}
