/* Errors: a value that is returned, never printed, by everything below `main`.
 *
 *     struct err e = file_map(path, &map);
 *     if (e.code) return err_wrap(e, "weights of the UNet");
 *
 * The text is one line for a person: what is wrong, where, and what to do. Whoever receives an error owns its
 * text: pass it on (TRY does), or end it with err_free. Codes are the program's exit codes, in their lower 8 bits. */
#ifndef SDBENCH_BASE_ERROR_H
#define SDBENCH_BASE_ERROR_H

#include <stdarg.h>

enum err_code {
    ERR_NONE = 0,
    ERR_MISMATCH = 1,    /* done, and what was asked does not hold */
    ERR_INVALID = 2,     /* the measurement is not valid or not conclusive */
    ERR_FAILED = 3,      /* could not be done: bad input, missing file, out of memory */
    ERR_MEMORY = 0x103,  /* the same, for one reason that is worth telling apart: what is planned does not fit the memory */
    ERR_ABSENT = 77,     /* no such device or library here */
    ERR_CANCELLED = 130, /* the user interrupted it */
};

struct err {
    enum err_code code;
    char *text; /* malloc'ed; NULL where code is ERR_NONE or memory ran out */
};

#define OK ((struct err){ERR_NONE, 0})

/* Leave the function with the error of `call`, if it has one. */
#define TRY(call)                                                                                                      \
    do {                                                                                                               \
        struct err try_ = (call);                                                                                      \
        if (try_.code)                                                                                                 \
            return try_;                                                                                               \
    } while (0)

#define ARRAY_LEN(a) (sizeof(a) / sizeof *(a))

/* A new error with a formatted line. */
__attribute__((format(printf, 2, 3))) struct err err_make(enum err_code code, const char *format, ...);

/* The most common one: err_make(ERR_FAILED, ...). */
__attribute__((format(printf, 1, 2))) struct err err_fail(const char *format, ...);

/* Puts "<formatted>: " before the text of e; e itself where it is OK. */
__attribute__((format(printf, 2, 3))) struct err err_wrap(struct err e, const char *format, ...);

/* The line, or a fixed one where no memory was left for it. Never NULL. */
const char *err_text(struct err e);

void err_free(struct err *e);

/* Of two outcomes keeps the first error and frees the other: for clean-up that may fail too. */
struct err err_first(struct err a, struct err b);

#endif
