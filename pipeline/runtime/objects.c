#include "pipeline/runtime/objects.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/error.h"

void *object_open(const char *object, char *why, size_t size)
{
    char self[4096] = "", path[4608];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash = n > 0 ? strrchr(self, '/') : NULL;
    if (slash)
        *slash = 0;
    const char *own = getenv("SDBENCH_BACKENDS");
    const char *parts[][2] = {{own ? own : self, ""}, {self, "/../lib/sdbench"}, {self, "/.."}};
    size_t count = own ? 1 : ARRAY_LEN(parts);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s%s/%s", parts[i][0], parts[i][1], object);
        if (access(path, R_OK))
            continue;
        void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!handle)
            snprintf(why, size, "%s", dlerror());
        return handle;
    }
    snprintf(why, size, "%s was not built (`make` builds it where its library is found)", object);
    return NULL;
}
