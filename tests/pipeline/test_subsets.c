/* Every subset of the exact passes computes the same thing: pictures of `tiny` on the reference backend, to 1e-6 of the
 * unfused latent (guidance scale 2: what guidance does is to enlarge differences, also those of rounding). `make test` takes each pass alone, each left out, and a sample of the rest; with SDBENCH_SUBSETS=all
 * (make test-long) there are no others. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/stable_diffusion.h"
#include "tests/support/golden.h"
#include "variants/variant.h"

enum { SLICES = 8, SAMPLE = 61 /* of so many subsets one */ };

TestSuite(subsets, .timeout = 1200);

/* The exact passes, by number; not those that only say how, to a backend that is not this one. */
static size_t exact_passes(const char *name[])
{
    static const char *const others[] = {"cast", "layout", "capture", "residual_float32"};
    size_t count = 0;
    for (const struct pass *p = passes; p->name; p++) {
        bool exact = true;
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            exact &= strcmp(p->name, others[i]) != 0;
        if (exact)
            name[count++] = p->name;
    }
    return count;
}

/* `fused` without those passes whose bit is not set. */
static float *latent_of(unsigned subset, size_t *n)
{
    const char *name[32];
    char without[512] = "";
    size_t count = exact_passes(name);
    for (size_t i = 0; i < count; i++)
        if (!(subset >> i & 1))
            snprintf(without + strlen(without), sizeof without - strlen(without), "%s%s", *without ? "," : "", name[i]);
    struct sd_options o = {.model = "tiny", .preset = "diffusers", .width = 32, .height = 32, .steps = 2,
                           .guidance = 2, .has_guidance = true, .backend = "reference", .variant = "fused",
                           .without = *without ? without : NULL, .threads = 1};
    struct sd_request r = {.prompt = "a photograph of an astronaut riding a horse"};
    struct sd_images images = {0};
    struct sd *sd = NULL;
    struct err e = sd_open(&o, NULL, &sd);
    if (!e.code)
        e = sd_generate(sd, &r, 1, NULL, &images);
    if (e.code)
        cr_assert_fail("--without=%s: %s", without, err_text(e));
    *n = 4 * 4 * 4;
    float *latent = malloc(*n * sizeof *latent);
    memcpy(latent, images.latents, *n * sizeof *latent);
    sd_images_free(&images);
    sd_close(sd);
    return latent;
}

/* Whether a run of this length takes a subset: those with one pass in or out, and every 61st. */
static bool taken(unsigned subset, unsigned all)
{
    const char *which = getenv("SDBENCH_SUBSETS");
    unsigned out = all & ~subset;
    bool single = !(subset & (subset - 1)) || !(out & (out - 1));
    return single || subset % SAMPLE == 0 || (which && !strcmp(which, "all"));
}

ParameterizedTestParameters(subsets, give_the_same_latent)
{
    static int slice[SLICES];
    for (int i = 0; i < SLICES; i++)
        slice[i] = i;
    return cr_make_param_array(int, slice, SLICES);
}

ParameterizedTest(int *slice, subsets, give_the_same_latent)
{
    const char *name[32];
    const unsigned all = (1u << exact_passes(name)) - 1;
    size_t n = 0, m = 0;
    double worst = 0;
    unsigned count = 0, seen = 0;
    float *expected = latent_of(0, &n);
    for (unsigned subset = 1; subset <= all; subset++) {
        if (!taken(subset, all) || seen++ % SLICES != (unsigned)*slice)
            continue;
        float *is = latent_of(subset, &m);
        double error = relative_l2(is, expected, n);
        cr_expect(error <= 1e-6, "subset %#x: %.2e from the unfused latent", subset, error);
        worst = error > worst ? error : worst;
        free(is);
        count++;
    }
    free(expected);
    cr_expect(count > 0);
    printf("subsets, slice %d: %u of them, at most %.1e from the unfused latent\n", *slice, count, worst);
}
