#include "bench/container.h"

#include <stdlib.h>
#include <string.h>

#include "bench/system_file.h"
#include "pipeline/base/error.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

/* Words in the names of control groups, and of systemd's file: the first that is found. A pod's group may name the
 * engine as well. */
static const struct {
    const char *word, *container;
} words[] = {
    {"kubepods", "kubernetes"}, {"libpod", "podman"}, {"podman", "podman"},
    {"docker", "docker"},       {"lxc", "lxc"},       {"nspawn", "unknown"},
};

static const char *find(const char *text)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strstr(text, words[i].word))
            return words[i].container;
    return NULL;
}

const char *container_name(const struct container_signs *s)
{
    const char *by_cgroup = find(s->cgroup), *by_systemd = *s->systemd ? find(s->systemd) : NULL;
    if (s->has_kubernetes || (by_cgroup && !strcmp(by_cgroup, "kubernetes")))
        return "kubernetes";
    if (s->has_containerenv)
        return "podman";
    if (by_systemd)
        return by_systemd;
    if (s->has_dockerenv)
        return "docker";
    return by_cgroup ? by_cgroup : *s->systemd ? "unknown" : "none";
}

const char *container_read(void)
{
    char systemd[64], *first = system_file("/proc/1/cgroup"), *own = system_file("/proc/self/cgroup");
    struct text groups = {0};
    text_add(&groups, "%s%s", first, own);
    system_file_line("/run/systemd/container", systemd, sizeof systemd);
    struct container_signs signs = {systemd, text_get(&groups), file_exists("/.dockerenv"),
                                    file_exists("/run/.containerenv"), getenv("KUBERNETES_SERVICE_HOST") != NULL};
    const char *name = container_name(&signs);
    text_free(&groups);
    free(first);
    free(own);
    return name;
}

const char *virtualisation_name(const char *cpuinfo)
{
    const char *flags = strstr(cpuinfo, "\nflags");
    size_t n = flags ? strcspn(flags + 1, "\n") + 1 : 0;
    for (const char *at = flags; n && (at = strstr(at, " hypervisor")) && at < flags + n; at++)
        if (strchr(" \n", at[11]))
            return "hypervisor";
    return flags ? "none" : "";
}

const char *virtualisation_read(void)
{
    char *cpuinfo = system_file("/proc/cpuinfo");
    const char *name = virtualisation_name(cpuinfo);
    free(cpuinfo);
    return name;
}
