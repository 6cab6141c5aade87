/* The GPU's driver held by this process: with an NVML of our own (tests/support/nvml), and without any. */
#include "bench/state/driver.h"

#include <criterion/criterion.h>
#include <dlfcn.h>
#include <string.h>

#include "pipeline/base/error.h"
#include "tests/support/nvml/nvml.h"

Test(driver, holds_all_devices)
{
    struct stand_in *s = stand_in_open("nvml");
    struct driver d;
    s->devices = 3;
    driver_hold(&d);
    cr_expect(d.devices == 3 && !*d.reason && s->held == 1 && s->opened == 3, "%d %s", d.devices, d.reason);
    cr_expect(d.persistence[0] == PERSISTENCE_ON && d.persistence[1] == PERSISTENCE_OFF);
    cr_expect(!strcmp(driver_persistence_text(&d), "mixed"));
    driver_release(&d);
    cr_expect(s->held == 0 && d.devices == 0);
    driver_release(&d);
    cr_expect(s->held == 0);
}

Test(driver, persistence)
{
    static const struct {
        unsigned devices;
        int refused, unknown;
        const char *expected, *reason;
    } cases[] = {
        {1, -1, -1, "on", ""},
        {1, -1, 0, "unknown", ""},
        {2, 0, -1, "off", "device 0: Not Found"},
        {1, 0, -1, "unknown", "device 0: Not Found"},
        {0, -1, -1, "unknown", "there is none"},
        {100, -1, -1, "mixed", ""},
    };
    struct stand_in *s = stand_in_open("nvml");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct driver d;
        s->devices = cases[i].devices;
        s->refused = cases[i].refused;
        s->unknown = cases[i].unknown;
        driver_hold(&d);
        cr_expect(!strcmp(driver_persistence_text(&d), cases[i].expected), "%zu: %s", i, driver_persistence_text(&d));
        cr_expect(*cases[i].reason ? strstr(d.reason, cases[i].reason) != NULL : !*d.reason, "%zu: %s", i, d.reason);
        cr_expect(d.devices <= DRIVER_DEVICES && s->held == 1);
        driver_release(&d);
        cr_expect(s->held == 0);
    }
}

Test(driver, does_not_start)
{
    struct stand_in *s = stand_in_open("nvml");
    struct driver d;
    s->start_result = STAND_IN_NOT_LOADED;
    s->devices = 1;
    driver_hold(&d);
    cr_expect(!d.devices && !d.nvml.library && strstr(d.reason, "NVML does not start: Driver Not Loaded"), "%s",
              d.reason);
    cr_expect(!strcmp(driver_persistence_text(&d), "unknown") && s->held == 0);
    driver_release(&d);
}

Test(driver, no_nvml)
{
    void *there = dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL);
    if (there)
        cr_skip("this machine has an NVML");
    struct driver d;
    driver_hold(&d);
    cr_expect(!d.devices && !strcmp(d.reason, "no NVML here: libnvidia-ml.so.1 cannot be opened"), "%s", d.reason);
    cr_expect(!strcmp(driver_persistence_text(&d), "unknown"));
    driver_release(&d);
}

/* It can hold devices, and does not know more of them. */
Test(driver, old_nvml)
{
    struct stand_in *s = stand_in_open("nvml-old");
    struct driver d;
    s->devices = 2;
    driver_hold(&d);
    cr_expect(d.devices == 2 && !*d.reason && !strcmp(driver_persistence_text(&d), "unknown"), "%s", d.reason);
    driver_release(&d);
    cr_expect(s->held == 0);
}
