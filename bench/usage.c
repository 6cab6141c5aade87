#include "bench/usage.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

#include "pipeline/base/clock.h"

static int64_t own_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

struct usage usage_begin(void)
{
    struct usage u = {.machine = proc_stat_read(), .own_ns = own_ns()};
    u.time_ns = clock_now_ns();
    return u;
}

struct usage usage_end(void)
{
    struct usage u = {.time_ns = clock_now_ns()};
    u.own_ns = own_ns();
    u.machine = proc_stat_read();
    return u;
}

int64_t usage_family_ns(void)
{
    struct rusage children;
    int64_t ns = own_ns();
    if (getrusage(RUSAGE_CHILDREN, &children))
        return ns;
    const struct timeval t[] = {children.ru_utime, children.ru_stime};
    for (int i = 0; i < 2; i++)
        ns += (int64_t)t[i].tv_sec * 1000000000 + (int64_t)t[i].tv_usec * 1000;
    return ns;
}

/* VmHWM, and not the ru_maxrss of getrusage: that one begins with the memory of the process that started this one. */
uint64_t usage_peak_resident_bytes(void)
{
    char line[256];
    unsigned long long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f) && sscanf(line, "VmHWM: %llu kB", &kib) != 1)
        continue;
    if (f)
        fclose(f);
    return kib * 1024;
}
