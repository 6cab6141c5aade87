#include <math.h>
#include <stdlib.h>

#include "bench/profile/take.h"

#define MOST_COUNT 1e18

void profile_counted_free(struct profile_counted *c)
{
    free(c->plan);
    free(c->stage);
    free(c->path);
    free(c->flag);
}

struct err take_counted(struct profile *p, struct fields *f)
{
    struct profile_counted c = {.dram_read_bytes = NAN,
                                .dram_write_bytes = NAN,
                                .l2_bytes = NAN,
                                .tensor_active_share = NAN,
                                .warps_active_share = NAN,
                                .sm_clock_hz = NAN,
                                .dram_model_ratio = NAN};
    const struct {
        const char *name;
        double *value;
    } numbers[] = {{"step", &c.step},
                   {"model_bytes", &c.model_bytes},
                   {"dram_read_bytes", &c.dram_read_bytes},
                   {"dram_write_bytes", &c.dram_write_bytes},
                   {"l2_bytes", &c.l2_bytes},
                   {"tensor_active_share", &c.tensor_active_share},
                   {"warps_active_share", &c.warps_active_share},
                   {"sm_clock_hz", &c.sm_clock_hz},
                   {"dram_model_ratio", &c.dram_model_ratio}};
    TRY(take_room((void **)&p->counted, p->counts, sizeof c));
    fields_text(f, "plan", &c.plan);
    fields_text(f, "stage", &c.stage);
    fields_text(f, "path", &c.path);
    fields_text(f, "flag", &c.flag);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        fields_number(f, numbers[i].name, 0, MOST_COUNT, numbers[i].value);
    f->damaged |= p->counts == MOST_ROWS;
    if (f->damaged || f->no_memory) {
        profile_counted_free(&c);
        return OK;
    }
    p->counted[p->counts++] = c;
    return OK;
}
