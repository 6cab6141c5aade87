#include "pipeline/base/error.h"

#include <stdio.h>
#include <stdlib.h>

static struct err err_vmake(enum err_code code, const char *format, va_list args)
{
    char *text = NULL;
    return (struct err){code, vasprintf(&text, format, args) < 0 ? NULL : text};
}

struct err err_make(enum err_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct err e = err_vmake(code, format, args);
    va_end(args);
    return e;
}

struct err err_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct err e = err_vmake(ERR_FAILED, format, args);
    va_end(args);
    return e;
}

struct err err_wrap(struct err e, const char *format, ...)
{
    if (!e.code)
        return e;
    va_list args;
    va_start(args, format);
    struct err where = err_vmake(e.code, format, args);
    va_end(args);
    struct err both = err_make(e.code, "%s: %s", err_text(where), err_text(e));
    err_free(&where);
    err_free(&e);
    return both;
}

const char *err_text(struct err e)
{
    return e.text ? e.text : e.code ? "out of memory" : "no error";
}

void err_free(struct err *e)
{
    free(e->text);
    *e = OK;
}

struct err err_first(struct err a, struct err b)
{
    if (!a.code)
        return b;
    err_free(&b);
    return a;
}
