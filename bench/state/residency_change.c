#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/state/residency.h"

enum { BUFFER = 1 << 23, ATTEMPTS = 5, FIRST_PAUSE_MS = 10 };

/* Of what cannot be opened or is no regular file nothing is done here: what is told afterwards says why. */
static int open_file(const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 || (!fstat(fd, &st) && S_ISREG(st.st_mode)))
        return fd;
    close(fd);
    return -1;
}

static struct err report(struct progress *p, const char *what, uint64_t done, uint64_t total)
{
    return progress_report(p, what, done, total) ? OK : err_make(ERR_CANCELLED, "cancelled");
}

/* Only clean pages go. A file that this user may not write is clean as far as this user is concerned, and it does not
 * matter that some filesystems refuse to flush it. */
static void evict_one(const char *path)
{
    int fd = open_file(path);
    if (fd < 0)
        return;
    fdatasync(fd);
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Repeated, since pages that are being looked at at that moment stay: those that readahead still brings in, or that a
 * process which just ended has not given back. */
struct err residency_evict(const struct file_list *files, struct progress *progress, struct residency *after)
{
    struct err e = OK;
    *after = residency_of(files);
    for (int attempt = 0; attempt < ATTEMPTS && !e.code && after->resident; attempt++) {
        if (attempt)
            pause_ms((long)FIRST_PAUSE_MS << (attempt - 1));
        for (size_t i = 0; i < files->count && !e.code; i++) {
            evict_one(files->path[i]);
            e = report(progress, "evict files", i + 1, files->count);
        }
        *after = residency_of(files);
    }
    progress_clear(progress);
    return e;
}

struct loading {
    struct progress *progress;
    char *buffer;
    uint64_t done, total;
};

static struct err load_one(struct loading *l, const char *path)
{
    struct err e = OK;
    int fd = open_file(path);
    ssize_t n;
    while (fd >= 0 && !e.code && ((n = read(fd, l->buffer, BUFFER)) > 0 || (n < 0 && errno == EINTR))) {
        l->done += n > 0 ? (uint64_t)n : 0;
        e = report(l->progress, "read files", l->done, l->total);
    }
    if (fd >= 0)
        close(fd);
    return e;
}

static struct err load_all(const struct file_list *files, struct loading *l)
{
    struct err e = OK;
    l->done = 0;
    for (size_t i = 0; i < files->count && !e.code; i++)
        e = load_one(l, files->path[i]);
    return e;
}

/* Repeated, since a kernel that reclaims what nobody used lately may take pages while the rest is read. */
struct err residency_load(const struct file_list *files, struct progress *progress, struct residency *after)
{
    struct loading l = {.progress = progress, .buffer = malloc(BUFFER)};
    struct err e = l.buffer ? OK : err_fail("out of memory");
    struct stat st;
    for (size_t i = 0; i < files->count; i++)
        l.total += stat(files->path[i], &st) ? 0 : (uint64_t)st.st_size;
    *after = residency_of(files);
    if (!e.code)
        e = report(progress, "read files", 0, l.total); /* may be the wish to end it */
    for (int attempt = 0; attempt < ATTEMPTS && !e.code && after->share < RESIDENT_LIMIT; attempt++) {
        e = load_all(files, &l);
        *after = residency_of(files);
    }
    free(l.buffer);
    progress_clear(progress);
    return e;
}
