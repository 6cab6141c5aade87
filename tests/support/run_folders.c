#include "tests/support/run_folders.h"

#include <criterion/criterion.h>
#include <string.h>

void expect_ok(struct err e)
{
    cr_assert(!e.code, "%s", err_text(e));
}

void expect_failed(struct err e, const char *says)
{
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), says), "\"%s\" in: %s", says, err_text(e));
    cr_expect(e.text && !strchr(e.text, '\n'));
    err_free(&e);
}

struct run_folder opened(const char *out)
{
    struct run_folder f;
    expect_ok(run_folder_open(out, "tiny", &f));
    return f;
}
