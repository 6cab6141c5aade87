#include "pipeline/sampler/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/base/text.h"
#include "pipeline/sampler/fill.h"

const struct sampler samplers[] = {
#define SAMPLER(name, fill, summary) {name, summary, fill},
#include "pipeline/sampler/samplers.def"
#undef SAMPLER
    {0},
};

const struct sampler *sampler_find(const char *name)
{
    for (const struct sampler *s = samplers; s->name; s++)
        if (!strcmp(s->name, name))
            return s;
    return NULL;
}

struct err sampler_rows(struct sampler_schedule *out, int n)
{
    out->row = calloc((size_t)n, sizeof *out->row);
    if (!out->row)
        return err_fail("out of memory");
    out->rows = n;
    for (int i = 0; i < n; i++)
        out->row[i].input_scale = 1;
    return OK;
}

struct err sampler_leading_gap(int steps, int *gap)
{
    *gap = NOISE_TIMESTEPS / steps;
    int highest = 1 + (steps - 1) * *gap;
    if (highest > NOISE_LAST)
        return err_fail("%d steps would start at t = %d, past the last timestep %d (diffusers has an index error "
                        "there); take 1 to %d steps",
                        steps, highest, NOISE_LAST, steps - 1);
    return OK;
}

static void note_use(struct sampler_schedule *s, const struct sampler_row *row)
{
    s->scales_input |= row->input_scale != 1;
    for (int i = 0; i < SAMPLER_STATES; i++)
        for (int j = s->slots; j < SAMPLER_SLOTS; j++)
            if (row->update[i][SAMPLER_SLOT + j] != 0)
                s->slots = j + 1;
}

/* Every library lets its samplers differ a little from the steps asked for; a user should know. A start is late where
 * one more evaluation of the same spacing would still fit before the last timestep. */
static void note_difference(const struct sampler *sampler, int steps, struct sampler_schedule *s)
{
    double start = s->row[0].timestep, spacing = s->rows > 1 ? start - s->row[1].timestep : 1;
    bool late = NOISE_LAST - start >= spacing;
    struct text note = {0};
    if (s->rows != steps || late)
        text_add(&note, "%s with %d step%s, as in the library that it follows:", sampler->name, steps,
                 steps == 1 ? "" : "s");
    if (s->rows != steps)
        text_add(&note, " %d evaluations of the network%s", s->rows, late ? "," : "");
    if (late)
        text_add(&note, " starts at t = %g of %d", start, NOISE_LAST);
    s->note = note.bytes;
}

struct err sampler_schedule_make(const struct sampler *s, enum sampler_ddim ddim, int steps,
                                 struct sampler_schedule *out)
{
    *out = (struct sampler_schedule){.initial_scale = 1};
    if (steps < 1 || steps > NOISE_TIMESTEPS)
        return err_fail("steps: %d is out of range; take 1 to %d", steps, NOISE_TIMESTEPS);
    struct noise_schedule noise;
    noise_schedule_init(&noise);
    struct err e = s->fill(&noise, ddim, steps, out);
    if (e.code) {
        sampler_schedule_free(out);
        return err_wrap(e, "sampler %s", s->name);
    }
    for (int i = 0; i < out->rows; i++)
        note_use(out, &out->row[i]);
    note_difference(s, steps, out);
    return OK;
}

void sampler_schedule_free(struct sampler_schedule *s)
{
    free(s->row);
    free(s->note);
    *s = (struct sampler_schedule){0};
}
