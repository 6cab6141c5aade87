#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/doctor/findings.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"
#include "pipeline/model/manifest.h"
#include "pipeline/runtime/host.h"
#include "pipeline/weights/cache.h"

/* Instruction sets that kernels are chosen by, as the kernel of the operating system calls them. */
static const struct {
    const char *flag, *what;
} instruction_sets[] = {
    {"avx2", "float32, 8 at a time"},
    {"avx512f", "float32, 16 at a time"},
    {"avx512_bf16", "bfloat16 products: variant mixed"},
    {"amx_bf16", "bfloat16 products of tiles"},
    {"asimd", "float32, 4 at a time"},
    {"bf16", "bfloat16 products: variant mixed"},
};

/* The text behind the first of the keys in /proc/cpuinfo; "" where there is none. */
static void cpu_line(const char *const keys[2], char *out, size_t size)
{
    FILE *f = fopen("/proc/cpuinfo", "r");
    *out = 0;
    while (f && !*out && fgets(out, (int)size, f)) {
        char *colon = strchr(out, ':');
        bool found = false;
        for (int i = 0; i < 2; i++)
            found |= colon && !strncmp(out, keys[i], strlen(keys[i])) && strchr("\t :", out[strlen(keys[i])]);
        if (found)
            memmove(out, colon + 1 + strspn(colon + 1, " "), strlen(colon + strspn(colon + 1, " ")));
        else
            *out = 0;
    }
    if (f)
        fclose(f);
    out[strcspn(out, "\n")] = 0;
}

static bool has_word(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; (at = strstr(at, word)); at += length)
        if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

static void add_cpu(struct findings *f)
{
    char line[8192];
    cpu_set_t set;
    cpu_line((const char *const[2]){"model name", "Model"}, line, sizeof line);
    findings_add(f, "cpu", "model", true, "%s", *line ? line : "unknown");
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    int ours = sched_getaffinity(0, sizeof set, &set) ? (int)online : CPU_COUNT(&set);
    findings_add(f, "cpu", "cores", true, "%d of %ld for this process", ours, online);
    cpu_line((const char *const[2]){"flags", "Features"}, line, sizeof line);
    struct text has = {0};
    for (size_t i = 0; i < ARRAY_LEN(instruction_sets); i++)
        if (has_word(line, instruction_sets[i].flag))
            text_add(&has, "%s%s (%s)", has.length ? ", " : "", instruction_sets[i].flag, instruction_sets[i].what);
    findings_add(f, "cpu", "instructions", has.length, "%s",
                 has.length ? text_get(&has) : "none that kernels are tuned for: products are slow");
    text_free(&has);
}

/* Linux may put each session into a scheduling group of its own: `nice` then orders the processes inside a group and
 * says nothing to other sessions, each of which gets as much of the processors as that of a timed run. Only the group's
 * own number, in /proc/PID/autogroup, changes that. Nothing is said where there are no such groups. */
static void add_autogroup(struct findings *f)
{
    int on = 0;
    FILE *file = fopen("/proc/sys/kernel/sched_autogroup_enabled", "r");
    bool told = file && fscanf(file, "%d", &on) == 1;
    if (file)
        fclose(file);
    if (told && on && !access("/proc/self/autogroup", F_OK))
        findings_add(f, "cpu", "autogroup", true,
                     "on: nice counts only inside a session; for a timed run, as root: "
                     "setsid -w sh -c 'echo -10 >/proc/self/autogroup; exec make bench'");
}

static void add_memory(struct findings *f)
{
    uint64_t total = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGE_SIZE);
    findings_add(f, "memory", "free", true, "%.1f GB of %.1f GB", (double)host_free_bytes(NULL) * 1e-9,
                 (double)total * 1e-9);
}

/* Bytes of the synthetic checkpoint of the largest model, which a first run makes. */
static uint64_t checkpoint_bytes_of_sd14(void)
{
    struct arena arena = {0};
    uint64_t bytes = sizeof(float) * (uint64_t)manifest_make(model_config_find("sd14"), &arena).values;
    arena_free(&arena);
    return bytes;
}

static void add_disk(struct findings *f, const char *folder)
{
    struct cache_entry *entry;
    size_t count;
    uint64_t disk = file_free_bytes(folder), needed = checkpoint_bytes_of_sd14();
    bool made = false;
    struct err e = weights_cache_list(&entry, &count);
    for (size_t i = 0; i < count; i++)
        made |= !strncmp(entry[i].name, "sd14-", 5) && entry[i].bytes >= needed;
    weights_cache_list_free(entry, count);
    err_free(&e);
    bool enough = made || disk > needed;
    findings_add(f, "cache", "disk", enough, "%.1f GB free; synthetic weights of sd14 take %.1f GB%s%s",
                 (double)disk * 1e-9, (double)needed * 1e-9, made ? ", which are there" : "",
                 enough ? "" : ": make room, or set SDBENCH_CACHE to a folder on another disk");
}

static void add_cache(struct findings *f)
{
    char *folder;
    struct err e = file_cache_folder(&folder);
    if (e.code) {
        findings_add(f, "cache", "folder", false, "%s", err_text(e));
        err_free(&e);
        return;
    }
    bool writable = !access(folder, W_OK | X_OK);
    findings_add(f, "cache", "folder", writable, "%s%s%s%s", folder,
                 writable ? "" : ": cannot be written: ", writable ? "" : strerror(errno),
                 writable ? "" : "; set SDBENCH_CACHE to another folder");
    add_disk(f, folder);
    free(folder);
}

void doctor_machine(struct findings *f)
{
    add_cpu(f);
    add_autogroup(f);
    doctor_sensors_host(f);
    add_memory(f);
    add_cache(f);
}
