/* What stands between this process and the hardware: a container, a virtual machine. */
#ifndef SDBENCH_BENCH_CONTAINER_H
#define SDBENCH_BENCH_CONTAINER_H

#include <stdbool.h>

/* What tells of a container. */
struct container_signs {
    const char *systemd;                                  /* text of /run/systemd/container; "" where it is not there */
    const char *cgroup;                                   /* text of /proc/1/cgroup, and of /proc/self/cgroup */
    bool has_dockerenv, has_containerenv, has_kubernetes; /* /.dockerenv, /run/.containerenv, a service's variable */
};

/* "docker", "podman", "lxc", "kubernetes"; "unknown": one of another kind; "none" */
const char *container_name(const struct container_signs *s);
const char *container_read(void);

/* Whether the processor says that a hypervisor runs it: "hypervisor" or "none"; "" where it has no such flag to show.
 */
const char *virtualisation_name(const char *cpuinfo);
const char *virtualisation_read(void);

#endif
