#include "bench/state/residency.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench/state/filesystem.h"
#include "bench/state/mapped.h"

enum {
    CACHESTAT = 451,      /* the number of the call, on all architectures but alpha */
    PART = 1 << 28,       /* bytes that are looked at at once */
    UNKNOWN_USER = 65534, /* how others' users look in a user namespace */
};

/* One opened file. */
struct subject {
    int fd;
    struct stat st;
    struct filesystem on;
    size_t pages, resident;
};

static const char *open_subject(const char *path, struct subject *s)
{
    *s = (struct subject){.fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (s->fd < 0 || fstat(s->fd, &s->st)) {
        const char *why = strerror(errno);
        if (s->fd >= 0)
            close(s->fd);
        return why;
    }
    if (!S_ISREG(s->st.st_mode)) {
        close(s->fd);
        return "is not a regular file";
    }
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    s->pages = ((size_t)s->st.st_size + page - 1) / page;
    s->on = filesystem_of(s->fd);
    return NULL;
}

/* Whether mincore says the truth: the kernel asks for the owner, for root where it may act as the owner (not a
 * container's for a user whom the container does not know), or for one who may write. */
static bool is_told(const char *path, const struct subject *s)
{
    bool acts = !geteuid() && s->st.st_uid != UNKNOWN_USER;
    return acts || s->st.st_uid == geteuid() || !faccessat(AT_FDCWD, path, W_OK, AT_EACCESS);
}

static bool count_mapped(struct subject *s)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), size = (size_t)s->st.st_size;
    unsigned char *there = malloc(PART / page);
    bool known = there;
    for (size_t at = 0; at < size && known; at += PART) {
        size_t bytes = size - at < PART ? size - at : PART, pages = (bytes + page - 1) / page;
        void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, s->fd, (off_t)at);
        known = map != MAP_FAILED && !mincore(map, bytes, there);
        for (size_t i = 0; known && i < pages; i++)
            s->resident += there[i] & 1;
        if (map != MAP_FAILED)
            munmap(map, bytes);
    }
    free(there);
    return known;
}

static bool count_by_cachestat(struct subject *s)
{
    struct {
        uint64_t offset, length;
    } range = {0, 0}; /* all */
    struct {
        uint64_t cached, dirty, writeback, evicted, recently_evicted;
    } found = {0};
    if (s->on.is_stacked || syscall(CACHESTAT, s->fd, &range, &found, 0))
        return false;
    s->resident = found.cached < s->pages ? (size_t)found.cached : s->pages; /* pages beyond the end may exist */
    return true;
}

/* Why it is unknown, or NULL. */
static const char *count(const char *path, struct subject *s)
{
    if (s->on.hides)
        return "is not verifiable: its filesystem keeps a cache of its own";
    if (is_told(path, s) && count_mapped(s))
        return NULL;
    s->resident = 0;
    if (count_by_cachestat(s))
        return NULL;
    return "is not verifiable: it is neither this user's nor writable, so the kernel does not tell what is cached";
}

static double part(size_t of, size_t all)
{
    return all ? (double)of / (double)all : 0;
}

struct residency residency_of(const struct file_list *files)
{
    struct residency r = {.share = -1};
    size_t most = 0, least = 0;
    for (size_t i = 0; i < files->count; i++) {
        struct subject s;
        const char *path = files->path[i], *why = open_subject(path, &s);
        if (!why) {
            why = count(path, &s);
            close(s.fd);
        }
        if (why && !*r.reason)
            snprintf(r.reason, sizeof r.reason, "%s %s", file_base_name(path), why);
        if (why)
            continue;
        r.pages += s.pages;
        r.resident += s.resident;
        if (s.resident > most)
            most = s.resident, r.most = path, r.most_share = part(s.resident, s.pages);
        if (s.pages - s.resident > least)
            least = s.pages - s.resident, r.least = path, r.least_share = part(s.resident, s.pages);
    }
    if (r.pages && !*r.reason)
        r.share = (double)r.resident / (double)r.pages;
    return r;
}

void residency_why(const char *path, char *out, size_t size)
{
    char name[32];
    struct subject s;
    const char *why = open_subject(path, &s);
    *out = 0;
    if (!why)
        close(s.fd);
    if (why) {
        snprintf(out, size, ": %s", why);
    } else if (s.on.is_memory) {
        snprintf(out, size, " lies on %s, which is memory", s.on.name);
    } else {
        pid_t process = mapped_by(path, name);
        if (process == getpid())
            snprintf(out, size, " is still mapped by this process");
        else if (process)
            snprintf(out, size, " is still mapped by process %jd (%s)", (intmax_t)process, name);
        else
            snprintf(out, size, " stays; it lies on %s", s.on.name);
    }
}
