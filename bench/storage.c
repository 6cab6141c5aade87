#include "bench/storage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "bench/mounts.h"
#include "bench/system_file.h"
#include "pipeline/base/error.h"

/* Others say who may do what, or hold paths. */
static const char *const telling[] = {"ro", "sync", "dax", "nobarrier", "discard", "compress"};

static void add_option(struct storage *s, const char *option, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(telling); i++) {
        size_t length = strlen(telling[i]), have = strlen(s->options);
        if (n >= length && !strncmp(option, telling[i], length) && (n == length || option[length] == '='))
            snprintf(s->options + have, sizeof s->options - have, "%s%.*s", have ? "," : "", (int)n, option);
    }
}

static struct storage describe(const struct mount *m)
{
    struct storage s = {.rotational = -1};
    snprintf(s.filesystem, sizeof s.filesystem, "%s", m->type);
    for (const char *at = m->options; *at; at += strspn(at, ",")) {
        size_t n = strcspn(at, ",");
        add_option(&s, at, n);
        at += n;
    }
    return s;
}

struct storage storage_find(const char *mountinfo, const char *path)
{
    struct mount m;
    return mount_of_path(mountinfo, path, &m) ? describe(&m) : (struct storage){.rotational = -1};
}

/* A partition has no queue of its own, but is a folder in that of its disk. */
static void read_disk(unsigned major, unsigned minor, struct storage *s)
{
    static const char *const above[] = {"", "/.."};
    char path[128], text[64];
    for (size_t i = 0; i < ARRAY_LEN(above); i++) {
        snprintf(path, sizeof path, "/sys/dev/block/%u:%u%s/queue/rotational", major, minor, above[i]);
        system_file_line(path, text, sizeof text);
        if (s->rotational < 0 && *text)
            s->rotational = *text == '1';
        snprintf(path, sizeof path, "/sys/dev/block/%u:%u%s/device/model", major, minor, above[i]);
        if (!*s->model)
            system_file_line(path, s->model, sizeof s->model);
    }
}

/* Its absolute path without links, or that of the nearest folder above that is there; malloc'ed. */
static char *resolve(const char *path)
{
    char *part = strdup(path), *found = part ? realpath(part, NULL) : NULL;
    while (part && !found && (errno == ENOENT || errno == ENOTDIR)) {
        char *slash = strrchr(part, '/');
        if (slash == part)
            break;
        if (slash)
            *slash = 0;
        found = realpath(slash ? part : ".", NULL);
        if (!slash)
            break;
    }
    free(part);
    return found;
}

struct storage storage_of(const char *path)
{
    struct storage s = {.rotational = -1};
    struct mount m;
    struct stat st;
    char *whole = resolve(path), *mountinfo = system_file("/proc/self/mountinfo");
    if (whole && mount_of_path(mountinfo, whole, &m)) {
        s = describe(&m);
        if (m.major) /* 0: no device, or one that only its name leads to, as of btrfs */
            read_disk(m.major, m.minor, &s);
        else if (*m.source == '/' && !stat(m.source, &st) && S_ISBLK(st.st_mode))
            read_disk(major(st.st_rdev), minor(st.st_rdev), &s);
    }
    free(mountinfo);
    free(whole);
    return s;
}
