/* Which phases a start of each backend has, and what they say of each other. A clock itself: tests/unit/test_phase.c.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "pipeline/base/clock.h"
#include "pipeline/base/phase.h"
#include "pipeline/stable_diffusion_private.h"
#include "tests/support/phases.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

TestSuite(phases, .init = scratch_open, .fini = scratch_close, .timeout = 120);

/* Of what one value is computed from when weights are loaded, as it lies in the synthetic checkpoint: float32. */
static uint64_t stored_bytes(const struct graph *g, value_id v)
{
    const struct value *x = &g->value[v];
    uint64_t bytes = 0;
    if (x->kind == VALUE_WEIGHT)
        return (uint64_t)shape_count(x->shape) * sizeof(float);
    const struct node *n = &g->node[x->producer];
    for (int i = 0; i < n->n_inputs; i++)
        bytes += n->input[i] != NO_VALUE ? stored_bytes(g, n->input[i]) : 0;
    return bytes;
}

/* Each weight once for each launch that takes it (few are taken by two), but the bias of a subpixel convolution, which
 * is four of them, once for each parity. */
static uint64_t weight_bytes_used(const struct sd *sd)
{
    uint64_t bytes = 0;
    for (int i = 0; i < PLANS; i++) {
        const struct graph *g = plan_graph(sd->plan[i]);
        for (size_t l = 0; l < plan_launches(sd->plan[i]); l++) {
            const struct node *n = plan_launch_node(sd->plan[i], l);
            for (int k = 0; k < n->n_inputs; k++)
                if (n->input[k] != NO_VALUE && node_value(g, n, k)->rate == RATE_LOAD)
                    bytes += stored_bytes(g, n->input[k]) * (n->op == OP_subpixel_conv && k == IN_BIAS ? 4 : 1);
        }
    }
    return bytes;
}

/* Of three images, two at a time. */
static void agrees(const char *backend, const char *variant)
{
    struct sd_options o = {
        .model = "tiny", .backend = backend, .variant = variant, .width = 128, .height = 128, .steps = 2, .batch = 2};
    struct sd_request r[3] = {{.prompt = "a cat"}, {.prompt = "a dog"}, {.prompt = "an otter"}};
    struct sd_images images = {0};
    struct sd *sd = NULL;
    struct phase_clock c;
    phase_clock_start(&c, clock_now_ns());
    struct err e = sd_open(&o, NULL, &sd);
    if (!e.code)
        e = sd_generate(sd, r, 3, NULL, &images);
    phase_clock_stop(&c, clock_now_ns());
    if (e.code == ERR_ABSENT)
        cr_skip_test("%s", err_text(e));
    cr_assert(e.code == 0, "%s", err_text(e));
    const struct phase_time *t = c.phase;
    cr_expect_eq(t[PHASE_text].entries, 2, "groups of images");
    cr_expect_eq(t[PHASE_first_step].entries, 1);
    cr_expect_eq(t[PHASE_steps].entries, 2, "the rest of the first group, all of the second");
    cr_expect_eq(t[PHASE_decode].entries, 2);
    cr_expect_eq(t[PHASE_read].bytes, weight_bytes_used(sd), "%llu of %llu bytes",
                 (unsigned long long)t[PHASE_read].bytes, (unsigned long long)weight_bytes_used(sd));
    cr_expect(0 < t[PHASE_transform].bytes && t[PHASE_transform].bytes <= sd_memory(sd).weights);
    cr_expect_eq(t[PHASE_upload].entries + t[PHASE_capture].entries, 0, "on the host");
    cr_expect_eq(t[PHASE_write].entries, 0, "no file is written here");
    int64_t sum = phase_clock_unaccounted_ns(&c);
    for (int p = 0; p < PHASE_COUNT; p++)
        sum += t[p].time_ns;
    cr_expect_eq(sum, c.stop_ns - c.start_ns);
    cr_expect_eq(c.phase[PHASE_read].major_faults + c.phase[PHASE_read].minor_faults > 0, true, "a mapped file");
    sd_images_free(&images);
    sd_close(sd);
}

Test(phases, reference_reads_what_its_plans_take)
{
    agrees("reference", "standard");
}
Test(phases, cpu_reads_what_its_plans_take)
{
    agrees("cpu", "standard");
}
Test(phases, cpu_fused_reads_what_its_plans_take)
{
    agrees("cpu", "fused");
}

/* One that was opened without a clock, and is timed in what it does later. */
Test(phases, a_clock_may_come_late)
{
    struct sd_options o = {.model = "tiny", .backend = "null", .width = 128, .height = 128, .steps = 1};
    struct sd_images images;
    struct sd *sd = NULL;
    struct phase_clock c;
    struct err e = sd_open(&o, NULL, &sd);
    cr_assert(e.code == 0, "%s", err_text(e));
    phase_clock_start(&c, clock_now_ns());
    e = sd_generate(sd, &(struct sd_request){.prompt = "a cat"}, 1, NULL, &images);
    phase_clock_stop(&c, clock_now_ns());
    cr_assert(e.code == 0, "%s", err_text(e));
    for (enum phase p = 0; p < PHASE_COUNT; p++)
        cr_expect_eq(c.phase[p].entries, p == PHASE_text || p == PHASE_first_step || p == PHASE_decode, "%s",
                     phases[p].title);
    sd_images_free(&images);
    sd_close(sd);
}

/* An error leaves no phase behind: the clock is in none. */
Test(phases, end_where_opening_fails)
{
    struct sd_options o = {.model = "tiny", .backend = "null", .width = 128, .height = 128, .variant = "none-such"};
    struct sd *sd = NULL;
    struct phase_clock c;
    phase_clock_start(&c, clock_now_ns());
    struct err e = sd_open(&o, NULL, &sd);
    cr_expect_eq(phase_enter(PHASE_write), PHASE_NONE);
    phase_clock_stop(&c, clock_now_ns());
    cr_assert(e.code && !sd);
    err_free(&e);
}

Test(phases, of_a_start_on_the_cpu)
{
    struct program_result r =
        PROGRAM("generate", "x", "--model", "tiny", "--size", "128x128", "--steps", "2", "--backend", "cpu",
                "--variant", "fused", "--json", "-q", "-o", scratch_path("x.png"));
    if (r.code == ERR_ABSENT)
        cr_skip_test("%s", r.log);
    cJSON *json = cJSON_Parse(r.output);
    phases_are_exact(json, (const char *const[]){"library load", "handles", "weight open", "tokenizer", "plan",
                                                 "weight read", "weight transform", "text", "step 1", "other steps",
                                                 "decode", "write", NULL});
    cr_expect_gt(phases_number(json, "weight read", "bytes"), 0);
    cr_expect_geq(phases_number(json, "weight read", "major_faults"), 0);
    cr_expect_geq(phases_number(json, "weight read", "minor_faults"), 0);
    cr_expect_eq(phases_number(json, "text", "minor_faults"), -1, "not counted there");
    cJSON_Delete(json);
    program_result_free(&r);
}
