#include "tests/fuzz/corpus.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/file.h"

void corpus_add(struct corpus *c, const uint8_t *bytes, size_t size)
{
    if (c->count == c->capacity) {
        c->capacity = 2 * c->capacity + 16;
        c->item = realloc(c->item, c->capacity * sizeof *c->item);
    }
    uint8_t *copy = malloc(size + 1);
    if (!c->item || !copy) {
        fprintf(stderr, "out of memory for inputs\n");
        exit(3);
    }
    if (size)
        memcpy(copy, bytes, size);
    c->item[c->count++] = (struct input){copy, size};
}

static struct err read_file(struct corpus *c, const char *path)
{
    struct file_map map;
    TRY(file_map(path, &map));
    struct err e = map.size > FUZZ_BYTES ? err_fail("%s: more than %d bytes", path, FUZZ_BYTES) : OK;
    if (!e.code)
        corpus_add(c, map.bytes, map.size);
    file_unmap(&map);
    return e;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

struct err corpus_read(struct corpus *c, const char *path)
{
    if (!file_is_folder(path))
        return read_file(c, path);
    struct dirent **entry;
    int count = scandir(path, &entry, is_visible, alphasort);
    if (count < 0)
        return err_fail("%s: %s", path, strerror(errno));
    struct err e = count ? OK : err_fail("%s: holds no seed", path);
    for (int i = 0; i < count; i++) {
        char file[4096];
        snprintf(file, sizeof file, "%s/%s", path, entry[i]->d_name);
        if (!e.code)
            e = read_file(c, file);
        free(entry[i]);
    }
    free(entry);
    return e;
}

struct err corpus_read_seeds(struct corpus *c, const struct fuzz_target *t)
{
    char path[2048];
    const char *source = getenv("SDBENCH_SOURCE");
    snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s", source && *source ? source : ".", t->name);
    return corpus_read(c, path);
}

void corpus_free(struct corpus *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->item[i].bytes);
    free(c->item);
    *c = (struct corpus){0};
}
