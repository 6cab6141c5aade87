#include "bench/usage.h"

#include <stdio.h>
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
