/* Every metric of the table on every chip that the CUPTI of this machine knows: no driver is needed. */
#include <criterion/criterion.h>
#include <fnmatch.h>
#include <string.h>

#include "profiler/cupti/metrics/host.h"
#include "profiler/cupti/result.h"

#if __has_include(<cupti_profiler_host.h>)

/* What CUPTI's tables lack, each with the reason. A chip that has what a row denies it fails. */
static const struct {
    const char *chip, *metric; /* a pattern; NULL: all of them */
    const char *reason;
} lacking[] = {
    {"GM*", NULL, "Maxwell, which the range profiler does not know (CUPTI of CUDA 12 lists it)"},
    {"GP*", NULL, "Pascal: the same"},
    {"T[0-9]*", NULL, "Tegra before Volta: the same"},
    {"GV11B", NULL, "listed, and without a single metric"},
    {"GA10B", "dram_read_bytes", "the system's memory, whose traffic the GPU does not count"},
    {"GA10B", "dram_write_bytes", "the same"},
    {"GB10B", "dram_read_bytes", "the same"},
    {"GB10B", "dram_write_bytes", "the same"},
    {"GB20B", "dram_read_bytes", "the same"},
    {"GB20B", "dram_write_bytes", "the same"},
};

static bool is_lacking(const char *chip, const char *metric)
{
    for (size_t i = 0; i < ARRAY_LEN(lacking); i++)
        if (!fnmatch(lacking[i].chip, chip, 0) && (!lacking[i].metric || !strcmp(lacking[i].metric, metric)))
            return true;
    return false;
}

static struct library cupti;

/* CUPTI opens libnvperf_host with RTLD_DEEPBIND, at which AddressSanitizer ends the process. */
#ifdef __SANITIZE_ADDRESS__
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static struct metrics_host *open_host(void)
{
    struct metrics_host *h = NULL;
    if (SANITIZED)
        cr_skip_test("CUPTI's host API does not run under AddressSanitizer");
    struct err e = library_cupti(true, &cupti);
    if (e.code == ERR_ABSENT)
        cr_skip_test("%s", err_text(e));
    cr_assert(!e.code, "%s", err_text(e));
    e = metrics_host_open(&cupti, &h);
    if (e.code == ERR_ABSENT)
        cr_skip_test("%s", err_text(e));
    cr_assert(!e.code, "%s", err_text(e));
    return h;
}

/* CUPTI after that of CUDA 13.0 lists its chips only where there is a driver. */
static size_t list_chips(const struct metrics_host *h, const char *const **chip)
{
    CUptiResult (*version)(uint32_t *) = NULL;
    const struct library_slot slot = {"cuptiGetVersion", &version, false};
    uint32_t loaded = 0;
    size_t chips = 0;
    struct err e = library_take(&cupti, &slot, 1);
    cr_assert(!e.code && version(&loaded) == CUPTI_SUCCESS, "%s", err_text(e));
    e = metrics_host_chips(h, chip, &chips);
    if (e.code && loaded > 130001)
        cr_skip_test("CUPTI %u: %s", loaded, err_text(e));
    cr_assert(!e.code && chips >= 10, "%zu chips %s", chips, err_text(e));
    return chips;
}

/* Names as the table's rows have them, current ones, in the unit that the table says. */
static void check_names(const struct metrics_host *h, const char *chip, const struct metrics_choice *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const struct metric_row *row = &metric_rows[c->metric[i]];
        const char *description = "", *dimension = "";
        cr_expect(metrics_host_properties(h, c->object, c->name[i], &description, &dimension), "%s: %s", chip,
                  c->name[i]);
        cr_expect_str_eq(dimension, row->dimension, "%s: %s is in %s", chip, c->name[i], dimension);
        cr_expect(!strstr(description, "DEPRECATED"), "%s: %s: %s", chip, c->name[i], description);
    }
}

static void check_chip(const struct metrics_host *h, const char *chip)
{
    bool has[METRIC_COUNT] = {false};
    struct metrics_choice c;
    struct err e = metrics_host_choose(h, chip, NULL, &c);
    for (size_t i = 0; !e.code && i < c.count; i++)
        has[c.metric[i]] = true;
    for (int m = 0; m < METRIC_COUNT; m++)
        cr_expect_eq(has[m], !is_lacking(chip, metric_rows[m].name), "%s: %s is %s; left out: %s %s", chip,
                     metric_rows[m].name, has[m] ? "there, and listed as lacking" : "not there",
                     e.code ? "" : text_get(&c.left_out), e.code ? err_text(e) : "");
    if (!e.code) {
        cr_expect_eq(c.passes, 1, "%s: %zu passes", chip, c.passes);
        cr_expect_gt(c.config_bytes, 0);
        check_names(h, chip, &c);
        metrics_choice_free(h, &c);
    }
    err_free(&e);
}

Test(metrics_chips, each_metric_is_on_each_chip_in_one_pass)
{
    struct metrics_host *h = open_host();
    const char *const *chip = NULL;
    const size_t chips = list_chips(h, &chip);
    for (size_t i = 0; i < chips; i++)
        check_chip(h, chip[i]);
    metrics_host_close(h);
}

Test(metrics_chips, those_that_are_wanted_most_are_known)
{
    static const char *const wanted[] = {"TU102", "GA100", "AD102", "GH100"};
    struct metrics_host *h = open_host();
    const char *const *chip = NULL;
    const size_t chips = list_chips(h, &chip);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++) {
        bool found = false;
        for (size_t k = 0; k < chips; k++)
            found |= !strcmp(chip[k], wanted[i]);
        cr_expect(found, "%s", wanted[i]);
    }
    metrics_host_close(h);
}

Test(metrics_chips, an_unknown_chip_is_one_line)
{
    struct metrics_host *h = open_host();
    struct metrics_choice c;
    struct err e = metrics_host_choose(h, "GX999", NULL, &c);
    cr_expect_eq(e.code, ERR_ABSENT);
    cr_expect(e.text && !strchr(e.text, '\n'), "%s", err_text(e));
    cr_expect(!c.object && !c.config);
    err_free(&e);
    metrics_host_close(h);
}

/* The table goes by numbers: CUPTI's own names for them. */
Test(metrics_chips, results_have_the_numbers_that_the_table_says)
{
    static const struct {
        int number;
        const char *name;
    } rows[] = {
#define RESULT(number, name, what, remedy) {number, "CUPTI_ERROR_" #name},
#include "profiler/cupti/results.def"
#undef RESULT
    };
    CUptiResult (*text)(CUptiResult, const char **) = NULL;
    metrics_host_close(open_host());
    const struct library_slot slot = {"cuptiGetResultString", &text, false};
    struct err e = library_take(&cupti, &slot, 1);
    cr_assert(!e.code, "%s", err_text(e));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *name = "";
        if (text((CUptiResult)rows[i].number, &name) == CUPTI_SUCCESS)
            cr_expect_str_eq(name, rows[i].name, "%d is %s", rows[i].number, name);
        e = cupti_result(rows[i].number, ERR_ABSENT, "a call", NULL);
        cr_expect_eq(e.code, ERR_ABSENT);
        cr_expect(strstr(err_text(e), "a call") && !strchr(err_text(e), '\n'), "%s", err_text(e));
        err_free(&e);
    }
}

#endif
