#include "bench/cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/mounts.h"
#include "bench/system_file.h"

enum { GROUP_SIZE = 1024 };

/* Whether a list with commas has a word. */
static bool has_word(const char *list, size_t n, const char *word)
{
    size_t length = strlen(word);
    if (!length)
        return !n;
    for (const char *at = list; at < list + n; at += strcspn(at, ",:\n") + 1)
        if (strcspn(at, ",:\n") == length && !strncmp(at, word, length))
            return true;
    return false;
}

/* Lines are "7:cpu,cpuacct:/group"; version 2 has "0::/group". */
bool cgroup_path(const char *text, const char *controller, char *out, size_t size)
{
    for (const char *line = text; line && *line; line = (line = strchr(line, '\n')) ? line + 1 : NULL) {
        const char *list = line + strspn(line, "0123456789");
        size_t n = *list == ':' ? strcspn(++list, ":\n") : 0;
        if (list == line || list[-1] != ':' || list[n] != ':' || !has_word(list, n, controller))
            continue;
        const char *path = list + n + 1;
        size_t length = strcspn(path, "\n");
        if (!length || length >= size)
            return false;
        snprintf(out, size, "%.*s", (int)length, path);
        return true;
    }
    return false;
}

double cgroup_quota(const char *quota_us, const char *period_us)
{
    char *end;
    double quota = strtod(quota_us, &end), period = strtod(period_us, NULL);
    return end != quota_us && quota > 0 && quota < 1e18 && period > 0 && period < 1e18 ? quota / period : 0;
}

double cgroup_cpu_max(const char *text)
{
    const char *space = strchr(text, ' ');
    return space ? cgroup_quota(text, space + 1) : 0;
}

static double limit_of(const char *folder, bool is_v2)
{
    char path[4096], quota[64], period[64];
    snprintf(path, sizeof path, "%.2047s/%s", folder, is_v2 ? "cpu.max" : "cpu.cfs_quota_us");
    system_file_line(path, quota, sizeof quota);
    if (is_v2)
        return cgroup_cpu_max(quota);
    snprintf(path, sizeof path, "%.2047s/cpu.cfs_period_us", folder);
    system_file_line(path, period, sizeof period);
    return cgroup_quota(quota, period);
}

/* From the group up to where the groups are mounted. In a container that may be below the root of all groups: then the
 * group's path begins with the folder that is mounted, or says nothing of what is to be seen here. */
static double least_limit(const struct mount *m, const char *group, bool is_v2)
{
    char folder[sizeof m->point + GROUP_SIZE];
    double least = 0;
    const char *below = path_is_below(group, m->root) ? group + (strcmp(m->root, "/") ? strlen(m->root) : 0) : "";
    snprintf(folder, sizeof folder, "%s%s", m->point, strcmp(below, "/") ? below : "");
    while (path_is_below(folder, m->point)) {
        double limit = limit_of(folder, is_v2);
        least = limit > 0 && (least == 0 || limit < least) ? limit : least;
        char *slash = strrchr(folder, '/');
        if (!slash)
            break;
        *slash = 0;
    }
    return least;
}

double cgroup_cores_read(void)
{
    char *mounts = system_file("/proc/self/mountinfo"), *groups = system_file("/proc/self/cgroup"), group[GROUP_SIZE];
    double least = 0;
    struct mount m;
    for (const char *at = mounts; mount_next(&at, &m);) {
        bool is_v2 = !strcmp(m.type, "cgroup2");
        bool is_cpu = !strcmp(m.type, "cgroup") && has_word(m.options, strlen(m.options), "cpu");
        if ((!is_v2 && !is_cpu) || !cgroup_path(groups, is_v2 ? "" : "cpu", group, sizeof group))
            continue;
        double limit = least_limit(&m, group, is_v2);
        least = limit > 0 && (least == 0 || limit < least) ? limit : least;
    }
    free(mounts);
    free(groups);
    return least;
}
