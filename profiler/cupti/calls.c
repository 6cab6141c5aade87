#include "profiler/cupti/calls.h"

struct err cupti_from(const struct library *l, struct cupti *out)
{
    const struct library_slot slots[] = {
#define FUNCTION(name, needed) {"cupti" #name, &out->name, !(needed)},
#include "profiler/cupti/functions.def"
#undef FUNCTION
    };
    *out = (struct cupti){0};
    TRY(library_take(l, slots, ARRAY_LEN(slots)));
    return library_cupti_version(out->GetVersion, &out->version);
}

struct err cupti_load(struct cupti *out)
{
    struct library driver, cupti;
    TRY(library_driver(&driver));
    TRY(library_cupti(false, &cupti));
    return cupti_from(&cupti, out);
}

struct err cupti_check(const struct cupti *c, CUptiResult result, const char *doing)
{
    return cupti_result(result, ERR_ABSENT, doing, c->GetResultString);
}
