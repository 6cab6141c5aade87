#include "pipeline/runtime/cuda/nvml.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

/* Declared here, since its header is no part of every toolkit. */
struct process {
    unsigned pid;
    unsigned long long used;
    unsigned gpu_instance, compute_instance;
};

enum { SUCCESS = 0, MOST_PROCESSES = 256 };

struct nvml {
    void *library;
    int (*start)(void);
    int (*end)(void);
    int (*driver)(char *, unsigned);
    int (*device)(const char *, void **);
    int (*processes)(void *, unsigned *, struct process *);
};

static int find(struct nvml *n)
{
    const struct {
        const char *name;
        void *to;
    } symbols[] = {
        {"nvmlInit_v2", &n->start},
        {"nvmlShutdown", &n->end},
        {"nvmlSystemGetDriverVersion", &n->driver},
        {"nvmlDeviceGetHandleByPciBusId_v2", &n->device},
        {"nvmlDeviceGetComputeRunningProcesses_v3", &n->processes},
    };
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        void *found = dlsym(n->library, symbols[i].name);
        if (!found)
            return 0;
        memcpy(symbols[i].to, &found, sizeof found);
    }
    return 1;
}

static int open_library(struct nvml *n)
{
    *n = (struct nvml){.library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)};
    if (!n->library)
        return 0;
    if (find(n) && n->start() == SUCCESS)
        return 1;
    dlclose(n->library);
    return 0;
}

static void close_library(struct nvml *n)
{
    n->end();
    dlclose(n->library);
}

void nvml_driver(char *out, size_t size)
{
    struct nvml n;
    *out = 0;
    if (!open_library(&n))
        return;
    if (n.driver(out, (unsigned)size) != SUCCESS)
        *out = 0;
    close_library(&n);
}

int nvml_other_processes(const char *bus)
{
    struct nvml n;
    struct process all[MOST_PROCESSES];
    unsigned count = MOST_PROCESSES;
    void *device;
    int others = -1;
    if (!open_library(&n))
        return -1;
    if (n.device(bus, &device) == SUCCESS && n.processes(device, &count, all) == SUCCESS) {
        others = 0;
        for (unsigned i = 0; i < count; i++)
            others += all[i].pid != (unsigned)getpid() && all[i].pid != (unsigned)getppid();
    }
    close_library(&n);
    return others;
}
