#include "bench/state/driver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/base/error.h"

enum { SUCCESS = 0 };

/* NVML's functions, declared here since its header is no part of every toolkit. */
struct calls {
    int (*start)(void);
    int (*end)(void);
    int (*count)(unsigned *count);
    int (*device)(unsigned index, void **device);
    int (*persistence)(void *device, int *mode); /* 0 off, 1 on */
    const char *(*text)(int result);
};

static const char *find(void *library, struct calls *c)
{
    const struct {
        const char *name;
        void *to;
    } symbols[] = {
        {"nvmlInit_v2", &c->start},
        {"nvmlShutdown", &c->end},
        {"nvmlDeviceGetCount_v2", &c->count},
        {"nvmlDeviceGetHandleByIndex_v2", &c->device},
        {"nvmlDeviceGetPersistenceMode", &c->persistence},
        {"nvmlErrorString", &c->text},
    };
    for (size_t i = 0; i < ARRAY_LEN(symbols); i++) {
        void *found = dlsym(library, symbols[i].name);
        if (!found)
            return symbols[i].name;
        memcpy(symbols[i].to, &found, sizeof found);
    }
    return NULL;
}

/* A device that cannot be had leaves the others held. */
static void hold_devices(struct driver *d, const struct calls *c)
{
    unsigned count = 0;
    int result = c->count(&count);
    if (result != SUCCESS || !count)
        snprintf(d->reason, sizeof d->reason, "NVML tells of no device: %s",
                 result == SUCCESS ? "there is none" : c->text(result));
    for (unsigned i = 0; result == SUCCESS && i < count && d->devices < DRIVER_DEVICES; i++) {
        void *device;
        int mode, refused = c->device(i, &device);
        if (refused != SUCCESS) {
            snprintf(d->reason, sizeof d->reason, "NVML does not open device %u: %s", i, c->text(refused));
            continue;
        }
        enum driver_persistence *of = &d->persistence[d->devices++];
        *of = c->persistence(device, &mode) != SUCCESS ? PERSISTENCE_UNKNOWN : mode ? PERSISTENCE_ON : PERSISTENCE_OFF;
    }
}

void driver_hold(struct driver *d)
{
    struct calls c;
    *d = (struct driver){.library = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL)};
    if (!d->library) {
        snprintf(d->reason, sizeof d->reason, "no NVML here: libnvidia-ml.so.1 cannot be opened");
        return;
    }
    const char *missing = find(d->library, &c);
    int result = missing ? SUCCESS : c.start();
    if (missing)
        snprintf(d->reason, sizeof d->reason, "this NVML is too old: it lacks %s", missing);
    else if (result != SUCCESS)
        snprintf(d->reason, sizeof d->reason, "NVML does not start: %s", c.text(result));
    if (missing || result != SUCCESS) {
        driver_release(d);
        return;
    }
    d->end = c.end;
    hold_devices(d, &c);
}

void driver_release(struct driver *d)
{
    if (d->end)
        d->end();
    if (d->library)
        dlclose(d->library);
    d->end = NULL;
    d->library = NULL;
    d->devices = 0;
}

const char *driver_persistence_text(const struct driver *d)
{
    static const char *const texts[] = {"unknown", "off", "on"};
    for (int i = 1; i < d->devices; i++)
        if (d->persistence[i] != d->persistence[0])
            return "mixed";
    return texts[d->devices ? d->persistence[0] : PERSISTENCE_UNKNOWN];
}
