#include "bench/machine.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The first "model name" line. ARM kernels have none. */
static void cpu_name(char *out, size_t size)
{
    char line[512];
    FILE *f = fopen("/proc/cpuinfo", "r");
    *out = 0;
    while (f && !*out && fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');
        if (!strncmp(line, "model name", 10) && colon)
            snprintf(out, size, "%s", colon + 1 + strspn(colon + 1, " "));
    }
    if (f)
        fclose(f);
    out[strcspn(out, "\n")] = 0;
}

struct machine machine_describe(void)
{
    struct machine m = {.cores_online = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    struct utsname system;
    cpu_set_t set;
    cpu_name(m.cpu, sizeof m.cpu);
    if (!uname(&system))
        snprintf(m.kernel, sizeof m.kernel, "%.40s %.60s %.20s", system.sysname, system.release, system.machine);
    m.cores = sched_getaffinity(0, sizeof set, &set) ? m.cores_online : CPU_COUNT(&set);
    m.memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGE_SIZE);
    return m;
}
