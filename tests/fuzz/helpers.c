#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

bool fuzz_refused(struct err e)
{
    bool refused = e.code != ERR_NONE;
    fuzz_require(!refused || (e.text && *e.text), "an error says what is wrong");
    fuzz_require(!refused || !strchr(e.text, '\n'), "an error is one line");
    err_free(&e);
    return refused;
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0)
        fd = memfd_create("input", MFD_CLOEXEC);
    bool written = fd >= 0 && !ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size;
    fuzz_require(written, "the input can be put into a file");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = calloc(size + 1, 1);
    fuzz_require(text != NULL, "there is memory for the input");
    if (size)
        memcpy(text, data, size);
    return text;
}
