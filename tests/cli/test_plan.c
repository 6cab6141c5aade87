/* `sdbench plan`: graphs as text and Graphviz, costs, memory. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include "pipeline/base/error.h"
#include "tests/support/program.h"

static struct program_result run(const char *const *argument)
{
    struct program_result r = program_run(argument, NULL);
    if (r.code)
        cr_assert_fail("sdbench %s ...: exit %d: %s", argument[0], r.code, r.log);
    return r;
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void expect_words(const struct program_result *r, const char *const *words)
{
    for (; *words; words++)
        cr_expect(strstr(r->output, *words), "no \"%s\" in: %.2000s", *words, r->output);
}
#define EXPECT(r, ...) expect_words(r, (const char *const[]){__VA_ARGS__, NULL})

/* The last line that begins with `label`, and the number in its only or second column. */
static double total(const char *output, const char *label)
{
    const char *last = NULL;
    for (const char *at = output; (at = strstr(at, label)); at++)
        last = at;
    return last ? strtod(last + strlen(label), NULL) : NAN;
}

/* What the model's facts say: GFLOP of products a sample. */
Test(cli_plan, cost)
{
    static const struct {
        const char *model, *graph, *size;
        double gflop;
    } rows[] = {
        {"sd14", "diffusion_model", "512x512", 803.273}, {"sd14", "diffusion_model", "256x256", 180.106},
        {"sd14", "decoder", "512x512", 2514.519},        {"sd14", "text_encoder", "512x512", 13.299},
        {"tiny", "diffusion_model", "128x128", 0.441},   {"tiny", "decoder", "128x128", 3.733},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct program_result r =
            RUN("plan", "--cost", "--variant", "standard", "--model", rows[i].model, "--graph", rows[i].graph,
                                      "--size", rows[i].size);
        double is = total(r.output, "per sample");
        cr_expect(fabs(is - rows[i].gflop) < 1e-9, "%s %s %s: %g GFLOP, not %g", rows[i].model, rows[i].graph,
                  rows[i].size, is, rows[i].gflop);
        program_result_free(&r);
    }
}

static double number(const cJSON *row, const char *key)
{
    return cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(row, key));
}

static double sum(const cJSON *table, const char *list, const char *key)
{
    const cJSON *row;
    double all = 0;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(table, list))
    {
        all += number(row, key);
    }
    return all;
}

/* Both tables add up to the total, and the total to the samples. */
Test(cli_plan, cost_as_json)
{
    static const char *const keys[] = {"nodes", "product_flop", "other_flop", "bytes"};
    static const char *const graphs[] = {"text_encoder", "denoise_step", "decoder"};
    struct program_result r = RUN("plan", "--cost", "--json", "--size", "256x128", "--batch", "3");
    cJSON *json = cJSON_Parse(r.output), *list = cJSON_GetObjectItemCaseSensitive(json, "graphs");
    cr_assert_eq(cJSON_GetArraySize(list), 3, "%s", r.output);
    for (int i = 0; i < 3; i++) {
        const cJSON *table = cJSON_GetArrayItem(list, i), *all = cJSON_GetObjectItemCaseSensitive(table, "total");
        const cJSON *each = cJSON_GetObjectItemCaseSensitive(table, "per_sample");
        double samples = number(table, "samples");
        cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(table, "graph")), graphs[i]);
        cr_expect(samples == (i == 1 ? 6 : 1) && number(table, "width") == 256 && number(table, "height") == 128);
        for (size_t k = 0; k < ARRAY_LEN(keys); k++) {
            double whole = number(all, keys[k]);
            cr_expect(fabs(sum(table, "operations", keys[k]) - whole) <= 1e-9 * whole, "%s: operations: %s", graphs[i],
                      keys[k]);
            cr_expect(fabs(sum(table, "levels", keys[k]) - whole) <= 1e-9 * whole, "%s: levels: %s", graphs[i],
                      keys[k]);
            cr_expect(!k || fabs(number(each, keys[k]) * samples - whole) <= 1e-9 * whole, "%s: sample: %s", graphs[i],
                      keys[k]);
        }
    }
    cJSON_Delete(json);
    program_result_free(&r);
}

/* Levels of the UNet are named by the images in them, tokens of the prompt apart. */
Test(cli_plan, levels)
{
    struct program_result r = RUN("plan", "--cost", "--graph", "diffusion_model", "--variant", "standard");
    EXPECT(&r, "  64x64 ", "  32x32 ", "  16x16 ", "  8x8 ", "  77 tokens ", "  vectors ");
    cr_expect(!strstr(r.output, "4096 tokens"));
    cr_expect(fabs(total(r.output, "  77 tokens              32") - 2.952) < 1e-9, "%s", r.output);
    program_result_free(&r);
}

Test(cli_plan, text)
{
    struct program_result r = RUN("plan", "--model", "tiny", "--size", "128x128", "--variant", "mixed");
    EXPECT(&r, "text_encoder of", "denoise_step of", "decoder of", "== as built\ngraph text_encoder\n",
           "== after cast\ngraph decoder\n", "== after layout\ngraph denoise_step\n",
           "channels_last loop  # unet/conv_in");
    cr_expect(!strstr(r.output, "diffusion_model"));
    program_result_free(&r);
    r = RUN("plan", "--model", "tiny", "--size", "128x128", "--variant", "mixed", "--without", "cast", "--graph",
            "diffusion_model");
    cr_expect(!strstr(r.output, "bf16") && strstr(r.output, "graph diffusion_model"));
    program_result_free(&r);
    r = RUN("plan", "--model", "tiny", "--size", "128x128", "--variant", "standard", "--with", "cast", "--graph",
            "decoder");
    EXPECT(&r, "== after cast\n", "bf16");
    program_result_free(&r);
}

/* What presets, samplers and guidance change shows in the graph. */
Test(cli_plan, options_reach_the_graph)
{
    struct program_result r = RUN("plan", "--model", "tiny", "--size", "72x88", "--preset", "diffusers", "--guidance",
                                  "1", "--sampler", "euler", "--steps", "20", "--batch", "3");
    EXPECT(&r, "input context : f32[3x77x64]", "input input_scales : f32[20x1]", "state latent : f32[3x4x11x9]",
           "gelu_erf", "rounded");
    cr_expect(!strstr(r.output, "guidance(") && !strstr(r.output, "gelu_tanh"));
    program_result_free(&r);
    r = RUN("plan", "--model", "tiny", "--size", "128x128", "--sampler", "pndm", "--guidance", "3.25");
    EXPECT(&r, "factor=3.25", "state slot.2", "f32[51x32]");
    program_result_free(&r);
}

Test(cli_plan, dot)
{
    struct program_result r = RUN("plan", "--model", "tiny", "--size", "128x128", "--dot", "--graph", "decoder");
    size_t length = strlen(r.output);
    cr_expect(!strncmp(r.output, "digraph \"decoder\" {\n", 20) && !strcmp(r.output + length - 4, ";\n}\n"), "%.100s",
              r.output);
    EXPECT(&r, "-> \"pixels\";", "vae/decoder/conv_in", "1x64x16x16");
    program_result_free(&r);
}

Test(cli_plan, memory)
{
    struct program_result r = RUN("plan", "--model", "tiny", "--size", "128x128", "--memory", "--backend", "reference");
    EXPECT(&r, "plan text_encoder on reference:", "launches, arena ", "conv loops", "unet/conv_in");
    program_result_free(&r);
    r = RUN("plan", "--memory", "--json", "--backend", "null", "--variant", "standard", "--graph", "decoder");
    cJSON *json = cJSON_Parse(r.output);
    const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(json, "graphs"), 0);
    /* The widest place of the decoder: a block's input of 256 channels at 512x512, what it computes, and the result. */
    double image = 4.0 * 256 * 512 * 512, arena = number(row, "arena_bytes");
    cr_expect(arena >= 2 * image && arena < 3.1 * image && number(row, "unshared_bytes") > arena, "%s", r.output);
    cJSON_Delete(json);
    program_result_free(&r);
}

/* Each launch runs with one thread and with all; the share of the cores follows from the two times. */
Test(cli_plan, cores)
{
    struct program_result r = PROGRAM("plan", "--cores", "--json", "--model", "tiny", "--size", "128x128", "--threads", "2");
    if (r.code == ERR_ABSENT)
        cr_skip_test("%s", r.log);
    cJSON *json = cJSON_Parse(r.output);
    const cJSON *graph, *launch, *graphs = cJSON_GetObjectItemCaseSensitive(json, "graphs");
    cr_assert_eq(cJSON_GetArraySize(graphs), 3, "%s", r.output);
    cJSON_ArrayForEach(graph, graphs)
    {
        const cJSON *launches = cJSON_GetObjectItemCaseSensitive(graph, "launches");
        cr_expect(cJSON_GetArraySize(launches) > 10 && number(graph, "threads") == 2, "%s", r.output);
        cJSON_ArrayForEach(launch, launches)
        {
            double one = number(launch, "one_thread_ns"), all = number(launch, "time_ns"), share = number(launch, "busy_share");
            cr_expect(one > 0 && all > 0 && fabs(share - fmin(1, one / all / 2)) < 1e-9, "%s", cJSON_Print(launch));
        }
    }
    cJSON_Delete(json);
    program_result_free(&r);
    r = RUN("plan", "--cores", "--model", "tiny", "--size", "128x128", "--backend", "reference", "--graph", "decoder");
    EXPECT(&r, "decoder, fused", "1 thread", "share", "vae/decoder/conv_in", "all of a step");
    program_result_free(&r);
}

/* After each pass the graph, or that it is as it was. */
Test(cli_plan, fused_text)
{
    struct program_result r = RUN("plan", "--model", "tiny", "--size", "128x128", "--variant", "fused", "--graph", "decoder");
    EXPECT(&r, "== after skips: unchanged\n", "== after attention\ngraph decoder\n", "== after hoist\ngraph decoder, run",
           "== after prompts: unchanged\n", "subpixel_conv(", "== after layout\n");
    program_result_free(&r);
    r = RUN("plan", "--model", "tiny", "--size", "128x128", "--variant", "fused", "--graph", "decoder", "--without",
            "subpixel_upsample,attention");
    cr_expect(!strstr(r.output, "subpixel_conv(") && !strstr(r.output, "= attention("), "%s", r.output);
    program_result_free(&r);
    r = RUN("plan", "--model", "tiny", "--size", "128x128", "--variant", "standard", "--graph", "decoder", "--with",
            "subpixel_upsample");
    EXPECT(&r, "== after subpixel_upsample\n", "subpixel_conv(");
    program_result_free(&r);
}

/* Graphs and costs are there where no backend is; the memory of a plan is not. */
Test(cli_plan, without_backend)
{
    setenv("SDBENCH_BACKENDS", "/nonexistent", 1);
    struct program_result r = RUN("plan", "--cost", "--graph", "text_encoder");
    EXPECT(&r, "13.299", ", fused,");
    program_result_free(&r);
    r = RUN("plan", "--model", "tiny", "--size", "128x128", "--graph", "decoder", "--variant", "mixed");
    EXPECT(&r, "bf16");
    program_result_free(&r);
    r = PROGRAM("plan", "--memory");
    cr_expect(r.code == ERR_ABSENT && strstr(r.log, "sdbench doctor"), "exit %d: %s", r.code, r.log);
    program_result_free(&r);
}
