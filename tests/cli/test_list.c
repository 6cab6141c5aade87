/* `sdbench list`, `tokenize` and `doctor`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <criterion/criterion.h>

#include "bench/measure/validity.h"
#include "pipeline/runtime/backend.h"
#include "pipeline/sampler/sampler.h"
#include "pipeline/text/tokenizer.h"
#include "tests/support/program.h"
#include "variants/variant.h"

static cJSON *parse(const struct program_result *r)
{
    cJSON *json = r->code ? NULL : cJSON_Parse(r->output);
    if (!json)
        cr_assert_fail("exit %d: %s%s", r->code, r->log, r->output);
    return json;
}

static void expect_listed(const cJSON *json, const char *list, const char *name)
{
    const cJSON *row;
    bool found = false;
    cJSON_ArrayForEach(row, cJSON_GetObjectItemCaseSensitive(json, list))
    {
        const char *is = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "name"));
        const char *summary = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "summary"));
        found |= !strcmp(is, name) && summary && strlen(summary) > 5;
    }
    cr_expect(found, "list %s has no %s with a summary", list, name);
}

Test(cli_list, everything_is_listed)
{
    struct program_result r = PROGRAM("list", "--json");
    cJSON *json = parse(&r);
    for (const struct variant *v = variants; v->name; v++)
        expect_listed(json, "variants", v->name);
    for (const struct pass *p = passes; p->name; p++)
        expect_listed(json, "passes", p->name);
    for (const struct sampler *s = samplers; s->name; s++)
        expect_listed(json, "samplers", s->name);
    for (const struct backend_row *b = backend_rows; b->name; b++)
        expect_listed(json, "backends", b->name);
    for (int i = 0; i < OP_COUNT; i++)
        expect_listed(json, "ops", ops[i].name);
    for (const struct state_row *s = state_rows; s->name; s++)
        expect_listed(json, "states", s->name);
    for (const struct validity_check *c = validity_checks; c->name; c++)
        expect_listed(json, "checks", c->name);
    expect_listed(json, "presets", "kerascv");
    expect_listed(json, "presets", "diffusers");
    expect_listed(json, "workloads", "quick");
    expect_listed(json, "workloads", "article");
    cJSON_Delete(json);
    program_result_free(&r);
}

/* What the passes save, by arithmetic. */
Test(cli_list, passes_say_what_they_save)
{
    struct program_result r = PROGRAM("list", "passes", "--json");
    cJSON *json = parse(&r);
    const cJSON *row, *rows = cJSON_GetObjectItemCaseSensitive(json, "passes");
    cJSON_ArrayForEach(row, rows)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "name"));
        const cJSON *step = cJSON_GetObjectItemCaseSensitive(row, "step"),
                    *decode = cJSON_GetObjectItemCaseSensitive(row, "decode");
        double flop = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(step, "flop_saved"));
        double decoded = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(decode, "flop_saved"));
        double bytes = cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(step, "bytes_saved"));
        cr_expect(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "pays")) != NULL, "%s", name);
        if (!strcmp(name, "subpixel_upsample")) /* 2 (36 - 16) C K H W at the small size, for each convolution */
            cr_expect(decoded == 40.0 * (512.0 * 512 * 64 * 64 + 512.0 * 512 * 128 * 128 + 256.0 * 256 * 256 * 256) &&
                          flop == 2 * 40.0 * (1280.0 * 1280 * 8 * 8 + 1280.0 * 1280 * 16 * 16 + 640.0 * 640 * 32 * 32),
                      "%g and %g", decoded, flop);
        if (!strcmp(name, "attention")) /* scores and shares of 16 self-attentions alone, written and read */
            cr_expect(bytes > 4 * 4.0 * 16 * (5 * 4096.0 * 4096 + 5 * 1024.0 * 1024 + 5 * 256.0 * 256), "%g", bytes);
        if (!strcmp(name, "layout") || !strcmp(name, "prompts") || !strcmp(name, "capture"))
            cr_expect(flop == 0 && decoded == 0 && bytes == 0, "%s", name);
    }
    cJSON_Delete(json);
    program_result_free(&r);
}

Test(cli_list, one_list_has_no_heading)
{
    struct program_result r = PROGRAM("list", "samplers");
    cr_expect(r.code == 0 && !strncmp(r.output, "ddim ", 5) && strstr(r.output, "\ndpmpp-2m "), "%s", r.output);
    program_result_free(&r);
}

static const char astronaut[] = "a photograph of an astronaut riding a horse";

Test(cli_tokenize, json)
{
    static const int ids[] = {49406, 320, 8853, 539, 550, 18376, 6765, 320, 4558, 49407};
    struct program_result r = PROGRAM("tokenize", astronaut, "--json");
    cJSON *json = parse(&r);
    const cJSON *numbers = cJSON_GetObjectItemCaseSensitive(json, "ids");
    const cJSON *pieces = cJSON_GetObjectItemCaseSensitive(json, "pieces");
    cr_assert(cJSON_GetArraySize(numbers) == 77 && cJSON_GetArraySize(pieces) == 77, "%s", r.output);
    for (int i = 0; i < 77; i++) {
        int should = i < (int)ARRAY_LEN(ids) ? ids[i] : TOKENIZER_EOS;
        cr_expect(cJSON_GetArrayItem(numbers, i)->valueint == should, "id %d is %d, not %d", i,
                  cJSON_GetArrayItem(numbers, i)->valueint, should);
    }
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetArrayItem(pieces, 8)), "horse</w>");
    cr_expect_str_eq(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "truncated")), "");
    cJSON_Delete(json);
    program_result_free(&r);
}

Test(cli_tokenize, table)
{
    struct program_result r = PROGRAM("tokenize", "");
    cr_expect(r.code == 0 && strstr(r.output, "49406  <|startoftext|>\n49407  <|endoftext|>\n2 of 77 tokens"), "%s",
              r.output);
    program_result_free(&r);
    r = PROGRAM("tokenize", astronaut, "--preset", "diffusers");
    cr_expect(strstr(r.output, "\n 4558  horse</w>\n49407") && strstr(r.output, "10 of 77 tokens"), "%s", r.output);
    program_result_free(&r);
}

/* 10,000 characters: refused with the count, or cut with the rest named. */
Test(cli_tokenize, long_prompts)
{
    char prompt[10001];
    for (size_t i = 0; i + 1 < sizeof prompt; i++)
        prompt[i] = "a cute otter, "[i % 14];
    prompt[sizeof prompt - 1] = 0;
    program_refuses((const char *const[]){"tokenize", prompt, NULL}, ERR_FAILED,
                    (const char *const[]){"tokens", "at most 77", "diffusers", NULL});

    struct program_result r = PROGRAM("tokenize", prompt, "--preset", "diffusers", "--json");
    cJSON *json = parse(&r);
    const char *cut = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "truncated"));
    const char *end = prompt + strlen(prompt) - strlen(cut);
    cr_expect(strlen(cut) > 9000 && !strcmp(cut, end), "cut is %.80s", cut);
    cr_expect(strstr(r.log, "warning: cut at 77 tokens") && strstr(r.log, cut), "%.200s", r.log);
    cJSON_Delete(json);
    program_result_free(&r);

    r = PROGRAM("tokenize", prompt, "--preset", "diffusers", "--quiet");
    cr_expect(r.code == 0 && !*r.log && strstr(r.output, "77 of 77 tokens\n"), "%.200s", r.log);
    program_result_free(&r);
}

Test(cli_doctor, sections)
{
    static const char *const words[] = {"cpu\n",      "cores",        "memory\n", "cache\n",    "folder",
                                        "backends\n", "  reference ", "  null ",  "variants\n", "standard",
                                        "mixed",      "versions\n",   "cJSON",    "xxHash"};
    struct program_result r = PROGRAM("doctor");
    cr_expect_eq(r.code, 0, "%s", r.log);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        cr_expect(strstr(r.output, words[i]), "no \"%s\" in: %s", words[i], r.output);
    program_result_free(&r);
}

/* The finding of a section and name whose text holds `word`; NULL where there is none. */
static const cJSON *finding(const cJSON *json, const char *section, const char *name, const char *word)
{
    const cJSON *row;
    cJSON_ArrayForEach(row, json)
    {
        if (!strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "section")), section) &&
            !strcmp(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "name")), name) &&
            strstr(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(row, "text")), word))
            return row;
    }
    return NULL;
}

/* With the backend its shared object and library are named; without it there is a reason and what to do, and the rest
 * still runs. */
Test(cli_doctor, backend_and_its_library)
{
    struct program_result r = PROGRAM("doctor", "--json");
    cJSON *json = parse(&r);
    bool present = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(finding(json, "backends", "cpu", ""), "good"));
    cr_expect(!present ||
                  (finding(json, "backends", "cpu", "sdbench-cpu.so") && finding(json, "backends", "cpu", "dnnl")),
              "%s", r.output);
    cJSON_Delete(json);
    program_result_free(&r);

    setenv("SDBENCH_BACKENDS", "/nonexistent", 1);
    r = PROGRAM("doctor", "--json");
    json = parse(&r);
    cr_expect(cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(finding(json, "backends", "cpu", "make deps"), "good")),
              "%s", r.output);
    cr_expect(finding(json, "variants", "standard", "on reference") != NULL, "%s", r.output);
    cJSON_Delete(json);
    program_result_free(&r);
}

/* Said where it matters, and only there. */
Test(cli_doctor, autogroup)
{
    char on = '0';
    FILE *f = fopen("/proc/sys/kernel/sched_autogroup_enabled", "r");
    if (f && fread(&on, 1, 1, f) != 1)
        on = '0';
    if (f)
        fclose(f);
    bool matters = on == '1' && !access("/proc/self/autogroup", F_OK);
    struct program_result r = PROGRAM("doctor", "--json");
    cJSON *json = parse(&r);
    cr_expect_eq(finding(json, "cpu", "autogroup", "setsid") != NULL, matters, "%s", r.output);
    cJSON_Delete(json);
    program_result_free(&r);
}

Test(cli_doctor, cache_that_cannot_be_made)
{
    setenv("SDBENCH_CACHE", "/proc/no/cache", 1);
    struct program_result r = PROGRAM("doctor");
    cr_expect(r.code == 0 && strstr(r.output, "NO: ") && strstr(r.output, "SDBENCH_CACHE"), "exit %d: %s", r.code,
              r.output);
    program_result_free(&r);
}
