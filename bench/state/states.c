#include "bench/state/states.h"

#include "pipeline/base/name.h"

const struct state_row state_rows[] = {
#define STATE(name, title, disk, plans, jit, live, cold, idle_s, answers) \
    {#name, title, answers, DISK_##disk, PLANS_##plans, JIT_##jit, live, cold, idle_s},
#include "bench/state/states.def"
#undef STATE
    {0},
};

struct err state_find(const char *name, const struct state_row **out)
{
    const char *names[ARRAY_LEN(state_rows)] = {0};
    size_t index;
    for (size_t i = 0; state_rows[i].name; i++)
        names[i] = state_rows[i].name;
    *out = NULL;
    TRY(name_find("state", name, names, &index));
    *out = &state_rows[index];
    return OK;
}
