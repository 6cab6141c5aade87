#include "pipeline/runtime/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

/* The number after `key` in a file of "key: number kB" lines, in bytes; 0 where there is none. */
static uint64_t kilobytes(const char *path, const char *key)
{
    char line[128];
    unsigned long long kb = 0;
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, key, strlen(key)) && sscanf(line + strlen(key), " %llu", &kb) == 1)
            break;
    if (f)
        fclose(f);
    return (uint64_t)kb << 10;
}

/* A file that holds one number; UINT64_MAX where it does not ("max"). */
static uint64_t number(const char *path)
{
    unsigned long long n = 0;
    FILE *f = fopen(path, "r");
    int read = f ? fscanf(f, "%llu", &n) : 0;
    if (f)
        fclose(f);
    return read == 1 ? n : UINT64_MAX;
}

uint64_t host_free_bytes(void *state)
{
    (void)state;
    uint64_t available = kilobytes("/proc/meminfo", "MemAvailable:");
    uint64_t limit = number("/sys/fs/cgroup/memory.max"), used = number("/sys/fs/cgroup/memory.current");
    if (limit != UINT64_MAX && used != UINT64_MAX && (limit > used ? limit - used : 0) < available)
        available = limit > used ? limit - used : 1;
    return available;
}

struct err host_allocate(void *state, size_t bytes, void **memory)
{
    (void)state;
    *memory = NULL;
    if (!bytes)
        return OK;
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return err_fail("out of memory: %zu bytes: %s", bytes, strerror(errno));
    madvise(p, bytes, MADV_HUGEPAGE); /* first touch is half the cost of packing weights */
    *memory = p;
    return OK;
}

void host_release(void *state, void *memory, size_t bytes)
{
    (void)state;
    if (memory)
        munmap(memory, bytes);
}

struct err host_copy_in(void *state, void *to, const void *host, size_t bytes)
{
    (void)state;
    memcpy(to, host, bytes);
    return OK;
}

struct err host_copy_out(void *state, void *host, const void *from, size_t bytes)
{
    (void)state;
    memcpy(host, from, bytes);
    return OK;
}
