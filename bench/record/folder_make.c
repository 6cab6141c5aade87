#include "bench/record/folder_make.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/base/file.h"

enum { ATTEMPTS = 1000 }; /* at a name that is not taken: so many runs begin in no second */

#define RESULTS "build/results"

/* What folder and run are named after. */
struct names {
    char second[20], what[33]; /* in which it began; nothing in it that could not stand in a file's name */
};

static void name_run(const char *what, struct names *names, char run[64])
{
    struct tm utc = {0};
    time_t seconds = time(NULL);
    unsigned short digits = 0; /* two of one second differ in these */
    *names = (struct names){0};
    strftime(names->second, sizeof names->second, "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &utc));
    for (size_t i = 0; what[i] && i + 1 < sizeof names->what; i++)
        names->what[i] = isalnum((unsigned char)what[i]) || strchr("._", what[i]) ? what[i] : '-';
    if (getrandom(&digits, sizeof digits, 0) != sizeof digits)
        digits = (unsigned short)getpid();
    snprintf(run, 64, "%.19s-%.32s-%04x", names->second, names->what, digits);
}

/* The length of the first part of path that is no folder yet: where making them will begin. */
static size_t first_missing(char *path)
{
    size_t n = strlen(path);
    for (char *at = path + 1; *path && at <= path + n; at++) {
        if (*at != '/' && *at)
            continue;
        char end = *at;
        *at = 0;
        bool is_there = file_exists(path);
        *at = end;
        if (!is_there)
            return (size_t)(at - path);
    }
    return 0;
}

static struct err make_above(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return OK;
    char *above = strndup(path, (size_t)(slash - path));
    struct err e = above ? file_make_folder(above) : err_fail("%s: out of memory", path);
    free(above);
    return e;
}

/* Makes f->path. f->made tells whether the last part was made here and by nobody else. */
static struct err make_path(struct run_folder *f)
{
    struct err e = OK;
    bool again = true;
    size_t missing = first_missing(f->path);
    f->made_length = missing;
    for (int i = 0; again && !e.code && i < 8; i++) { /* a run that is abandoned may take an empty folder away again */
        e = make_above(f->path);
        f->made = !e.code && !mkdir(f->path, 0777);
        again = !f->made && errno == ENOENT;
    }
    if (!e.code && !f->made && errno != EEXIST)
        e = err_fail("%s: folder cannot be made: %s", f->path, strerror(errno));
    if (e.code)
        folder_unmake(f);
    f->made_length = f->made ? missing : 0;
    if (!e.code && !f->made && !file_is_folder(f->path))
        e = err_fail("%s: is not a folder; name another one", f->path);
    return e;
}

static struct err make_named(const char *out, struct run_folder *f)
{
    size_t n = strlen(out);
    if (!n)
        return err_fail("the name is empty; name a folder");
    while (n > 1 && out[n - 1] == '/')
        n--;
    f->path = strndup(out, n);
    return f->path ? make_path(f) : err_fail("out of memory");
}

static struct err make_new(const struct names *names, struct run_folder *f)
{
    for (int i = 1; i <= ATTEMPTS; i++) {
        char number[16] = "";
        if (i > 1)
            snprintf(number, sizeof number, "-%d", i);
        free(f->path);
        if (asprintf(&f->path, RESULTS "/%s-%s%s", names->second, names->what, number) < 0) {
            f->path = NULL;
            return err_fail("out of memory");
        }
        if (!file_exists(f->path))
            TRY(make_path(f));
        if (f->made)
            return OK;
    }
    return err_fail("%s: taken, and so are all names before it", f->path);
}

struct err folder_make(const char *out, const char *what, struct run_folder *f)
{
    struct names names;
    name_run(what, &names, f->run);
    return out ? err_wrap(make_named(out, f), "--out") : err_wrap(make_new(&names, f), "results (--out DIR)");
}

void folder_unmake(const struct run_folder *f)
{
    char *path = f->made_length ? strdup(f->path) : NULL;
    for (size_t n = path ? strlen(path) : 0; n && n >= f->made_length;) {
        rmdir(path);
        char *slash = strrchr(path, '/');
        n = slash ? (size_t)(slash - path) : 0;
        path[n] = 0;
    }
    free(path);
}
