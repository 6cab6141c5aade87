#include "pipeline/runtime/nvml.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum needed { OPTIONAL, REQUIRED };
enum { MOST_PROCESSES = 256 };

static const struct {
    enum needed needed;
    const char *name, *older;
    size_t at;
} functions[] = {
#define NVML(needed, type, field, name, older, parameters) {needed, name, older, offsetof(struct nvml, field)},
#include "pipeline/runtime/nvml.def"
#undef NVML
};

/* The first required function that is missing; NULL: none is. */
static const char *find(struct nvml *n)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *found = dlsym(n->library, functions[i].name);
        if (!found && functions[i].older)
            found = dlsym(n->library, functions[i].older);
        if (!found && functions[i].needed == REQUIRED)
            return functions[i].name;
        memcpy((char *)n + functions[i].at, &found,
               sizeof found); /* ISO C converts no object pointer to a function's */
    }
    return NULL;
}

static void leave(struct nvml *n)
{
    char reason[sizeof n->reason];
    memcpy(reason, n->reason, sizeof reason);
    if (n->library)
        dlclose(n->library);
    *n = (struct nvml){0};
    memcpy(n->reason, reason, sizeof reason);
}

bool nvml_open(struct nvml *n)
{
    *n = (struct nvml){.library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)};
    const char *missing = n->library ? find(n) : NULL;
    int result = n->library && !missing ? n->start() : NVML_SUCCESS;
    if (!n->library)
        snprintf(n->reason, sizeof n->reason, "no NVML here: libnvidia-ml.so.1 cannot be opened");
    else if (missing)
        snprintf(n->reason, sizeof n->reason, "this NVML is too old: it lacks %s", missing);
    else if (result != NVML_SUCCESS)
        snprintf(n->reason, sizeof n->reason, "NVML does not start: %s", n->text(result));
    if (*n->reason)
        leave(n);
    return n->library != NULL;
}

void nvml_close(struct nvml *n)
{
    if (n->library)
        n->end();
    leave(n);
}

int nvml_processes(const struct nvml *n, void *device, struct nvml_process *out, int most)
{
    unsigned count = (unsigned)most;
    bool told = n->computing && n->computing(device, &count, out) == NVML_SUCCESS && count <= (unsigned)most;
    return told ? (int)count : -1;
}

void nvml_driver_version(char *out, size_t size)
{
    struct nvml n;
    *out = 0;
    if (nvml_open(&n) && (!n.driver || n.driver(out, (unsigned)size) != NVML_SUCCESS))
        *out = 0;
    nvml_close(&n);
}

int nvml_other_processes(const char *bus)
{
    struct nvml n;
    struct nvml_process all[MOST_PROCESSES];
    void *device;
    int count = -1, others = 0;
    if (nvml_open(&n) && n.of_bus && n.of_bus(bus, &device) == NVML_SUCCESS)
        count = nvml_processes(&n, device, all, MOST_PROCESSES);
    for (int i = 0; i < count; i++)
        others += all[i].pid != (unsigned)getpid() && all[i].pid != (unsigned)getppid();
    nvml_close(&n);
    return count < 0 ? -1 : others;
}
