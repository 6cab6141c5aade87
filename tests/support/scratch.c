#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[512];

void scratch_open(void)
{
    const char *above = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/sdbench-test-XXXXXX", above && *above ? above : "/tmp");
    cr_assert(mkdtemp(folder), "no folder for the test can be made: %s", folder);
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

void scratch_close(void)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch_path(const char *file)
{
    static char paths[8][1024];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, file);
    return path;
}

void scratch_write(const char *file, const void *bytes, size_t n)
{
    FILE *f = fopen(scratch_path(file), "wb");
    cr_assert(f && fwrite(bytes, 1, n, f) == n && !fclose(f), "%s cannot be written", file);
}

char *scratch_read(const char *file, size_t *n)
{
    FILE *f = fopen(scratch_path(file), "rb");
    cr_assert(f && !fseek(f, 0, SEEK_END), "%s cannot be read", file);
    *n = (size_t)ftell(f);
    rewind(f);
    char *bytes = calloc(*n + 1, 1);
    cr_assert(bytes && fread(bytes, 1, *n, f) == *n, "%s cannot be read", file);
    fclose(f);
    return bytes;
}

size_t scratch_count(void)
{
    DIR *open = opendir(folder);
    cr_assert(open, "%s cannot be listed", folder);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(open));)
        count += strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..");
    closedir(open);
    return count;
}

void scratch_unwritable(void (*action)(void *argument), void *argument)
{
    enum { NOBODY = 65534 };
    bool root = !geteuid();
    cr_assert(!chmod(folder, 0555));
    if (root && seteuid(NOBODY))
        cr_skip("this root may not become another user");
    action(argument);
    cr_assert(!root || !seteuid(0));
    cr_assert(!chmod(folder, 0755));
}
