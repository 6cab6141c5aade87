/* What a schedule says of itself, the table of samplers, and the timestep embedding. */
#include <math.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/sampler/sampler.h"

static const struct {
    const char *name;
    enum sampler_ddim ddim;
    int steps, slots;
    const char *evaluations, *start; /* parts of the note; both NULL: no note */
} cases[] = {
    // clang-format off
    {"ddim",        SAMPLER_DDIM_LINSPACE, 50,   0, NULL,              NULL},
    {"ddim",        SAMPLER_DDIM_LINSPACE, 1000, 0, NULL,              NULL},
    {"ddim",        SAMPLER_DDIM_LINSPACE, 1,    0, NULL,              "starts at t = 0 of 999"},
    {"ddim",        SAMPLER_DDIM_LEADING,  50,   0, NULL,              NULL},
    {"ddim",        SAMPLER_DDIM_LEADING,  30,   0, NULL,              "starts at t = 958 of 999"},
    {"ddim",        SAMPLER_DDIM_LEADING,  499,  0, NULL,              "starts at t = 997 of 999"},
    {"ddim",        SAMPLER_DDIM_LEADING,  501,  0, NULL,              "starts at t = 501 of 999"},
    {"ddim",        SAMPLER_DDIM_LEADING,  999,  0, NULL,              NULL},
    {"ddim-legacy", SAMPLER_DDIM_LINSPACE, 50,   0, NULL,              NULL},
    {"ddim-legacy", SAMPLER_DDIM_LINSPACE, 30,   0, "31 evaluations",  NULL},
    {"ddim-legacy", SAMPLER_DDIM_LINSPACE, 499,  0, "500 evaluations", NULL},
    {"ddim-legacy", SAMPLER_DDIM_LINSPACE, 1000, 0, "999 evaluations", NULL},
    {"pndm",        SAMPLER_DDIM_LINSPACE, 1,    0, NULL,              "starts at t = 1 of 999"},
    {"pndm",        SAMPLER_DDIM_LINSPACE, 50,   3, "51 evaluations",  NULL},
    {"pndm",        SAMPLER_DDIM_LEADING,  30,   3, "31 evaluations",  "starts at t = 958 of 999"},
    {"euler",       SAMPLER_DDIM_LINSPACE, 50,   0, NULL,              NULL},
    {"dpmpp-2m",    SAMPLER_DDIM_LINSPACE, 1,    0, NULL,              NULL},
    {"dpmpp-2m",    SAMPLER_DDIM_LINSPACE, 2,    0, NULL,              NULL},
    {"dpmpp-2m",    SAMPLER_DDIM_LEADING,  50,   1, NULL,              NULL},
    // clang-format on
};

static bool note_has(const char *note, const char *part, const char *word)
{
    return part ? note && strstr(note, part) : !note || !strstr(note, word);
}

Test(sampler, says_what_differs)
{
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *name = cases[i].name;
        int steps = cases[i].steps;
        struct sampler_schedule s;
        struct err e = sampler_schedule_make(sampler_find(name), cases[i].ddim, steps, &s);
        cr_assert(!e.code, "%s, %d steps: %s", name, steps, err_text(e));
        bool right = note_has(s.note, cases[i].evaluations, "evaluations") && note_has(s.note, cases[i].start, "start");
        bool wanted = cases[i].evaluations || cases[i].start;
        cr_expect(right && !s.note == !wanted, "%s, %d steps: note \"%s\"", name, steps, s.note ? s.note : "");
        cr_expect(s.slots == cases[i].slots, "%s, %d steps: %d slots", name, steps, s.slots);
        cr_expect(s.scales_input == !strcmp(name, "euler"), "%s, %d steps: scales_input", name, steps);
        sampler_schedule_free(&s);
    }
}

Test(sampler, names)
{
    static const char *const names[] = {"ddim", "ddim-legacy", "pndm", "euler", "dpmpp-2m"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        cr_assert_str_eq(samplers[i].name, names[i]);
        cr_expect(sampler_find(names[i]) == &samplers[i] && *samplers[i].summary, "%s", names[i]);
    }
    cr_expect_null(samplers[ARRAY_LEN(names)].name);
    cr_expect_null(sampler_find("ddim "));
    cr_expect_null(sampler_find(""));
}

/* Of 8 channels the frequencies are 1, 0.1, 0.01, 0.001; of 320 these are every fortieth. */
Test(sampler, timestep_embedding)
{
    static const double timesteps[] = {0, 1, 261, 946.42108154296875, 999};
    for (size_t k = 0; k < ARRAY_LEN(timesteps); k++) {
        float small[8], model[320];
        double t = timesteps[k], f = 1;
        sampler_timestep_embedding(t, 8, small);
        sampler_timestep_embedding(t, 320, model);
        for (int i = 0; i < 4; i++, f /= 10) {
            double c = cos(t * f), s = sin(t * f);
            cr_expect(fabs(small[i] - c) < 1e-7 && fabs(small[4 + i] - s) < 1e-7, "width 8, t = %g, i = %d", t, i);
            cr_expect(fabs(model[40 * i] - c) < 1e-7 && fabs(model[160 + 40 * i] - s) < 1e-7,
                      "width 320, t = %g, i = %d", t, 40 * i);
        }
        for (int i = 0; i < 160; i++) {
            double one = (double)model[i] * model[i] + (double)model[160 + i] * model[160 + i];
            cr_expect(fabs(one - 1) < 1e-6, "t = %g, i = %d: %g squared", t, i, one);
        }
    }
}
