#include "pipeline/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct err file_map(const char *path, struct file_map *map)
{
    *map = (struct file_map){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0)
        return err_fail("%s: %s", path, strerror(errno));
    if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
        close(fd);
        return err_fail("%s: not a regular file", path);
    }
    map->size = (size_t)st.st_size;
    void *bytes = map->size ? mmap(NULL, map->size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    int error = errno;
    close(fd);
    if (bytes == MAP_FAILED)
        return err_fail("%s: cannot be mapped: %s", path, strerror(error));
    map->bytes = bytes;
    return OK;
}

void file_unmap(struct file_map *map)
{
    if (map->bytes)
        munmap((void *)(uintptr_t)map->bytes, map->size);
    *map = (struct file_map){0};
}

void file_map_release(const void *from, size_t bytes)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), a = ((uintptr_t)from + page - 1) & ~(page - 1);
    uintptr_t b = ((uintptr_t)from + bytes) & ~(page - 1);
    if (a < b)
        madvise((void *)a, b - a, MADV_DONTNEED);
}

void file_map_expect(const void *from, size_t bytes)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), a = (uintptr_t)from & ~(page - 1);
    madvise((void *)a, (uintptr_t)from + bytes - a, MADV_WILLNEED);
}

static struct err file_close_failed(struct file_writer *w, const char *what)
{
    struct err e = err_fail("%s: %s: %s", w->path, what, strerror(errno));
    file_abandon(w);
    return e;
}

struct err file_create(const char *path, struct file_writer *w)
{
    *w = (struct file_writer){0};
    if (!*path)
        return err_fail("a file to write has an empty name; give it one");
    w->path = strdup(path);
    if (!w->path)
        return err_fail("%s: out of memory", path);
    struct stat st;
    bool direct = !stat(path, &st) && !S_ISREG(st.st_mode);
    if (direct && S_ISDIR(st.st_mode)) {
        file_abandon(w);
        return err_fail("%s: is a folder; name a file in it", path);
    }
    if (!direct && asprintf(&w->temporary, "%s.%ld.tmp", path, (long)getpid()) < 0)
        w->temporary = NULL;
    if (direct || w->temporary)
        w->stream = fopen(direct ? path : w->temporary, "wb");
    return w->stream ? OK : file_close_failed(w, "cannot be created");
}

struct err file_write(struct file_writer *w, const void *bytes, size_t n)
{
    if (fwrite(bytes, 1, n, w->stream) != n)
        return file_close_failed(w, "cannot be written");
    return OK;
}

struct err file_commit(struct file_writer *w)
{
    int failed = fflush(w->stream) || (w->temporary && fsync(fileno(w->stream)));
    int error = errno;
    failed |= fclose(w->stream);
    w->stream = NULL;
    if (failed) {
        errno = error ? error : errno;
        return file_close_failed(w, "cannot be written");
    }
    if (w->temporary && rename(w->temporary, w->path))
        return file_close_failed(w, "cannot be renamed into place");
    free(w->temporary);
    w->temporary = NULL;
    file_abandon(w);
    return OK;
}

void file_abandon(struct file_writer *w)
{
    if (w->stream)
        fclose(w->stream);
    if (w->temporary)
        unlink(w->temporary);
    free(w->temporary);
    free(w->path);
    *w = (struct file_writer){0};
}

bool file_exists(const char *path)
{
    return !access(path, F_OK);
}

bool file_is_folder(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISDIR(st.st_mode);
}

struct err file_make_folder(const char *path)
{
    if (!*path)
        return err_fail("a folder to make has an empty name; give it one");
    char *part = strdup(path);
    if (!part)
        return err_fail("%s: out of memory", path);
    struct err e = OK;
    for (char *at = part + 1; !e.code; at++)
        if (*at == '/' || !*at) {
            char end = *at;
            *at = 0;
            if (mkdir(part, 0777) && errno != EEXIST)
                e = err_fail("%s: folder cannot be made: %s", part, strerror(errno));
            else if (!end && !file_is_folder(part))
                e = err_fail("%s: is not a folder", part);
            if (!end)
                break;
            *at = end;
        }
    free(part);
    return e;
}

uint64_t file_free_bytes(const char *path)
{
    struct statvfs fs;
    return statvfs(path, &fs) ? 0 : (uint64_t)fs.f_bavail * fs.f_frsize;
}

struct err file_cache_folder(char **path)
{
    const char *own = getenv("SDBENCH_CACHE"), *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int length;
    if (own && *own)
        length = asprintf(path, "%s", own);
    else if (xdg && *xdg)
        length = asprintf(path, "%s/sdbench", xdg);
    else if (home && *home)
        length = asprintf(path, "%s/.cache/sdbench", home);
    else
        return err_fail("no folder for the cache: set SDBENCH_CACHE, XDG_CACHE_HOME or HOME");
    if (length < 0)
        return err_fail("out of memory");
    struct err e = err_wrap(file_make_folder(*path), "cache (set SDBENCH_CACHE to another folder)");
    if (e.code)
        free(*path), *path = NULL;
    return e;
}
