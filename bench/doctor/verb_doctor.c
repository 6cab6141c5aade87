#include <stdio.h>
#include <stdlib.h>

#include "bench/doctor/findings.h"
#include "bench/verbs.h"
#include "bench/version.h"

struct err verb_doctor(const struct options *o)
{
    struct findings f = {0};
    if (o->arguments)
        return err_fail("doctor takes no argument \"%s\" (sdbench doctor --help)", o->argument[0]);
    doctor_machine(&f);
    int computing = doctor_backends(&f, o);
    findings_add(&f, "versions", "sdbench", true, "%s", SDBENCH_VERSION);
    findings_add(&f, "versions", "libraries", true, "%s", version_libraries(&f.arena));
    struct err e = OK;
    if (o->json)
        e = findings_print_json(&f);
    else
        findings_print(&f);
    findings_free(&f);
    if (!e.code && !computing)
        e = err_make(ERR_ABSENT, "no backend can compute here");
    return e;
}
