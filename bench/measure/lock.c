#include "bench/measure/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char USUAL_PATH[] = "/tmp/sdbench-timed-run.lock";

enum { ATTEMPTS = 5, PAUSE_NS = 10000000, FLAGS = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };

/* Not with O_CREAT where the file is there: in a folder like /tmp a kernel may refuse that to all but its owner
 * (fs.protected_regular). A new one is for all users, whatever the umask. */
static int open_or_make(const char *path)
{
    int fd = open(path, FLAGS);
    if (fd >= 0 || errno != ENOENT)
        return fd;
    fd = open(path, FLAGS | O_CREAT | O_EXCL, 0666);
    if (fd >= 0)
        fchmod(fd, 0666);
    return fd;
}

/* Another user may be making it right now, and not have opened it to all yet. */
static int open_patiently(const char *path)
{
    int fd = open_or_make(path);
    for (int i = 1; i < ATTEMPTS && fd < 0 && (errno == EEXIST || errno == EACCES); i++) {
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
        fd = open_or_make(path);
    }
    return fd;
}

static bool lock_shared(int fd)
{
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    return !fcntl(fd, F_OFD_SETLK, &lock);
}

void lock_open(struct lock *l)
{
    const char *named = getenv("SDBENCH_LOCK");
    struct stat st;
    *l = (struct lock){.fd = -1};
    int length = snprintf(l->path, sizeof l->path, "%s", named && *named ? named : USUAL_PATH);
    if ((size_t)length >= sizeof l->path) {
        snprintf(l->reason, sizeof l->reason, "the lock of timed runs: SDBENCH_LOCK is too long a path");
        return;
    }
    int fd = open_patiently(l->path);
    const char *why = NULL;
    if (fd < 0)
        why = errno == ELOOP ? "it is a link" : strerror(errno);
    else if (fstat(fd, &st) || !S_ISREG(st.st_mode))
        why = "it is not a regular file";
    else if (!lock_shared(fd) || futimens(fd, NULL))
        why = strerror(errno);
    if (why) {
        snprintf(l->reason, sizeof l->reason, "the lock of timed runs cannot be had: %s: %s", l->path, why);
        if (fd >= 0)
            close(fd);
    } else {
        l->fd = fd;
    }
}

void lock_close(struct lock *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

/* A file that was removed meanwhile locks nobody out who makes a new one. */
static bool is_in_place(const struct lock *l, struct stat *ours)
{
    struct stat named;
    return !fstat(l->fd, ours) && !stat(l->path, &named) && named.st_dev == ours->st_dev &&
           named.st_ino == ours->st_ino;
}

struct lock_mark lock_mark(const struct lock *l)
{
    const struct lock_mark unknown = {.others = LOCK_UNKNOWN};
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct stat st;
    if (l->fd < 0 || !is_in_place(l, &st) || fcntl(l->fd, F_OFD_GETLK, &lock))
        return unknown;
    return (struct lock_mark){.others = lock.l_type == F_UNLCK ? LOCK_NO : LOCK_YES,
                              .touched_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
}

enum lock_answer lock_disturbed(const struct lock *l, struct lock_mark since)
{
    struct lock_mark now = lock_mark(l);
    if (since.others == LOCK_YES || now.others == LOCK_YES)
        return LOCK_YES;
    if (since.others == LOCK_UNKNOWN || now.others == LOCK_UNKNOWN)
        return LOCK_UNKNOWN;
    return now.touched_ns != since.touched_ns ? LOCK_YES : LOCK_NO;
}
