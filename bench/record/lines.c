#include "bench/record/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/text.h"

struct reader {
    struct text kept; /* of the line that is being read */
    size_t longest;
    bool is_too_long, has_begun;
    struct err (*take)(void *context, const struct line *line);
    void *context;
};

static struct err end_line(struct reader *r, bool is_ended)
{
    struct line line = {text_get(&r->kept), r->kept.length, r->is_too_long, is_ended};
    struct err e = r->take(r->context, &line);
    if (r->kept.capacity > 1 << 20) /* one long line is no reason to hold as much for all others */
        text_free(&r->kept);
    r->kept.length = 0;
    if (r->kept.bytes)
        *r->kept.bytes = 0;
    r->is_too_long = r->has_begun = false;
    return e;
}

static void keep(struct reader *r, const char *bytes, size_t n)
{
    r->has_begun |= n > 0;
    r->is_too_long |= n > r->longest - r->kept.length;
    if (!r->is_too_long && n)
        text_add_bytes(&r->kept, bytes, n);
}

static struct err read_part(struct reader *r, const char *bytes, size_t n)
{
    const char *end = bytes + n, *newline;
    while ((newline = memchr(bytes, '\n', (size_t)(end - bytes)))) {
        keep(r, bytes, (size_t)(newline - bytes));
        TRY(end_line(r, true));
        bytes = newline + 1;
    }
    keep(r, bytes, (size_t)(end - bytes));
    return OK;
}

static struct err read_all(int fd, const char *path, struct reader *r)
{
    char part[1 << 16];
    ssize_t n;
    while ((n = read(fd, part, sizeof part)) != 0) {
        if (n > 0)
            TRY(read_part(r, part, (size_t)n));
        else if (errno != EINTR)
            return err_fail("%s: cannot be read: %s", path, strerror(errno));
    }
    return r->has_begun ? end_line(r, false) : OK;
}

struct err lines_read(const char *path, size_t longest, struct err (*take)(void *context, const struct line *line),
                      void *context)
{
    struct reader r = {.longest = longest, .take = take, .context = context};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait for who may write into a pipe */
    if (fd < 0)
        return err_fail("%s: %s", path, strerror(errno));
    struct err e =
        fstat(fd, &st) || !S_ISREG(st.st_mode) ? err_fail("%s: not a regular file", path) : read_all(fd, path, &r);
    close(fd);
    text_free(&r.kept);
    return e;
}
