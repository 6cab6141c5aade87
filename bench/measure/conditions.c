#include "bench/measure/conditions.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/measure/conditions_text.h"
#include "pipeline/base/clock.h"
#include "pipeline/base/error.h"
#include "profiler/sensors/host_files.h"

/* Files of /proc and /sys that are read here are shorter, or their beginning is enough. */
struct contents {
    char text[8192];
};

/* "" where it cannot be read. */
static const char *contents_of(const char *path, struct contents *c)
{
    size_t length = 0;
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && length < sizeof c->text - 1 &&
           ((n = read(fd, c->text + length, sizeof c->text - 1 - length)) > 0 || (n < 0 && errno == EINTR)))
        length += n > 0 ? (size_t)n : 0;
    if (fd >= 0)
        close(fd);
    c->text[length] = 0;
    return c->text;
}

static const char *contents_of_cpu(int cpu, const char *file, struct contents *c)
{
    char path[128];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/%s", cpu, file);
    return contents_of(path, c);
}

/* CPUs that this process may use, at most `most` of them, spread evenly. */
static int some_cpus(int *cpu, int most)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed))
        return 0; /* also where the kernel has more CPUs than the set */
    int all = CPU_COUNT(&allowed), taken = 0;
    for (int i = 0, seen = 0; i < CPU_SETSIZE && taken < most; i++)
        if (CPU_ISSET(i, &allowed) && seen++ >= (int)((int64_t)taken * all / (all < most ? all : most)))
            cpu[taken++] = i;
    return taken;
}

/* A kernel that measures a clock when asked may take long for each CPU: after this time the mean of those that were
 * read will do. */
enum { CLOCK_BUDGET_NS = 200000 };

static void read_clock(struct conditions *c)
{
    struct contents contents;
    int cpu[CLOCK_CPUS], count = some_cpus(cpu, CLOCK_CPUS), known = 0;
    int64_t begin = clock_now_ns();
    double sum_hz = 0;
    for (int i = 0; i < count && (!i || clock_now_ns() - begin < CLOCK_BUDGET_NS); i++) {
        double hz = host_parse_khz(contents_of_cpu(cpu[i], "cpufreq/scaling_cur_freq", &contents));
        sum_hz += hz;
        known += hz > 0;
        if (!i && !known)
            break; /* what one CPU lacks, the others lack */
    }
    c->clock_hz = known ? sum_hz / known : host_parse_cpuinfo_hz(contents_of("/proc/cpuinfo", &contents));
    if (count)
        conditions_parse_word(contents_of_cpu(cpu[0], "cpufreq/scaling_governor", &contents), c->governor);
}

static void read_throttling(struct conditions *c)
{
    struct contents contents;
    int cpu[THROTTLE_CPUS], count = some_cpus(cpu, THROTTLE_CPUS);
    c->throttle_events = CONDITION_UNKNOWN;
    for (int i = 0; i < count; i++) {
        int64_t n = conditions_parse_count(contents_of_cpu(cpu[i], "thermal_throttle/core_throttle_count", &contents));
        if (n == CONDITION_UNKNOWN)
            return;
        c->throttle_events = (i ? c->throttle_events : 0) + n;
    }
}

static void read_faults(struct conditions *c)
{
    struct rusage usage;
    struct contents contents;
    c->disk_read_bytes = conditions_parse_field(contents_of("/proc/self/io", &contents), "read_bytes:");
    c->major_faults = c->minor_faults = CONDITION_UNKNOWN;
    if (getrusage(RUSAGE_SELF, &usage))
        return;
    c->major_faults = usage.ru_majflt;
    c->minor_faults = usage.ru_minflt;
}

static void read_priority(struct conditions *c)
{
    static const struct {
        int policy;
        const char *name;
    } policies[] = {{SCHED_OTHER, "other"}, {SCHED_BATCH, "batch"}, {SCHED_IDLE, "idle"},
                    {SCHED_FIFO, "fifo"},   {SCHED_RR, "rr"},       {6, "deadline"}};
    struct contents contents;
    int policy = sched_getscheduler(0) & ~SCHED_RESET_ON_FORK;
    errno = 0;
    int nice_value = getpriority(PRIO_PROCESS, 0);
    c->nice = errno ? CONDITION_UNKNOWN : nice_value;
    for (size_t i = 0; i < ARRAY_LEN(policies); i++)
        if (policies[i].policy == policy)
            snprintf(c->scheduler, sizeof c->scheduler, "%s", policies[i].name);
    c->autogroup_enabled = conditions_parse_count(contents_of("/proc/sys/kernel/sched_autogroup_enabled", &contents));
    c->autogroup_nice = conditions_parse_autogroup_nice(contents_of("/proc/self/autogroup", &contents));
}

static double lower(double a, double b)
{
    return a > 0 && (b <= 0 || a < b) ? a : b;
}

/* The limits of a cgroup and of those above it all hold. `mount` is where its hierarchy may be. */
static double limit_of(const char *mount, const char *group, bool second)
{
    struct contents contents, period;
    char path[CONDITIONS_LONGEST_GROUP], file[CONDITIONS_LONGEST_GROUP + 128];
    double cores = 0;
    snprintf(path, sizeof path, "%s", group);
    for (;;) {
        snprintf(file, sizeof file, "%s%s/%s", mount, path, second ? "cpu.max" : "cpu.cfs_quota_us");
        const char *text = contents_of(file, &contents);
        if (second) {
            cores = lower(conditions_parse_cpu_max(text), cores);
        } else {
            snprintf(file, sizeof file, "%s%s/cpu.cfs_period_us", mount, path);
            cores = lower(conditions_parse_quota(text, contents_of(file, &period)), cores);
        }
        char *slash = strrchr(path, '/');
        if (!slash)
            return cores;
        *slash = 0;
    }
}

static void read_cgroup(struct conditions *c)
{
    static const struct {
        const char *mount;
        bool second;
    } mounts[] = {{"/sys/fs/cgroup", true}, {"/sys/fs/cgroup/unified", true}, {"/sys/fs/cgroup/cpu", false}};
    struct contents contents;
    char group[CONDITIONS_LONGEST_GROUP];
    const char *text = contents_of("/proc/self/cgroup", &contents);
    for (size_t i = 0; i < ARRAY_LEN(mounts); i++)
        if (conditions_parse_cgroup(text, mounts[i].second, group))
            c->cgroup_cores = lower(limit_of(mounts[i].mount, group, mounts[i].second), c->cgroup_cores);
}

static void read_memory(struct conditions *c)
{
    struct contents contents;
    int64_t kib = conditions_parse_field(contents_of("/proc/meminfo", &contents), "MemAvailable:");
    c->memory_free_bytes = kib < 0 || kib > INT64_MAX / 1024 ? CONDITION_UNKNOWN : kib * 1024;
    conditions_parse_chosen(contents_of("/sys/kernel/mm/transparent_hugepage/enabled", &contents), c->huge_pages);
}

struct conditions conditions_now(void)
{
    struct conditions c = {0};
    read_faults(&c);
    read_clock(&c);
    read_throttling(&c);
    read_priority(&c);
    read_cgroup(&c);
    read_memory(&c);
    return c;
}
