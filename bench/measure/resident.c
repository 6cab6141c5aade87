#include "bench/measure/resident.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART = 1 << 23 };

struct reading {
    struct progress *progress;
    char *buffer;
    uint64_t done, total;
    size_t pages, pages_resident;
    bool unknown;
};

static bool is_weights(const char *path)
{
    size_t length = strlen(path), ending = strlen(".safetensors");
    return length > ending && !strcmp(path + length - ending, ".safetensors");
}

static void count_pages(struct reading *r, int fd, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (size + page - 1) / page;
    unsigned char *resident = malloc(pages + 1);
    void *map = size ? mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (!resident || map == MAP_FAILED || mincore(map, size, resident))
        r->unknown = true;
    for (size_t i = 0; !r->unknown && i < pages; i++)
        r->pages_resident += resident[i] & 1;
    r->pages += pages;
    if (map != MAP_FAILED)
        munmap(map, size);
    free(resident);
}

static struct err read_one(struct reading *r, const char *path, bool counts)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        struct err e = err_fail("%s: cannot be read: %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        return e;
    }
    ssize_t n = 0;
    while (!counts && (n = read(fd, r->buffer, PART)) > 0) {
        r->done += (uint64_t)n;
        if (!progress_report(r->progress, "read weights", r->done, r->total)) {
            close(fd);
            return err_make(ERR_CANCELLED, "cancelled");
        }
    }
    if (counts)
        count_pages(r, fd, (size_t)st.st_size);
    close(fd);
    return n < 0 ? err_fail("%s: cannot be read: %s", path, strerror(errno)) : OK;
}

/* What to do with all files of a checkpoint: their sizes, their bytes, then the pages of all of them that stayed. */
enum visit { VISIT_SIZES, VISIT_BYTES, VISIT_PAGES, VISITS };

static struct err walk(struct reading *r, const char *path, enum visit visit)
{
    FTS *files = fts_open((char *const[]){(char *)path, NULL}, FTS_COMFOLLOW | FTS_LOGICAL | FTS_NOCHDIR, NULL);
    struct err e = files ? OK : err_fail("%s: %s", path, strerror(errno));
    for (FTSENT *f; !e.code && files && (f = fts_read(files));)
        if (f->fts_info != FTS_F || (f->fts_level && !is_weights(f->fts_path)))
            continue;
        else if (visit == VISIT_SIZES)
            r->total += (uint64_t)f->fts_statp->st_size;
        else
            e = read_one(r, f->fts_path, visit == VISIT_PAGES);
    if (files)
        fts_close(files);
    return e;
}

struct err resident_make(const char *path, struct progress *progress, double *share)
{
    struct reading r = {.progress = progress, .buffer = malloc(PART)};
    struct err e = r.buffer ? OK : err_fail("out of memory");
    for (enum visit visit = VISIT_SIZES; visit < VISITS && !e.code; visit++)
        e = walk(&r, path, visit);
    *share = r.unknown || !r.pages ? -1 : (double)r.pages_resident / (double)r.pages;
    free(r.buffer);
    progress_clear(progress);
    return e;
}
