/* What a measured process does behind its first pictures, as `generate --then` is told. */
#include "bench/generate/series.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *list;
    int items;
    struct series_item item[5];
} read[] = {
    {NULL, 0, {{0}}},
    {"", 0, {{0}}},
    {"W1", 1, {{SERIES_W1, 1}}},
    {"W1:100000", 1, {{SERIES_W1, 100000}}},
    {"settle,W1:3,W0,C4,cost",
     5,
     {{SERIES_SETTLE, 1}, {SERIES_W1, 3}, {SERIES_W0, 1}, {SERIES_C4, 1}, {SERIES_COST, 1}}},
    {"W0:2,W1,W0", 3, {{SERIES_W0, 2}, {SERIES_W1, 1}, {SERIES_W0, 1}}},
};

Test(series, is_read)
{
    for (size_t i = 0; i < ARRAY_LEN(read); i++) {
        struct series s;
        struct err e = series_parse(read[i].list, &s);
        cr_assert(!e.code, "%s: %s", read[i].list ? read[i].list : "NULL", err_text(e));
        cr_assert_eq(s.items, read[i].items, "%s: %d", read[i].list ? read[i].list : "NULL", s.items);
        for (int k = 0; k < s.items; k++)
            cr_expect(s.item[k].kind == read[i].item[k].kind && s.item[k].count == read[i].item[k].count, "%s: item %d",
                      read[i].list, k);
    }
}

static const struct {
    const char *list, *words;
} refused[] = {
    {"W2", "--then: no part of a series is called \"W2\""},
    {"w1", "did you mean \"W1\""},
    {"W1:", "--then W1:: must be 1 to 100000"},
    {"W1:0", "--then W1:0: must be 1 to 100000"},
    {"W1:-3", "must be 1 to 100000"},
    {"W1:3x", "--then W1:3x"},
    {"W1:100001", "must be 1 to 100000"},
    {"W1:1:1", "--then W1:1:1"},
    {",", "part of a series"},
    {"W1,,W0", "part of a series"},
    {"W1,", "part of a series"},
    {"W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0", "more than 16 parts"},
};

Test(series, refuses)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        struct series s;
        struct err e = series_parse(refused[i].list, &s);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), refused[i].words), "\"%s\": %d %s", refused[i].list,
                  e.code, err_text(e));
        err_free(&e);
    }
}

Test(series, takes_as_many_parts_as_it_says)
{
    struct series s;
    cr_assert(!series_parse("W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0,W0", &s).code);
    cr_expect_eq(s.items, MAX_SERIES);
}
