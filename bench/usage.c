#include "bench/usage.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/base/clock.h"

enum { SHORTEST_NS = 200000000 };

static int64_t own_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* The first line of /proc/stat: user nice system idle iowait irq softirq steal, in ticks. */
static int64_t machine_ns(void)
{
    unsigned long long t[8];
    FILE *f = fopen("/proc/stat", "r");
    int n =
        f ? fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", t, t + 1, t + 2, t + 3, t + 4, t + 5, t + 6, t + 7)
          : 0;
    if (f)
        fclose(f);
    return n == 8
               ? (int64_t)((t[0] + t[1] + t[2] + t[5] + t[6] + t[7]) * (1000000000ull / (unsigned)sysconf(_SC_CLK_TCK)))
               : 0;
}

struct usage usage_begin(void)
{
    struct usage u = {.machine_ns = machine_ns(), .own_ns = own_ns()};
    u.time_ns = clock_now_ns();
    return u;
}

struct usage usage_end(void)
{
    struct usage u = {.time_ns = clock_now_ns()};
    u.own_ns = own_ns();
    u.machine_ns = machine_ns();
    return u;
}

bool usage_others(const struct usage *begin, const struct usage *end, double *ratio)
{
    int64_t span = end->time_ns - begin->time_ns;
    if (!begin->machine_ns || !end->machine_ns || span < SHORTEST_NS)
        return false;
    int64_t others = end->machine_ns - begin->machine_ns - (end->own_ns - begin->own_ns);
    *ratio = others > 0 ? (double)others / ((double)span * (double)sysconf(_SC_NPROCESSORS_ONLN)) : 0;
    *ratio = *ratio < 1 ? *ratio : 1;
    return true;
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
