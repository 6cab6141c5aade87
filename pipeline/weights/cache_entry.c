#include "pipeline/weights/cache_entry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/file.h"
#include "pipeline/weights/checkpoint_files.h"

struct err cache_root(char **path)
{
    char *cache;
    *path = NULL;
    TRY(file_cache_folder(&cache));
    int length = asprintf(path, "%s/weights", cache);
    free(cache);
    if (length < 0)
        return *path = NULL, err_fail("out of memory");
    struct err e = file_make_folder(*path);
    if (e.code)
        free(*path), *path = NULL;
    return e;
}

struct err cache_lock(const char *entry, bool wait, bool (*go_on)(void *), void *to, int *fd)
{
    char *path;
    *fd = -1;
    if (asprintf(&path, "%s.lock", entry) < 0)
        return err_fail("%s: out of memory", entry);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    struct err e = *fd < 0 ? err_fail("%s: cannot be created: %s", path, strerror(errno)) : OK;
    while (!e.code && flock(*fd, LOCK_EX | (wait ? 0 : LOCK_NB)))
        if (errno == EWOULDBLOCK)
            e = err_fail("%s: in use: another process is making it", entry);
        else if (errno != EINTR)
            e = err_fail("%s: cannot be locked: %s", path, strerror(errno));
        else if (go_on && !go_on(to))
            e = err_make(ERR_CANCELLED, "%s: stopped while another process was making it", entry);
    if (e.code && *fd >= 0)
        close(*fd), *fd = -1;
    free(path);
    return e;
}

/* Calls `visit` with the path of each file in the sub-model folders whose name fits the pattern. */
static void each_file(const char *entry, const char *pattern, void (*visit)(const char *path, void *to), void *to)
{
    for (size_t i = 0; i < SUB_MODELS; i++) {
        char *folder = NULL, *path = NULL;
        DIR *dir = asprintf(&folder, "%s/%s", entry, sub_models[i]) < 0 ? NULL : opendir(folder);
        for (struct dirent *d; dir && (d = readdir(dir));)
            if (!fnmatch(pattern, d->d_name, FNM_PERIOD) && asprintf(&path, "%s/%s", folder, d->d_name) >= 0) {
                visit(path, to);
                free(path);
            }
        if (dir)
            closedir(dir);
        free(folder);
    }
}

static void add_bytes(const char *path, void *to)
{
    struct stat st;
    if (!lstat(path, &st) && S_ISREG(st.st_mode))
        *(uint64_t *)to += (uint64_t)st.st_size;
}

static void remove_file(const char *path, void *to)
{
    (void)to;
    unlink(path);
}

uint64_t cache_bytes(const char *entry)
{
    uint64_t bytes = 0;
    each_file(entry, "*", add_bytes, &bytes);
    return bytes;
}

void cache_remove_leftovers(const char *entry)
{
    each_file(entry, "*.tmp", remove_file, NULL);
}

struct err cache_remove(const char *entry)
{
    cache_remove_leftovers(entry);
    each_file(entry, "*.safetensors", remove_file, NULL);
    each_file(entry, "config.json", remove_file, NULL);
    for (size_t i = 0; i < SUB_MODELS; i++) {
        char *folder;
        if (asprintf(&folder, "%s/%s", entry, sub_models[i]) >= 0) {
            rmdir(folder);
            free(folder);
        }
    }
    return rmdir(entry) && errno != ENOENT ? err_fail("%s: cannot be removed: %s", entry, strerror(errno)) : OK;
}
