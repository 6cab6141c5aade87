#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/runtime/cuda/choice/plan_file_text.h"

/* Whether this user alone decides what is in an opened file or folder. */
static struct err check_owner(const struct stat *st)
{
    if (st->st_uid != geteuid())
        return err_fail("is not used: it belongs to user %u, and this is user %u", st->st_uid, geteuid());
    if (st->st_mode & (S_IWGRP | S_IWOTH))
        return err_fail("is not used: others may write it (chmod go-w)");
    return OK;
}

/* The same of a folder: root may own it, and others may write where only owners replace files (the sticky bit of /tmp).
 */
static struct err check_folder(const struct stat *st)
{
    struct stat as_ours = *st;
    if (st->st_uid == 0)
        as_ours.st_uid = geteuid();
    if (st->st_mode & S_ISVTX)
        as_ours.st_mode &= ~(mode_t)(S_IWGRP | S_IWOTH);
    return check_owner(&as_ours);
}

/* Opens the folder of a path, which nobody else may write, since who may can put another file there. *name is the rest
 * of the path. */
static struct err open_folder(const char *path, int *fd, const char **name)
{
    struct stat st;
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (!folder)
        return err_fail("%s: out of memory", path);
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err e = OK;
    if (*fd < 0 || fstat(*fd, &st))
        e = err_make(errno == ENOENT ? ERR_ABSENT : ERR_FAILED, "%s: %s", folder, strerror(errno));
    else
        e = err_wrap(check_folder(&st), "folder %s", folder);
    if (e.code && *fd >= 0)
        close(*fd);
    free(folder);
    return e;
}

/* Opens without following a link and without waiting for a pipe's other end, and looks at what was opened, not at what
 * now has its name. */
static struct err open_file(int folder, const char *name, int *fd, size_t *size)
{
    struct stat st;
    *fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return errno == ELOOP ? err_fail("is not used: it is a link")
                              : err_make(errno == ENOENT ? ERR_ABSENT : ERR_FAILED, "%s", strerror(errno));
    struct err e = fstat(*fd, &st) ? err_fail("%s", strerror(errno)) : OK;
    if (!e.code && !S_ISREG(st.st_mode))
        e = err_fail("is not used: it is not a regular file");
    if (!e.code)
        e = check_owner(&st);
    if (!e.code && st.st_size > PLAN_FILE_LARGEST)
        e = err_fail("is not used: it has more than %d MiB", PLAN_FILE_LARGEST >> 20);
    if (e.code)
        close(*fd);
    else
        *size = (size_t)st.st_size;
    return e;
}

static struct err read_bytes(int fd, char *bytes, size_t n)
{
    while (n) {
        ssize_t got = read(fd, bytes, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return err_fail("%s", got ? strerror(errno) : "is damaged: it became shorter while it was read");
        bytes += got;
        n -= (size_t)got;
    }
    return OK;
}

static struct err check_key(const struct plan_file *f, const char *key)
{
    return !key || !strcmp(key, f->key) ? OK
                                        : err_fail("is not used: it is for \"%s\", and this is \"%s\"", f->key, key);
}

static struct err read_opened(int fd, size_t size, const char *key, struct plan_file *out)
{
    char *bytes = malloc(size + 1);
    struct err e = bytes ? read_bytes(fd, bytes, size) : err_fail("out of memory");
    if (!e.code) {
        bytes[size] = 0;
        e = plan_file_parse(bytes, size, out);
    }
    free(bytes);
    if (!e.code)
        e = check_key(out, key);
    if (e.code)
        plan_file_free(out);
    return e;
}

struct err plan_file_read(const char *path, const char *key, struct plan_file *out)
{
    int folder, fd;
    size_t size = 0;
    const char *name;
    *out = (struct plan_file){0};
    TRY(open_folder(path, &folder, &name));
    struct err e = open_file(folder, name, &fd, &size);
    close(folder);
    if (!e.code) {
        e = read_opened(fd, size, key, out);
        close(fd);
    }
    return err_wrap(e, "%s", path);
}

/* A full disk is told by any of the three calls. */
static struct err write_bytes(int fd, const char *bytes, size_t n)
{
    int error = 0;
    while (n && !error) {
        ssize_t put = write(fd, bytes, n);
        if (put >= 0)
            bytes += put, n -= (size_t)put;
        else if (errno != EINTR)
            error = errno;
    }
    if (!error && fsync(fd))
        error = errno;
    if (close(fd) && !error)
        error = errno;
    return error ? err_fail("cannot be written: %s", strerror(error)) : OK;
}

/* The neighbour's name is random: processes of several machines may write into one folder. */
static struct err write_beside(int folder, const char *name, const char *bytes, size_t n)
{
    uint64_t random;
    char beside[64];
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        return err_fail("no random numbers: %s", strerror(errno));
    snprintf(beside, sizeof beside, "plans.%016" PRIx64 ".tmp", random);
    int fd = openat(folder, beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_fail("cannot be created: %s", strerror(errno));
    struct err e = write_bytes(fd, bytes, n);
    if (!e.code && renameat(folder, beside, folder, name))
        e = err_fail("cannot be renamed into place: %s", strerror(errno));
    if (e.code)
        unlinkat(folder, beside, 0);
    return e;
}

struct err plan_file_write(const char *path, const struct plan_file *f)
{
    char *bytes;
    size_t n;
    int folder;
    const char *name;
    TRY(plan_file_print(f, &bytes, &n));
    struct err e = open_folder(path, &folder, &name);
    if (e.code) {
        e.code = ERR_FAILED;
    } else {
        e = err_wrap(write_beside(folder, name, bytes, n), "%s", path);
        close(folder);
    }
    free(bytes);
    return e;
}
