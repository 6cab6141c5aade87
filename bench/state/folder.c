#include "bench/state/folder.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "pipeline/base/file.h"

static uint64_t hash_of(const FTSENT *f)
{
    const struct stat *st = f->fts_statp;
    int64_t facts[] = {(int64_t)st->st_size, (int64_t)st->st_mtim.tv_sec, (int64_t)st->st_mtim.tv_nsec,
                       (int64_t)st->st_ino};
    return XXH3_64bits_withSeed(f->fts_path, f->fts_pathlen, XXH3_64bits(facts, sizeof facts));
}

struct folder_mark folder_mark(const char *path)
{
    struct folder_mark m = {0};
    FTS *files = fts_open((char *const[]){(char *)path, NULL}, FTS_COMFOLLOW | FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    bool failed = !files;
    for (FTSENT *f; files && (f = fts_read(files));) {
        if (f->fts_info == FTS_F) {
            m.files++;
            m.hash += hash_of(f);
        }
        bool gone = f->fts_errno == ENOENT;
        failed |= (f->fts_info == FTS_DNR || f->fts_info == FTS_ERR || f->fts_info == FTS_NS) && !gone;
    }
    if (files)
        fts_close(files);
    return failed ? (struct folder_mark){.files = -1} : m;
}

struct err folder_make_empty(const char *above, char **path)
{
    *path = NULL;
    TRY(file_make_folder(above));
    if (asprintf(path, "%s/empty-XXXXXX", above) < 0) {
        *path = NULL;
        return err_fail("out of memory");
    }
    if (mkdtemp(*path))
        return OK;
    struct err e = err_fail("%s: an empty folder cannot be made: %s", above, strerror(errno));
    free(*path);
    *path = NULL;
    return e;
}

void folder_remove(const char *path)
{
    FTS *files = fts_open((char *const[]){(char *)path, NULL}, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    for (FTSENT *f; files && (f = fts_read(files));)
        if (f->fts_info != FTS_D)
            remove(f->fts_accpath);
    if (files)
        fts_close(files);
}
