/* The machine that a result was measured on. What is read from the system's files is "" or 0 where it is not known. */
#ifndef SDBENCH_BENCH_MACHINE_H
#define SDBENCH_BENCH_MACHINE_H

#include <stddef.h>
#include <stdint.h>

struct machine {
    char cpu[128];                     /* model; "" where unknown */
    char kernel[128];                  /* "Linux 6.1.0 x86_64" */
    char distribution[128];            /* "Debian GNU/Linux 12 (bookworm)" */
    char governor[64];                 /* of the cores that this process may use: "performance"; several: "a,b" */
    int cores, cores_online;           /* that this process may use; that there are */
    int numa_nodes;                    /* online */
    double cgroup_cores;               /* so much processor time a second its control group may use; 0: no limit */
    uint64_t memory_bytes, swap_bytes; /* there is no swap where the latter is 0 */
};
struct machine machine_describe(void);

/* How many a list of the kernel names: "0-3,8" are 5. 0 where the text is no such list. */
int machine_list_count(const char *text);

/* The value of a key in a file of NAME=value or NAME="value" lines, without its quotes and backslashes; "" where it is
 * not there. */
void machine_os_release(const char *text, const char *key, char *out, size_t size);

/* A size in a file of "name: number kB" lines, in bytes; 0 where it is not there. */
uint64_t machine_meminfo_bytes(const char *text, const char *name);

/* The model in /proc/cpuinfo, of its first processor; "" where there is none: ARM kernels say nothing of the kind. */
void machine_cpu_model(const char *text, char *out, size_t size);

#endif
