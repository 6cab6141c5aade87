/* cudnn-plans CHECK ...: what cuDNN can do on devices that are not here. A program of its own, because it needs a
 * driver library that only loads (tests/cuda/host/fake_driver.c) in place of the machine's, and cuDNN may end it. */
#include "tests/cuda/program/cudnn_checks.h"
#include "tests/cuda/program/cudnn_problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int failed(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("FAIL ");
    vprintf(format, args);
    printf("\n");
    va_end(args);
    return 1;
}

struct dnn *open_described(const struct described_device *device)
{
    char json[DESCRIBED_JSON];
    struct dnn *d;
    described_device_json(device, json, sizeof json);
    struct err e = dnn_open_described(json, &d);
    if (e.code)
        stop(err_wrap(e, "%s", device->name));
    return d;
}

static int run_table(int count, char **argument)
{
    const struct described_device *device = count ? described_device_find(argument[0]) : NULL;
    if (!device || count != 2)
        stop(err_fail("table DEVICE FILE: no such device, or no file"));
    return check_table(device, argument[1]);
}

int main(int count, char **argument)
{
    static const struct {
        const char *name;
        int (*check)(void);
    } checks[] = {{"ieee", check_ieee}, {"texts", check_texts}, {"faults", check_faults}};
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (count > 1 && !strcmp(argument[1], "table"))
        return run_table(count - 2, argument + 2) ? ERR_MISMATCH : 0;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        if (count == 2 && !strcmp(argument[1], checks[i].name))
            return checks[i].check() ? ERR_MISMATCH : 0;
    fprintf(stderr, "usage: cudnn-plans table DEVICE FILE | ieee | texts | faults\n");
    return ERR_FAILED;
}
