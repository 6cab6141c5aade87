/* The C API, as a program that uses it would. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/image/png.h"
#include "pipeline/stable_diffusion.h"
#include "tests/support/scratch.h"

TestSuite(api, .init = scratch_open, .fini = scratch_close, .timeout = 120);

static struct sd *open_tiny(struct sd_options o)
{
    struct sd *sd = NULL;
    o.model = "tiny";
    if (!o.width)
        o.width = o.height = 128;
    if (!o.steps)
        o.steps = 2;
    struct err e = sd_open(&o, NULL, &sd);
    if (e.code == ERR_ABSENT)
        cr_skip_test("%s", err_text(e));
    cr_assert(e.code == 0, "%s", err_text(e));
    return sd;
}

static struct sd_images generate(struct sd *sd, const struct sd_request *r, int count)
{
    struct sd_images images;
    struct err e = sd_generate(sd, r, count, NULL, &images);
    cr_assert(e.code == 0, "%s", err_text(e));
    return images;
}

static size_t pixel_bytes(const struct sd_images *i)
{
    return 3 * (size_t)i->width * (size_t)i->height;
}

/* The example on top of the header, compiled by the Makefile. */
Test(api, the_example_of_the_header_runs)
{
    const char *program = getenv("SDBENCH_EXAMPLE");
    char command[1024];
    if (!program)
        cr_skip_test("SDBENCH_EXAMPLE names no program (make test sets it)");
    snprintf(command, sizeof command, "cd %s && %s", scratch_path("."), program);
    int code = system(command);
    struct picture p = {0};
    struct err e = png_read(scratch_path("astronaut.png"), &p, NULL);
    if (code == 0 && e.code)
        cr_skip_test("no backend here");
    cr_assert(e.code == 0 && p.width == 128 && p.height == 128, "%s", err_text(e));
    picture_free(&p);
}

Test(api, the_same_request_gives_the_same_bits_in_one_process_and_with_other_threads)
{
    static const char *const variants[] = {"standard", "mixed", "fused", "fused-mixed"};
    for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
        struct sd_request r = {.prompt = "a cat", .seed = 3};
        struct sd_images first = {0};
        for (int threads = 1; threads <= 2; threads++) {
            struct sd *sd = open_tiny((struct sd_options){.variant = variants[v], .threads = threads});
            for (int again = 0; again < 2; again++) {
                struct sd_images images = generate(sd, &r, 1);
                if (!first.pixels) {
                    first = images;
                    continue;
                }
                cr_assert(!memcmp(first.pixels, images.pixels, pixel_bytes(&images)), "%s, %d threads", variants[v],
                          threads);
                cr_assert(!memcmp(first.latents, images.latents, 4 * 16 * 16 * sizeof(float)), "%s, %d threads",
                          variants[v], threads);
                sd_images_free(&images);
            }
            sd_close(sd);
        }
        sd_images_free(&first);
    }
}

/* Image k of several is the picture of seed + k alone, whatever the batch. */
static void expect_no_neighbours(const char *variant)
{
    struct sd_request r[3] = {{.prompt = "a cat", .seed = 5}, {.prompt = "a dog", .seed = 6}, {.prompt = "a cat", .seed = 7}};
    struct sd *one = open_tiny((struct sd_options){.variant = variant});
    struct sd *two = open_tiny((struct sd_options){.variant = variant, .batch = 2});
    struct sd_images all = generate(one, r, 3), pairs = generate(two, r, 3);
    cr_assert(!memcmp(all.pixels, pairs.pixels, 3 * pixel_bytes(&all)), "batch 1 and batch 2 differ");
    for (int i = 0; i < 3; i++) {
        struct sd_images single = generate(one, &r[i], 1);
        cr_assert(!memcmp(single.pixels, all.pixels + (size_t)i * pixel_bytes(&all), pixel_bytes(&all)), "image %d", i);
        sd_images_free(&single);
    }
    cr_assert(memcmp(all.pixels, all.pixels + 2 * pixel_bytes(&all), pixel_bytes(&all)), "seeds 5 and 7 are one picture");
    sd_images_free(&all);
    sd_images_free(&pairs);
    sd_close(one);
    sd_close(two);
}

Test(api, a_picture_does_not_depend_on_its_neighbours)
{
    expect_no_neighbours("standard");
}

Test(api, a_fused_picture_does_not_depend_on_its_neighbours)
{
    expect_no_neighbours("fused");
}

/* Prompts encoded together, in whatever company, and an empty prompt that was kept: the same bits as one by one. */
Test(api, contexts_do_not_depend_on_how_they_are_encoded)
{
    struct sd_request r[2] = {{.prompt = "a cat", .negative = "a dog", .seed = 1}, {.prompt = "a bird", .seed = 2}};
    struct sd *together = open_tiny((struct sd_options){.variant = "fused", .batch = 2});
    struct sd *apart = open_tiny((struct sd_options){.variant = "fused", .batch = 2, .without = "prompts"});
    struct sd_images expected = generate(apart, r, 2);
    for (int again = 0; again < 3; again++) {
        struct sd_images images = generate(together, r, 2);
        cr_expect(!memcmp(images.latents, expected.latents, 2 * 4 * 16 * 16 * sizeof(float)), "call %d", again);
        sd_images_free(&images);
    }
    struct sd_images alone = generate(together, &r[1], 1);
    cr_expect(!memcmp(alone.pixels, expected.pixels + pixel_bytes(&alone), pixel_bytes(&alone)), "alone");
    sd_images_free(&alone);
    sd_images_free(&expected);
    sd_close(together);
    sd_close(apart);
}

struct watch {
    int steps, until;
};

static bool count_steps(void *context, const char *what, uint64_t done, uint64_t total)
{
    struct watch *w = context;
    cr_assert(done <= total);
    w->steps += !strcmp(what, "step");
    return w->steps < w->until;
}

Test(api, progress_counts_steps_and_can_cancel)
{
    struct sd *sd = open_tiny((struct sd_options){.steps = 4});
    struct sd_request r = {.prompt = ""};
    struct watch w = {0, 100};
    struct sd_images images;
    cr_assert(sd_generate(sd, &r, 1, &(struct sd_progress){.report = count_steps, .context = &w}, &images).code == 0);
    cr_assert_eq(w.steps, 4);
    sd_images_free(&images);

    w = (struct watch){0, 2};
    struct err e = sd_generate(sd, &r, 1, &(struct sd_progress){.report = count_steps, .context = &w}, &images);
    cr_assert(e.code == ERR_CANCELLED && w.steps == 2 && !images.pixels, "%s", err_text(e));
    err_free(&e);

    w = (struct watch){0, 100}; /* and the pipeline is as good as new */
    cr_assert(sd_generate(sd, &r, 1, &(struct sd_progress){.report = count_steps, .context = &w}, &images).code == 0);
    sd_images_free(&images);
    sd_close(sd);
}

Test(api, noise_given_is_the_noise_used)
{
    static float noise[4 * 16 * 16];
    struct sd *sd = open_tiny((struct sd_options){0});
    struct sd_request r = {.prompt = "a cat"}, with = {.prompt = "a cat", .seed = 1, .noise = noise};
    struct sd_images zero = generate(sd, &with, 1), seeded = generate(sd, &r, 1);
    cr_assert(memcmp(zero.pixels, seeded.pixels, pixel_bytes(&zero)));
    cr_assert(strstr(zero.parameters[0], "Noise: from a file"), "%s", zero.parameters[0]);
    cr_assert(strstr(seeded.parameters[0], "Seed: 0"), "%s", seeded.parameters[0]);
    sd_images_free(&zero);
    sd_images_free(&seeded);
    sd_close(sd);
}

Test(api, guidance_of_one_leaves_the_unconditional_branch_out_under_diffusers_only)
{
    static const char *const names[] = {"kerascv", "diffusers"};
    for (int i = 0; i < 2; i++) {
        struct sd_request r = {.prompt = "a cat", .negative = "a dog"}, other = {.prompt = "a cat", .negative = "a tree"};
        struct sd *sd = open_tiny((struct sd_options){.preset = names[i], .variant = "standard", .guidance = 0.5, .has_guidance = true});
        struct sd_images a = generate(sd, &r, 1), b = generate(sd, &other, 1);
        bool same = !memcmp(a.pixels, b.pixels, pixel_bytes(&a));
        cr_assert_eq(same, i == 1, "%s", names[i]);
        sd_images_free(&a);
        sd_images_free(&b);
        sd_close(sd);
    }
}

Test(api, a_long_prompt_is_refused_or_cut_as_the_preset_says)
{
    char prompt[1000] = "";
    for (int i = 0; i < 90; i++)
        strcat(prompt, "cat ");
    struct sd_request r = {.prompt = prompt};
    struct sd_images images;
    struct sd *sd = open_tiny((struct sd_options){.preset = "kerascv"});
    struct err e = sd_generate(sd, &r, 1, NULL, &images);
    cr_assert(e.code == ERR_FAILED && strstr(e.text, "92"), "%s", err_text(e));
    err_free(&e);
    sd_close(sd);
    sd = open_tiny((struct sd_options){.preset = "diffusers"});
    images = generate(sd, &r, 1);
    cr_assert(images.warning && strstr(images.warning, "cat cat"), "%s", images.warning ? images.warning : "no warning");
    sd_images_free(&images);
    sd_close(sd);
}

Test(api, tells_its_memory)
{
    struct sd *sd = open_tiny((struct sd_options){0});
    struct sd_memory m = sd_memory(sd);
    cr_assert(m.weights > 10 << 20 && m.arena > 1 << 20, "%zu %zu", m.weights, m.arena);
    sd_close(sd);
}

Test(api, bad_options_are_one_line_each)
{
    static const struct {
        struct sd_options o;
        const char *words[3];
    } cases[] = {
        {{.model = "sd15x"}, {"sd15x", "sd14"}},
        {{.preset = "keras-cv"}, {"keras-cv", "kerascv"}},
        {{.backend = "cpv"}, {"cpv", "cpu"}},
        {{.variant = "mixd"}, {"mixd", "mixed"}},
        {{.sampler = "euler_a"}, {"euler_a", "euler"}},
        {{.without = "cats"}, {"--without", "cats", "cast"}},
        {{.with = "layuot"}, {"--with", "layout"}},
        {{.without = "layout"}, {"layout"}},
        {{.width = 500, .height = 500, .preset = "diffusers"}, {"500x500", "multiples of 8"}},
        {{.width = 192, .height = 128}, {"192x128", "256x128"}},
        {{.width = -8, .height = 8}, {"-8x8"}},
        {{.width = 1 << 20, .height = 128}, {"1048576x128", "16384"}},
        {{.steps = 1001}, {"1001"}},
        {{.steps = -1}, {"-1"}},
        {{.batch = -2}, {"-2"}},
        {{.guidance = 1e300 * 1e300, .has_guidance = true}, {"guidance"}},
        {{.width = 16384, .height = 16384, .backend = "reference"}, {"GB", "free"}},
        {{.width = 128, .height = 128, .batch = 10000000, .backend = "reference"}, {"GB", "free", "--batch"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct sd *sd = NULL;
        struct sd_options o = cases[i].o;
        o.model = o.model ? o.model : "tiny";
        struct err e = sd_open(&o, NULL, &sd);
        cr_assert((e.code == ERR_FAILED || e.code == ERR_MEMORY) && !sd, "case %zu: %s", i, err_text(e));
        for (int w = 0; w < 3 && cases[i].words[w]; w++)
            cr_assert(strstr(e.text, cases[i].words[w]), "case %zu: no %s in: %s", i, cases[i].words[w], e.text);
        cr_assert(!strchr(e.text, '\n'), "case %zu: %s", i, e.text);
        err_free(&e);
    }
}
