#include "bench/machine.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "bench/cgroup.h"
#include "bench/system_file.h"

int machine_list_count(const char *text)
{
    int count = 0;
    while (*text >= '0' && *text <= '9') {
        char *end;
        long first = strtol(text, &end, 10), last = first;
        if (*end == '-' && end[1] >= '0' && end[1] <= '9')
            last = strtol(end + 1, &end, 10);
        if (last < first || last >= 1 << 20 || (*end && !strchr(",\n", *end)))
            return 0;
        count += (int)(last - first) + 1;
        text = end + (*end == ',');
    }
    return count;
}

void machine_os_release(const char *text, const char *key, char *out, size_t size)
{
    size_t n = 0, length = strlen(key);
    while (text && (strncmp(text, key, length) || text[length] != '='))
        text = (text = strchr(text, '\n')) ? text + 1 : NULL;
    if (text) {
        const char *at = text + length + 1;
        char quote = *at == '"' || *at == '\'' ? *at++ : '\n';
        for (; *at && *at != quote && *at != '\n' && n + 1 < size; at++) {
            if (*at == '\\' && at[1] && at[1] != '\n')
                at++;
            out[n++] = *at;
        }
    }
    out[n] = 0;
}

uint64_t machine_meminfo_bytes(const char *text, const char *name)
{
    unsigned long long kb = 0;
    size_t length = strlen(name);
    for (const char *line = text; line; line = (line = strchr(line, '\n')) ? line + 1 : NULL)
        if (!strncmp(line, name, length) && line[length] == ':' && sscanf(line + length + 1, "%llu kB", &kb) == 1)
            break;
    return (uint64_t)kb << 10;
}

void machine_cpu_model(const char *text, char *out, size_t size)
{
    const char *line = text;
    *out = 0;
    while (line && strncmp(line, "model name", 10))
        line = (line = strchr(line, '\n')) ? line + 1 : NULL;
    const char *colon = line ? strchr(line, ':') : NULL;
    if (colon && colon < line + strcspn(line, "\n")) {
        colon += 1 + strspn(colon + 1, " ");
        snprintf(out, size, "%.*s", (int)strcspn(colon, "\n"), colon);
    }
}

/* Adds a governor that is not there yet. */
static void add_governor(char *list, size_t size, const char *name)
{
    size_t length = strlen(list);
    if (*name && !strstr(list, name))
        snprintf(list + length, size - length, "%s%s", length ? "," : "", name);
}

static void read_governors(const cpu_set_t *set, char *out, size_t size)
{
    char path[96], name[32];
    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, set)) {
            snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/cpufreq/scaling_governor", i);
            system_file_line(path, name, sizeof name);
            add_governor(out, size, name);
        }
}

static void read_texts(struct machine *m)
{
    char *text = system_file("/proc/cpuinfo");
    machine_cpu_model(text, m->cpu, sizeof m->cpu);
    free(text);
    text = system_file("/etc/os-release");
    machine_os_release(text, "PRETTY_NAME", m->distribution, sizeof m->distribution);
    free(text);
    text = system_file("/proc/meminfo");
    m->swap_bytes = machine_meminfo_bytes(text, "SwapTotal");
    free(text);
    text = system_file("/sys/devices/system/node/online");
    m->numa_nodes = machine_list_count(text);
    free(text);
}

struct machine machine_describe(void)
{
    struct machine m = {.cores_online = (int)sysconf(_SC_NPROCESSORS_ONLN)};
    struct utsname system;
    cpu_set_t set;
    bool has_set = !sched_getaffinity(0, sizeof set, &set);
    if (!uname(&system))
        snprintf(m.kernel, sizeof m.kernel, "%.40s %.60s %.20s", system.sysname, system.release, system.machine);
    m.cores = has_set ? CPU_COUNT(&set) : m.cores_online;
    m.cgroup_cores = cgroup_cores_read();
    m.memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGE_SIZE);
    if (has_set)
        read_governors(&set, m.governor, sizeof m.governor);
    read_texts(&m);
    return m;
}
