/* A revision of a git repository, exported and built in build/gate/COMMIT of its checkout. The checkout itself, its
 * index and its list of worktrees are not touched. */
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/gate/command.h"
#include "bench/gate/folder_lock.h"
#include "bench/gate/side_private.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

enum { FOLDER_HASH = 12, SHORT_HASH = 7 };

/* A finished build: the text of this file is what it depends on beside the commit. */
static const char stamp_name[] = "build/gate-stamp";

/* What ci/deps and ci/cuda-wheels downloaded into the checkout: exports use it as well. */
static const char *const downloads[] = {"onednn", "cuda-toolkit"};

/* What make takes from the environment. */
static const char *const settings[] = {"CC",   "CXX",       "OPTIMIZE", "EXTRA_CFLAGS",
                                       "CUDA", "CUDA_HOME", "CPATH",    "PKG_CONFIG_PATH"};

static bool is_hash(const char *text)
{
    size_t n = strlen(text);
    return (n == 40 || n == 64) && strspn(text, "0123456789abcdef") == n; /* SHA-1, SHA-256 */
}

void tree_revision(const char *tree, struct gate_side *out)
{
    char *prefix = NULL, *commit = NULL, *changes = NULL;
    int code[3] = {1, 1, 1};
    struct err e =
        command_text((const char *const[]){"git", "-C", tree, "rev-parse", "--show-prefix", NULL}, &prefix, &code[0]);
    if (!e.code && !code[0] && !*prefix)
        e = command_text((const char *const[]){"git", "-C", tree, "rev-parse", "--verify", "HEAD", NULL}, &commit,
                         &code[1]);
    if (!e.code && !code[1] && is_hash(commit)) {
        snprintf(out->revision, sizeof out->revision, "%s", commit);
        e = command_text((const char *const[]){"git", "--no-optional-locks", "-C", tree, "status", "--porcelain", NULL},
                         &changes, &code[2]);
        out->dirty = e.code || code[2] || *changes; /* where it is not known, it is not said to be clean */
    }
    err_free(&e); /* without git no revision is known */
    free(prefix);
    free(commit);
    free(changes);
}

/* The checkout's top, and the commit; both malloc'ed. */
static struct err resolve(const char *revision, char **top, char **commit)
{
    char *name;
    int code;
    if (*revision == '-' || !*revision)
        return err_fail("\"%s\" is no revision of a git repository and no folder", revision);
    struct err e = command_text((const char *const[]){"git", "rev-parse", "--show-toplevel", NULL}, top, &code);
    if (e.code)
        return e.code == ERR_CANCELLED ? e : err_wrap(e, "%s is no folder, and a revision needs git", revision);
    if (code || !**top)
        return err_fail(
            "%s: no such folder; and it can be no revision, since the current folder is in no checkout of a git "
            "repository",
            revision);
    if (asprintf(&name, "%s^{commit}", revision) < 0)
        return err_fail("out of memory");
    e = command_text((const char *const[]){"git", "rev-parse", "--verify", "--quiet", name, NULL}, commit, &code);
    free(name);
    if (e.code)
        return e;
    return !code && is_hash(*commit) ? OK
                                     : err_fail("%s: no such folder, and no commit of this repository (a shallow clone "
                                                "lacks older ones: git fetch)",
                                                revision);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

/* Nothing that a link in it leads to. */
static struct err remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) && errno != ENOENT)
        return err_fail("%s: cannot be removed: %s", path, strerror(errno));
    return OK;
}

static struct err git_export(const char *top, const char *commit, const char *tree, const char *log)
{
    char *archive;
    int code;
    if (asprintf(&archive, "%s.tar", tree) < 0)
        return err_fail("out of memory");
    struct err e = command_run(
        (const char *const[]){"git", "-C", top, "archive", "--format=tar", "-o", archive, commit, NULL}, log, &code);
    if (!e.code && code)
        e = err_fail("%.*s: git archive failed (exit code %d; what it said is in %s)", FOLDER_HASH, commit, code, log);
    if (!e.code)
        e = command_run((const char *const[]){"tar", "-xf", archive, "-C", tree, NULL}, log, &code);
    if (!e.code && code)
        e = err_fail("%s: tar cannot unpack it (exit code %d; what it said is in %s)", archive, code, log);
    unlink(archive);
    free(archive);
    return e;
}

static struct err link_downloads(const char *top, const char *tree)
{
    for (size_t i = 0; i < ARRAY_LEN(downloads); i++) {
        char *there = NULL, *here = NULL;
        struct err e = OK;
        if (asprintf(&there, "%s/build/%s", top, downloads[i]) < 0 ||
            asprintf(&here, "%s/build/%s", tree, downloads[i]) < 0)
            e = err_fail("out of memory");
        else if (file_exists(there) && symlink(there, here))
            e = err_fail("%s: cannot be made: %s", here, strerror(errno));
        free(there);
        free(here);
        TRY(e);
    }
    return OK;
}

/* The stamp that a build of now would get. */
static void stamp_of(const char *top, const char *commit, struct text *out)
{
    text_add(out, "%s\n", commit);
    for (size_t i = 0; i < ARRAY_LEN(settings); i++)
        text_add(out, "%s=%s\n", settings[i], getenv(settings[i]) ? getenv(settings[i]) : "");
    for (size_t i = 0; i < ARRAY_LEN(downloads); i++) {
        char *path;
        if (asprintf(&path, "%s/build/%s", top, downloads[i]) < 0)
            continue;
        text_add(out, "%s %s\n", downloads[i], file_exists(path) ? "is there" : "is not");
        free(path);
    }
}

static bool is_finished(const char *stamp, const struct text *wanted)
{
    struct file_map map;
    struct err e = file_map(stamp, &map);
    bool same = !e.code && map.size == wanted->length && !memcmp(map.bytes, wanted->bytes, map.size);
    if (!e.code)
        file_unmap(&map);
    err_free(&e);
    return same;
}

static struct err write_stamp(const char *stamp, const struct text *wanted)
{
    struct file_writer w;
    TRY(file_create(stamp, &w));
    TRY(file_write(&w, wanted->bytes, wanted->length));
    return file_commit(&w);
}

/* In a place of its own from the start: what is linked remembers where its libraries are, so that a build cannot be
 * renamed. The caller holds the lock, and a build without its stamp is begun again. */
static struct err build_anew(const char *top, const char *commit, const char *tree, const char *log)
{
    char *build;
    TRY(remove_tree(tree));
    if (asprintf(&build, "%s/build", tree) < 0)
        return err_fail("out of memory");
    struct err e = file_make_folder(tree);
    if (!e.code)
        e = git_export(top, commit, tree, log);
    if (!e.code && !tree_is_source(tree))
        e = err_fail("%.*s: this commit holds no sources of sdbench (no Makefile, or no bench/)", FOLDER_HASH, commit);
    if (!e.code)
        e = file_make_folder(build);
    if (!e.code)
        e = link_downloads(top, tree);
    if (!e.code)
        e = tree_make(tree, log);
    free(build);
    return e;
}

static struct err find_or_build(const char *top, const char *commit, const char *log, const char *tree)
{
    struct text wanted = {0};
    char *stamp;
    if (asprintf(&stamp, "%s/%s", tree, stamp_name) < 0)
        return err_fail("out of memory");
    stamp_of(top, commit, &wanted);
    struct err e = OK;
    if (!is_finished(stamp, &wanted)) {
        e = build_anew(top, commit, tree, log);
        if (!e.code)
            e = write_stamp(stamp, &wanted);
    }
    free(stamp);
    text_free(&wanted);
    return e;
}

static struct err title(const char *revision, const char *commit, struct gate_side *out)
{
    bool is_commit = !strncmp(commit, revision, strlen(revision)); /* typed as one: not said twice */
    snprintf(out->revision, sizeof out->revision, "%s", commit);
    out->title =
        is_commit ? side_title("%.*s", FOLDER_HASH, commit) : side_title("%s (%.*s)", revision, SHORT_HASH, commit);
    return out->title ? OK : err_fail("out of memory");
}

struct err revision_build(const char *revision, const char *log, char **tree, struct gate_side *out)
{
    char *top = NULL, *commit = NULL, *gate = NULL;
    int lock = -1;
    struct err e = resolve(revision, &top, &commit);
    if (!e.code &&
        (asprintf(&gate, "%s/build/gate", top) < 0 || asprintf(tree, "%s/%.*s", gate, FOLDER_HASH, commit) < 0))
        e = err_fail("out of memory");
    if (!e.code)
        e = file_make_folder(gate);
    if (!e.code)
        e = folder_lock(gate, "another gate builds a revision", &lock);
    if (!e.code)
        e = find_or_build(top, commit, log, *tree);
    folder_unlock(lock);
    if (!e.code)
        e = title(revision, commit, out);
    free(top);
    free(commit);
    free(gate);
    return e;
}
