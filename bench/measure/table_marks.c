/* What load by others did to the samples, in the words of the table. */
#include "bench/measure/table.h"

#include <string.h>

static const struct start {
    const char *name;
    bool cold;
} starts[] = {{"cold start", true}, {"warm start", false}};

void table_marks(const struct bench_result *r, struct text *out)
{
    for (int i = 0; i < r->variants; i++)
        for (size_t k = 0; k < ARRAY_LEN(starts); k++) {
            struct foreign_summary f = foreign_summary_of(&r->variant[i], starts[k].cold);
            if (f.disturbed)
                text_add(out,
                         "! %s, %s: others used more than %.0f %% of the machine during %d of %d sample%s (at most "
                         "%.1f %%): its times may be too long, measure again without them\n",
                         r->variant[i].variant->title, starts[k].name, 100 * FOREIGN_LIMIT, f.disturbed, f.samples,
                         f.samples == 1 ? "" : "s", 100 * f.largest);
        }
}

/* Silence would read as a quiet machine. */
void table_note_unjudged(const struct bench_result *r, struct text *out)
{
    struct foreign_summary all = {0};
    for (int i = 0; i < r->variants; i++)
        for (size_t k = 0; k < ARRAY_LEN(starts); k++) {
            struct foreign_summary f = foreign_summary_of(&r->variant[i], starts[k].cold);
            if (f.unknown && !all.unknown)
                memcpy(all.reason, f.reason, sizeof all.reason);
            all.samples += f.samples;
            all.unknown += f.unknown;
        }
    if (all.unknown)
        text_add(out, "note: %d of %d samples: not known whether others disturbed them (the first: %s)\n", all.unknown,
                 all.samples, all.reason);
}
