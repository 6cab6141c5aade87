#include "bench/proc_stat.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/error.h"
#include "pipeline/base/text.h"

/* The columns of a "cpu" line. Two more follow, guest and guest_nice: user and nice hold them already. */
static const struct column {
    const char *name;
    bool busy, stolen;
} columns[] = {
    {"user", true, false},  {"nice", true, false},    {"system", true, false},
    {"idle", false, false}, {"iowait", false, false}, /* idle, with something to wait for */
    {"irq", true, false},   {"softirq", true, false}, {"steal", true, true},
};

int64_t proc_stat_tick_ns(void)
{
    long each_second = sysconf(_SC_CLK_TCK);
    return 1000000000 / (each_second > 0 ? each_second : 100);
}

/* Adds the counters of the first line. One that is near the end of its range is a kernel's mistake (steal has gone
 * below zero), and sums of the others cannot overflow. */
static bool add_counters(const char *at, struct processor_time *out)
{
    for (size_t i = 0; i < ARRAY_LEN(columns); i++) {
        at += strspn(at, " ");
        if (*at < '0' || *at > '9')
            return false;
        char *end;
        unsigned long long ticks = strtoull(at, &end, 10); /* the largest value where it is out of range */
        if (ticks > INT64_MAX / ARRAY_LEN(columns) || (*end != ' ' && *end != '\n'))
            return false;
        out->busy_ticks += columns[i].busy ? (int64_t)ticks : 0;
        out->stolen_ticks += columns[i].stolen ? (int64_t)ticks : 0;
        at = end;
    }
    return true;
}

struct processor_time proc_stat_parse(const char *text)
{
    const struct processor_time unknown = {0};
    struct processor_time t = {0};
    if (strncmp(text, "cpu ", 4) || !add_counters(text + 4, &t))
        return unknown;
    const char *line = strchr(text, '\n');
    for (; line && !strncmp(line + 1, "cpu", 3); line = strchr(line + 1, '\n'))
        t.processors++;
    bool whole = t.processors && line && line[1];
    return whole && t.busy_ticks ? t : unknown; /* some sandboxes show zeros */
}

struct processor_time proc_stat_read(void)
{
    char part[512]; /* "cpu" lines are shorter; the line after them can be very long, and its beginning is enough */
    struct text text = {0};
    FILE *f = fopen("/proc/stat", "r");
    for (bool more = f; more && fgets(part, sizeof part, f); more = !strncmp(part, "cpu", 3))
        text_add(&text, "%s", part);
    if (f)
        fclose(f);
    struct processor_time t = proc_stat_parse(text_get(&text));
    text_free(&text);
    return t;
}
