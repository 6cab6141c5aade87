#include "bench/measure/staging.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/file.h"

struct err staging_open(const char *folder, struct staging *s)
{
    *s = (struct staging){.made = !file_exists(folder)};
    TRY(err_wrap(file_make_folder(folder), "--out"));
    s->folder = strdup(folder);
    if (!s->folder || asprintf(&s->hidden, "%s/.new-XXXXXX", folder) < 0) {
        s->hidden = NULL;
        staging_abandon(s);
        return err_fail("--out %s: out of memory", folder);
    }
    if (mkdtemp(s->hidden))
        return OK;
    struct err e = err_fail("--out %s: cannot be written: %s", folder, strerror(errno));
    free(s->hidden);
    s->hidden = NULL;
    staging_abandon(s);
    return e;
}

char *staging_path(const struct staging *s, const char *file)
{
    char *path;
    return asprintf(&path, "%s/%s", s->hidden, file) < 0 ? NULL : path;
}

void staging_remove(const struct staging *s, const char *file)
{
    char *path = staging_path(s, file);
    if (path)
        unlink(path);
    free(path);
}

/* Moves a file up, or removes it. */
static struct err end_file(const struct staging *s, const char *file, bool keeps)
{
    char *from = staging_path(s, file), *to = NULL;
    struct err e = OK;
    if (!from || asprintf(&to, "%s/%s", s->folder, file) < 0)
        e = err_fail("%s: out of memory", file), to = NULL;
    else if (keeps ? rename(from, to) : unlink(from))
        e = err_fail("%s: cannot be %s: %s", keeps ? to : from, keeps ? "written" : "removed", strerror(errno));
    free(from);
    free(to);
    return e;
}

static struct err end_all(struct staging *s, bool keeps)
{
    DIR *hidden = opendir(s->hidden);
    struct err e = hidden ? OK : err_fail("%s: %s", s->hidden, strerror(errno));
    for (struct dirent *entry; hidden && (entry = readdir(hidden));)
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            e = err_first(e, end_file(s, entry->d_name, keeps));
    if (hidden)
        closedir(hidden);
    return e;
}

struct err staging_commit(struct staging *s)
{
    struct err e = end_all(s, true);
    if (!e.code)
        s->made = false;
    staging_abandon(s);
    return e;
}

void staging_abandon(struct staging *s)
{
    if (s->hidden) {
        struct err e = end_all(s, false);
        err_free(&e);
        rmdir(s->hidden);
    }
    if (s->made && s->folder)
        rmdir(s->folder); /* only where it is empty */
    free(s->hidden);
    free(s->folder);
    *s = (struct staging){0};
}
