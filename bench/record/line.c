#include "bench/record/line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/record/record.h"
#include "pipeline/base/text.h"

/* Texts come from users and machines: prompts, names, variables. */
static void make_utf8(char *text)
{
    size_t n = strlen(text), length;
    if (text_is_utf8(text, n))
        return;
    for (size_t at = 0; at < n; at += length <= 4 ? length : 1) {
        for (length = 1; length <= 4 && !(at + length <= n && text_is_utf8(text + at, length)); length++)
            ;
        if (length > 4)
            text[at] = '?';
    }
}

static int values_below(const cJSON *item)
{
    int n = 0;
    for (item = item->child; item; item = item->next)
        n += 1 + values_below(item);
    return n;
}

static struct err check(const cJSON *object)
{
    struct text where = {0};
    struct err e = OK;
    if (!object)
        e = err_fail("out of memory for a record");
    else if (record_is_not_finite(object, &where))
        e = err_fail("a record's \"%s\" is not a finite number, which no record may hold", text_get(&where));
    else if (values_below(object) > RECORD_LINE_VALUES)
        e = err_fail("a record has more than %d values", RECORD_LINE_VALUES);
    text_free(&where);
    return e;
}

static struct err print(const cJSON *object, bool ends_another, struct text *line)
{
    char *json = cJSON_PrintUnformatted(object);
    if (!json)
        return err_fail("out of memory for a record");
    make_utf8(json);
    text_add(line, "%s%s\n", ends_another ? "\n" : "", json);
    cJSON_free(json);
    return line->length <= RECORD_LINE_BYTES ? OK : err_fail("a record is longer than %d MB", RECORD_LINE_BYTES >> 20);
}

static struct err write_all(int fd, const struct text *line, bool *is_cut)
{
    off_t before = lseek(fd, 0, SEEK_END);
    size_t done = 0;
    while (done < line->length) {
        ssize_t n = write(fd, line->bytes + done, line->length - done);
        if (n > 0)
            done += (size_t)n;
        else if (n == 0 || errno != EINTR)
            break;
    }
    if (done == line->length) {
        *is_cut = false;
        return OK;
    }
    struct err e = err_fail("cannot be written: %s", strerror(errno));
    if (done && (before < 0 || ftruncate(fd, before)))
        *is_cut = true;
    return e;
}

struct err line_append(int fd, const cJSON *object, bool *is_cut)
{
    struct text line = {0};
    TRY(check(object));
    struct err e = print(object, *is_cut, &line);
    if (!e.code)
        e = write_all(fd, &line, is_cut);
    text_free(&line);
    return e;
}
