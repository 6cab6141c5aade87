/* What is said where CUPTI cannot be: no driver, no library, an old one; and where the object lies. */
#include "profiler/cupti/calls.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profiler/find.h"
#include "tests/cuda/cupti_script.h"
#include "tests/support/scratch.h"

static void expect_line(struct err *e, enum err_code code, const char *word)
{
    cr_expect_eq(e->code, code, "code %d: %s", e->code, err_text(*e));
    cr_expect(!strchr(err_text(*e), '\n') && strstr(err_text(*e), word), "no %s in: %s", word, err_text(*e));
    err_free(e);
}

/* From the parts that the tests are linked with: the object, which holds the same, is opened by programs that tests
 * start. */
extern const struct trace_source trace_source_cupti;
Test(cupti_library, no_driver)
{
    void *driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (driver)
        cr_skip_test("a driver is here");
    struct cupti c;
    struct err e = cupti_load(&c);
    expect_line(&e, ERR_ABSENT, "no NVIDIA driver");
    const struct trace_source *source = &trace_source_cupti;
    struct trace *t = trace_new();
    for (int i = 0; i < 2; i++) {
        void *state = t;
        e = source->open(t, &state);
        expect_line(&e, ERR_ABSENT, "no NVIDIA driver");
        cr_expect_null(state);
    }
    cr_expect_null(dlopen("libcupti.so." CUDA_MAJOR, RTLD_NOW | RTLD_NOLOAD), "it was not even loaded");
    trace_free(t);
}

Test(cupti_library, not_built, .init = scratch_open, .fini = scratch_close)
{
    const struct trace_source *source;
    setenv("SDBENCH_BACKENDS", scratch_path(""), 1);
    struct err e = trace_source_find("cupti", &source);
    expect_line(&e, ERR_ABSENT, "sdbench-cupti.so was not built");
    e = trace_source_find("cupty", &source);
    expect_line(&e, ERR_FAILED, "cupti");
}

Test(cupti_library, lacks_functions)
{
    struct cupti c;
    void *other = dlopen("libm.so.6", RTLD_NOW);
    cr_assert(other);
    struct err e = cupti_from(&(struct library){"libm.so.6", other, dlsym}, &c);
    expect_line(&e, ERR_ABSENT, "cuptiGetVersion");
}

static uint32_t its_version;
static CUptiResult CUPTIAPI give_version(uint32_t *version)
{
    *version = its_version;
    return its_version ? CUPTI_SUCCESS : CUPTI_ERROR_UNKNOWN;
}

Test(cupti_library, versions)
{
    static const struct {
        uint32_t version;
        const char *says;
    } rows[] = {{130001, "CUPTI 13.0.1 (built for "}, {130401, "CUPTI 13.4.1 (built for "}, {22, "CUPTI API 22 ("}};
    uint32_t version = 0;
    its_version = CUPTI_API_VERSION - 1;
    struct err e = library_cupti_version(give_version, &version);
    expect_line(&e, ERR_ABSENT, "too old");
    its_version = 0;
    e = library_cupti_version(give_version, &version);
    expect_line(&e, ERR_ABSENT, "version");
    for (its_version = CUPTI_API_VERSION; its_version <= CUPTI_API_VERSION + 1000; its_version += 500) {
        cr_expect_eq(library_cupti_version(give_version, &version).code, ERR_NONE, "%u", its_version);
        cr_expect_eq(version, its_version);
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct text line = {0};
        cupti_describe_version(rows[i].version, &line);
        cr_expect(!strncmp(text_get(&line), rows[i].says, strlen(rows[i].says)), "%s", text_get(&line));
        text_free(&line);
    }
}

/* The real library without a driver, where it is: all functions are in it, and its version is not below the header's.
 */
Test(cupti_library, the_real_one)
{
    struct cupti c;
    void *library = dlopen("libcupti.so." CUDA_MAJOR, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        cr_skip_test("no libcupti.so." CUDA_MAJOR " on the loader's path");
    struct err e = cupti_from(&(struct library){"libcupti.so." CUDA_MAJOR, library, dlsym}, &c);
    if (c.GetVersion && c.GetVersion(&c.version) == CUPTI_ERROR_UNKNOWN) {
        expect_line(&e, ERR_ABSENT, "no driver"); /* from CUDA 13.2 on */
        return;
    }
    cr_assert_eq(e.code, ERR_NONE, "%s", err_text(e));
    cr_expect(c.GetCallbackName && c.GetResultString && c.ActivityGetNextRecord);
    e = cupti_check(&c, CUPTI_ERROR_QUEUE_EMPTY, "doing so");
    expect_line(&e, ERR_ABSENT, "CUPTI_ERROR_QUEUE_EMPTY");
}

/* Each result that CUPTI has, and some that it has not. */
Test(cupti_library, every_result)
{
    for (int result = 1; result < 1100; result++) {
        struct err e = cupti_result(result, ERR_ABSENT, "doing so", NULL);
        char number[32];
        snprintf(number, sizeof number, "error %d", result);
        expect_line(&e, ERR_ABSENT, number);
    }
    cr_expect_eq(cupti_result(CUPTI_SUCCESS, ERR_ABSENT, "doing so", NULL).code, ERR_NONE);
}
