/* Sensors of the host's processors: RAPL's energy, the clock, the temperature of the package. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/sensors/host_files.h"
#include "profiler/sensors/reading.h"

enum { MOST_PACKAGES = 16, CLOCKS = 4, LONGEST_PATH = 512 };

/* Energy counters have no sane meaning beyond this: ranges are some 65 to 262 kJ. */
#define LARGEST_RANGE_UJ ((int64_t)1 << 50)

struct package {
    char energy[LONGEST_PATH];
    int64_t range_uj, before_uj; /* before_uj: of the last reading */
};

struct host {
    struct package package[MOST_PACKAGES];
    int packages;
    double energy_mj; /* since it was opened, of all packages */
    bool has_energy;
    int cpu[CLOCKS], cpus;
    char clock[LONGEST_PATH], cpuinfo[LONGEST_PATH], temperature[LONGEST_PATH];
    char why_no_energy[160];
};

static bool read_count(const char *path, int64_t *out)
{
    char text[64];
    return host_read(path, text, sizeof text) && host_parse_count(text, out);
}

static bool name_is(const char *folder, const char *entry, const char *const *names)
{
    char path[2 * LONGEST_PATH], text[64];
    snprintf(path, sizeof path, "%s/%s/name", folder, entry);
    host_read(path, text, sizeof text);
    for (; *names; names++)
        if (!strncmp(text, *names, strlen(*names)))
            return true;
    return false;
}

/* Of a package, "intel-rapl:0"; what lies below it, "intel-rapl:0:0" (cores, memory), is counted in it or beside it.
 * The files belong to root since they once gave secrets away. */
static void add_package(struct host *h, const char *folder, const char *entry)
{
    static const char *const packages[] = {"package-", NULL};
    const char *colon = strchr(entry, ':');
    struct package *p = &h->package[h->packages];
    char range[2 * LONGEST_PATH];
    if (!colon || strchr(colon + 1, ':') || h->packages == MOST_PACKAGES || !name_is(folder, entry, packages))
        return;
    int n = snprintf(p->energy, sizeof p->energy, "%s/%s/energy_uj", folder, entry);
    snprintf(range, sizeof range, "%s/%s/max_energy_range_uj", folder, entry);
    errno = 0;
    if (n >= LONGEST_PATH || !read_count(p->energy, &p->before_uj))
        snprintf(h->why_no_energy, sizeof h->why_no_energy, "%.60s/energy_uj: %.80s", entry,
                 errno ? strerror(errno) : "is no number");
    else if (!read_count(range, &p->range_uj) || p->range_uj < p->before_uj || p->range_uj > LARGEST_RANGE_UJ)
        snprintf(h->why_no_energy, sizeof h->why_no_energy, "%.60s: where its counter begins again is not known",
                 entry);
    else
        h->packages++;
}

/* All packages or none: a part of the machine's energy would look like all of it. */
static void find_energy(struct host *h, const char *root)
{
    char folder[LONGEST_PATH / 2];
    snprintf(folder, sizeof folder, "%s/sys/class/powercap", root);
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));)
        add_package(h, folder, e->d_name);
    if (d)
        closedir(d);
    if (!h->packages && !*h->why_no_energy)
        snprintf(h->why_no_energy, sizeof h->why_no_energy, "no RAPL in /sys/class/powercap");
    h->has_energy = !*h->why_no_energy;
}

/* Some of the CPUs that this process may use, spread evenly: each takes microseconds. */
static void find_clock(struct host *h, const char *root)
{
    cpu_set_t allowed;
    snprintf(h->clock, sizeof h->clock, "%s/sys/devices/system/cpu", root);
    snprintf(h->cpuinfo, sizeof h->cpuinfo, "%s/proc/cpuinfo", root);
    int all = sched_getaffinity(0, sizeof allowed, &allowed) ? 0 : CPU_COUNT(&allowed);
    int wanted = all < CLOCKS ? all : CLOCKS;
    for (int i = 0, seen = 0; i < CPU_SETSIZE && h->cpus < wanted; i++)
        if (CPU_ISSET(i, &allowed) && seen++ >= h->cpus * all / wanted)
            h->cpu[h->cpus++] = i;
}

static void find_temperature(struct host *h, const char *root)
{
    static const char *const drivers[] = {"coretemp", "k10temp", NULL}; /* whose first is the package's */
    char folder[LONGEST_PATH / 2];
    snprintf(folder, sizeof folder, "%s/sys/class/hwmon", root);
    DIR *d = opendir(folder);
    for (struct dirent *e; d && !*h->temperature && (e = readdir(d));)
        if (e->d_name[0] != '.' && strlen(e->d_name) < 64 && name_is(folder, e->d_name, drivers))
            snprintf(h->temperature, sizeof h->temperature, "%s/%.64s/temp1_input", folder, e->d_name);
    if (d)
        closedir(d);
}

static double read_energy(struct host *h)
{
    for (int i = 0; i < h->packages && h->has_energy; i++) {
        struct package *p = &h->package[i];
        int64_t now;
        if (!read_count(p->energy, &now) || now > p->range_uj)
            return NAN;
        h->energy_mj += 1e-3 * (double)host_counter_growth(p->before_uj, now, p->range_uj);
        p->before_uj = now;
    }
    return h->has_energy ? h->energy_mj : NAN;
}

/* The first page of /proc/cpuinfo: the kernel asks each CPU that it prints. */
static double read_clock(const struct host *h)
{
    char path[LONGEST_PATH + 64], text[4096];
    double sum = 0;
    int known = 0;
    for (int i = 0; i < h->cpus; i++) {
        snprintf(path, sizeof path, "%s/cpu%d/cpufreq/scaling_cur_freq", h->clock, h->cpu[i]);
        host_read(path, text, sizeof text);
        double hz = host_parse_khz(text);
        sum += hz;
        known += hz > 0;
        if (!known)
            break; /* what one CPU lacks, the others lack */
    }
    if (known)
        return sum / known;
    host_read(h->cpuinfo, text, sizeof text);
    double hz = host_parse_cpuinfo_hz(text);
    return hz > 0 ? hz : NAN;
}

static void host_source_read(void *own, struct sensor_reading *r)
{
    struct host *h = own;
    int64_t millidegrees;
    r->value[QUANTITY_energy] = read_energy(h);
    r->value[QUANTITY_clock] = read_clock(h);
    if (*h->temperature && read_count(h->temperature, &millidegrees))
        r->value[QUANTITY_temperature] = 1e-3 * (double)millidegrees;
}

void sensor_source_host(const char *root, struct sensor_source *out)
{
    static const struct {
        enum quantity quantity;
        const char *why_not;
    } others[] = {{QUANTITY_clock, "neither cpufreq nor /proc/cpuinfo tells it"},
                  {QUANTITY_temperature, "no coretemp or k10temp in /sys/class/hwmon"}};
    struct host *h = calloc(1, sizeof *h);
    struct sensor_reading first;
    *out = (struct sensor_source){.own = h, .read = host_source_read, .close = free, .name = "host"};
    for (int q = 0; q < QUANTITIES; q++)
        out->why_not[q] = sensor_never;
    if (!h) {
        snprintf(out->reason, sizeof out->reason, "out of memory");
        return;
    }
    find_energy(h, root);
    find_clock(h, root);
    find_temperature(h, root);
    sensor_reading_clear(&first);
    host_source_read(h, &first);
    out->why_not[QUANTITY_energy] = isnan(first.value[QUANTITY_energy]) ? h->why_no_energy : NULL;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        out->why_not[others[i].quantity] = isnan(first.value[others[i].quantity]) ? others[i].why_not : NULL;
}
