/* How many processors' time the control groups that this process is in let it use. */
#ifndef SDBENCH_BENCH_CGROUP_H
#define SDBENCH_BENCH_CGROUP_H

#include <stdbool.h>
#include <stddef.h>

/* The least limit of this process' group and those above it, as far as they are to be seen; 0 where there is none. */
double cgroup_cores_read(void);

/* The group of /proc/self/cgroup's text that has a controller of version 1 ("cpu"), or that of version 2 (""). */
bool cgroup_path(const char *text, const char *controller, char *out, size_t size);

/* Of cpu.max ("150000 100000", "max 100000") and of version 1's two files; 0 where there is no limit. */
double cgroup_cpu_max(const char *text);
double cgroup_quota(const char *quota_us, const char *period_us);

#endif
