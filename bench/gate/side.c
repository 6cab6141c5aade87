#include "bench/gate/side.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/gate/command.h"
#include "bench/gate/side_private.h"
#include "bench/version.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

enum { SHORT_HASH = 7 };

char *side_title(const char *format, ...)
{
    va_list args;
    char *title;
    va_start(args, format);
    int length = vasprintf(&title, format, args);
    va_end(args);
    if (length < 0)
        return NULL;
    bool utf8 = text_is_utf8(title, (size_t)length);
    for (char *c = title; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f || (!utf8 && (unsigned char)*c > 0x7f))
            *c = '?';
    return title;
}

static bool is_program(const char *path)
{
    struct stat st;
    return !stat(path, &st) && S_ISREG(st.st_mode) && !access(path, X_OK);
}

/* The program of a folder: in it or in its bin. NULL where there is none; malloc'ed. */
static char *program_in(const char *folder)
{
    static const char *const places[] = {"sdbench", "bin/sdbench"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        char *path;
        if (asprintf(&path, "%s/%s", folder, places[i]) < 0)
            return NULL;
        if (is_program(path))
            return path;
        free(path);
    }
    return NULL;
}

/* Sets the program, from the root, and its version, once it has answered. */
static struct err side_take(struct gate_side *s, const char *path)
{
    static const char first[] = "sdbench ";
    char *said;
    int code;
    s->program = realpath(path, NULL);
    if (!s->program)
        return err_fail("%s: no such program", path);
    TRY(command_text((const char *const[]){s->program, "--version", NULL}, &said, &code));
    size_t length = strcspn(said, "\n");
    bool answers = !code && !strncmp(said, first, strlen(first)) && length > strlen(first);
    if (answers)
        snprintf(s->version, sizeof s->version, "%.*s", (int)(length - strlen(first)), said + strlen(first));
    struct err e = OK;
    if (!answers)
        e = err_fail("%s: does not answer --version as an sdbench does: exit code %d, \"%.*s\"", s->program, code,
                     length < 80 ? (int)length : 80, said);
    free(said);
    return e;
}

static struct err take_built(struct gate_side *s, const char *tree)
{
    char *path;
    if (asprintf(&path, "%s/build/sdbench", tree) < 0)
        return err_fail("out of memory");
    struct err e = is_program(path) ? side_take(s, path) : err_fail("%s: make all made no such program", path);
    free(path);
    return e;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static struct err take_tree(struct gate_side *s, const char *tree, const char *name, const char *log)
{
    TRY(tree_build(tree, log));
    TRY(take_built(s, tree));
    tree_revision(tree, s);
    if (*s->revision)
        s->title = side_title("%s (%.*s%s)", name, SHORT_HASH, s->revision, s->dirty ? ", changed" : "");
    else
        s->title = side_title("%s", name);
    return s->title ? OK : err_fail("out of memory");
}

static struct err take_folder(struct gate_side *s, const char *folder, const char *program)
{
    TRY(side_take(s, program));
    s->title = side_title("%s", name_of(folder));
    return s->title ? OK : err_fail("out of memory");
}

static struct err take_revision(struct gate_side *s, const char *revision, const char *log)
{
    char *tree = NULL;
    struct err e = revision_build(revision, log, &tree, s);
    if (!e.code)
        e = take_built(s, tree);
    free(tree);
    return e;
}

struct err side_base(const char *base, const char *logs, struct gate_side *out)
{
    *out = (struct gate_side){0};
    char *folder = file_is_folder(base) ? realpath(base, NULL) : NULL, *log = NULL;
    char *program = folder ? program_in(folder) : NULL;
    struct err e = asprintf(&log, "%s/build-base.log", logs) < 0 ? err_fail("out of memory") : OK;
    if (!e.code && program)
        e = take_folder(out, folder, program);
    else if (!e.code && folder && tree_is_source(folder))
        e = take_tree(out, folder, name_of(folder), log);
    else if (!e.code)
        e = take_revision(out, base, log);
    if (e.code == ERR_FAILED && folder && !program && !tree_is_source(folder)) {
        err_free(&e); /* that of git says less */
        e = err_fail(
            "%s: a folder with neither a program sdbench nor our sources (a Makefile and bench/), and no revision "
            "of a git repository is called so",
            base);
    }
    free(folder);
    free(program);
    free(log);
    if (e.code)
        side_free(out);
    return e;
}

struct err side_new(const char *logs, struct gate_side *out)
{
    *out = (struct gate_side){0};
    char *folder = realpath(".", NULL), *log = NULL;
    struct err e = OK;
    if (!folder || asprintf(&log, "%s/build-new.log", logs) < 0) {
        e = err_fail("the current folder cannot be found");
        log = NULL;
    } else if (tree_is_source(folder)) {
        e = take_tree(out, folder, "working tree", log);
    } else {
        e = side_take(out, "/proc/self/exe");
        out->title = side_title("this program, %s", SDBENCH_VERSION);
        if (!e.code && !out->title)
            e = err_fail("out of memory");
    }
    free(folder);
    free(log);
    if (e.code)
        side_free(out);
    return e;
}

void side_free(struct gate_side *s)
{
    free(s->program);
    free(s->title);
    *s = (struct gate_side){0};
}
