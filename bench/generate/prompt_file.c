#include "bench/generate/prompt_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

enum { MAX_PICTURES = 1000000, FIELDS = 3 };

struct place {
    const char *path;
    int line;
};

static struct err parse_seed(const struct place *at, const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (end == text || *end || errno || strchr(text, '-'))
        return err_fail("%s line %d: seed \"%.40s\" is not a whole number from 0 to 18446744073709551615", at->path,
                        at->line, text);
    return OK;
}

/* Cuts a line, which is taken apart, into fields; empty ones at the end are NULL. */
static struct err parse_line(const struct place *at, char *line, struct sd_request *r)
{
    char *field[FIELDS] = {line};
    int n = 1;
    for (char *tab = line; (tab = strchr(tab, '\t')); n++) {
        *tab++ = 0;
        if (n == FIELDS)
            return err_fail("%s line %d: more than %d fields (prompt, negative prompt, seed; one tab between two)",
                            at->path, at->line, FIELDS);
        field[n] = tab;
    }
    r->prompt = field[0];
    if (field[1] && *field[1])
        r->negative = field[1];
    return field[2] && *field[2] ? parse_seed(at, field[2], &r->seed) : OK;
}

static struct err check_bytes(const struct place *at, const char *line, size_t length)
{
    if (memchr(line, 0, length))
        return err_fail("%s line %d: holds a zero byte; prompts are text", at->path, at->line);
    if (!text_is_utf8(line, length))
        return err_fail("%s line %d: not valid UTF-8; save the file as UTF-8", at->path, at->line);
    return OK;
}

static struct err add_request(const struct place *at, char *line, struct sd_request r, struct sd_request **list,
                              int *count)
{
    if (*count == MAX_PICTURES)
        return err_fail("%s line %d: more than %d prompts", at->path, at->line, MAX_PICTURES);
    if (!(*count & (*count + 1))) { /* full at 2^n - 1 */
        struct sd_request *more = realloc(*list, (2 * (size_t)*count + 1) * sizeof *more);
        if (!more)
            return err_fail("%s: out of memory", at->path);
        *list = more;
    }
    TRY(parse_line(at, line, &r));
    (*list)[(*count)++] = r;
    return OK;
}

static struct err read_lines(const char *path, const char *bytes, size_t size, struct sd_request defaults,
                             struct arena *texts, struct sd_request **list, int *count)
{
    struct place at = {path, 0};
    if (size >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) /* some editors begin a file with this mark */
        bytes += 3, size -= 3;
    for (size_t begin = 0, length; begin < size; begin += length + 1) {
        const char *newline = memchr(bytes + begin, '\n', size - begin);
        length = newline ? (size_t)(newline - bytes) - begin : size - begin;
        size_t used = length && bytes[begin + length - 1] == '\r' ? length - 1 : length;
        at.line++;
        TRY(check_bytes(&at, bytes + begin, used));
        if (!used)
            continue;
        char *line = arena_alloc(texts, used + 1);
        memcpy(line, bytes + begin, used);
        struct sd_request r = defaults;
        r.seed += (uint64_t)*count;
        TRY(add_request(&at, line, r, list, count));
    }
    return *count ? OK : err_fail("%s: holds no prompt", path);
}

struct err prompt_file_read(const char *path, const char *negative, uint64_t seed, struct arena *texts,
                            struct sd_request **request, int *count)
{
    struct file_map map;
    struct sd_request defaults = {.negative = negative, .seed = seed};
    *request = NULL;
    *count = 0;
    TRY(err_wrap(file_map(path, &map), "--prompts"));
    struct err e = read_lines(path, (const char *)map.bytes, map.size, defaults, texts, request, count);
    file_unmap(&map);
    if (e.code) {
        free(*request);
        *request = NULL;
        *count = 0;
    }
    return e;
}
