/* `gate` with two made-up programs: nothing is timed, so that each verdict is exact. */
#include "tests/support/made_up_sides.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/gate/rounds.h"
#include "pipeline/base/file.h"
#include "pipeline/base/text.h"

TestSuite(cli_gate, .init = sides_open, .fini = scratch_close, .timeout = 120);

static bool is_true(const cJSON *object, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : -1e9;
}

static const cJSON *set_of(const cJSON *row, int i)
{
    return cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(row, "sets"), i);
}

static const cJSON *record_of_kind(const struct gate_result *r, const char *kind)
{
    const cJSON *record;
    cJSON_ArrayForEach(record, r->records) if (!strcmp(json_text(record, "kind"), kind)) return record;
    cr_assert_fail("no record of kind %s", kind);
    return NULL;
}

static void expect_markdown(const char *word)
{
    size_t n;
    char *text = scratch_read("r/gate.md", &n);
    cr_expect(strstr(text, word), "no \"%s\" in: %s", word, text);
    free(text);
}

#define TIMES_2(t) #t "," #t
#define TIMES_8(t) TIMES_2(t) "," TIMES_2(t) "," TIMES_2(t) "," TIMES_2(t)

static const struct {
    const char *new, *argument[5];
    int code;
    const char *verdict, *reason;
    int sets, usable; /* rounds of the first one */
} verdicts[] = {
    {"\"warm_ms\":[1050]", {0}, 1, "SLOWER", "confirmed: +5.00 %", 2, 4},
    {"\"warm_ms\":[950]", {0}, 0, "FASTER", "confirmed: -5.00 %", 2, 4},
    {NULL, {0}, 0, "SAME", "+0.00 % [+0.00, +0.00], floor 1.00 %, control +0.00 %, 4 rounds", 1, 4},
    {"\"warm_ms\":[1005]", {0}, 0, "SAME", "+0.50 %", 1, 4},
    {"\"warm_ms\":[1050]", {"--margin", "10"}, 0, "SAME", "floor 10.00 %", 1, 4},
    {"\"warm_ms\":[1050]", {"--least-ms", "100"}, 0, "SAME", "floor 10.00 %", 1, 4},
    {"\"warm_ms\":[970,970,1050,1050]", {0}, 2, "AMBIGUOUS", "8 rounds (extended)", 1, 8},
    {"\"warm_ms\":[1050,1050," TIMES_8(1050) "," TIMES_8(1000) "]",
     {0},
     2,
     "AMBIGUOUS",
     "not confirmed: +0.00 %",
     2,
     4},
    {NULL, {"--canary", "5"}, 1, "SLOWER", "confirmed: +5.00 %", 2, 4},
    {"\"pixels\":[\"aa\",\"bb\"]", {0}, 2, "INSUFFICIENT", "0 of 4 rounds are usable, 4 are needed", 1, 0},
};

Test(cli_gate, verdicts)
{
    for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
        sides_base(NULL);
        sides_new(verdicts[i].new);
        struct gate_result r = sides_gate(verdicts[i].code, verdicts[i].argument);
        const cJSON *row = gate_row(&r), *first = set_of(row, 0);
        cr_expect_str_eq(json_text(row, "verdict"), verdicts[i].verdict, "%zu: %s", i, r.program.output);
        cr_expect(strstr(json_text(row, "reason"), verdicts[i].reason), "%zu: %s", i, r.program.output);
        cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(row, "sets")), verdicts[i].sets, "%zu", i);
        cr_expect_eq(number(first, "rounds_usable"), verdicts[i].usable, "%zu: %s", i, r.program.output);
        cr_expect_eq(number(r.json, "code"), verdicts[i].code);
        const cJSON *record = record_of_kind(&r, "verdict");
        cr_expect_str_eq(json_text(record, "verdict"), verdicts[i].verdict);
        cr_expect_str_eq(json_text(record, "reason"), json_text(row, "reason"));
        cr_expect_eq(cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(record, "sets")), verdicts[i].sets);
        cr_expect_str_eq(json_text(record_of_kind(&r, "end"), "status"), "complete");
        cr_expect(!verdicts[i].code == !*r.program.log, "%zu: one line says why: %s", i, r.program.log);
        expect_markdown(verdicts[i].verdict);
        gate_result_free(&r);
    }
}

/* Burn-in, and two sets of rounds, of six processes each. */
Test(cli_gate, a_slower_side_is_measured_twice_and_recorded)
{
    sides_new("\"warm_ms\":[1050]");
    struct gate_result r = GATE(1, "--canary", "0");
    cr_expect_eq(count_records(r.records, "sample", NULL), 6 * (2 + 4 * SIDES_ROUNDS * 2), "%d",
                 count_records(r.records, "sample", NULL));
    static const char *const sides[] = {"base", "new", "control"};
    for (int i = 0; i < 3; i++)
        cr_expect_eq(count_records(r.records, "sample", sides[i]), count_records(r.records, "sample", NULL) / 3);
    const cJSON *environment = record_of_kind(&r, "environment");
    cr_expect_str_eq(json_text(environment, "base"), "base");
    cr_expect(strstr(json_text(environment, "new"), "working tree"));
    cr_expect_eq(number(environment, "order_seed"), SIDES_SEED);
    cr_expect(strstr(r.program.log, "standard: SLOWER: +5.00 %") && strstr(r.program.log, "confirmed"), "%s",
              r.program.log);
    expect_markdown("confirmed");
    gate_result_free(&r);
}

Test(cli_gate, a_canary_is_recorded)
{
    struct gate_result r = GATE(1, "--canary", "5");
    cr_expect_float_eq(number(record_of_kind(&r, "environment"), "canary_share"), 0.05, 1e-12);
    gate_result_free(&r);
}

/* Starts of the base's program, which is the control too, in the order that the gate draws. */
static void add_starts(struct text *list, int order)
{
    for (int place = 0; place < ROUND_PROCESSES; place++)
        if (round_side(order, place) != SIDE_NEW)
            text_add(list, "%s%d", list->bytes[list->length - 1] == '[' ? "" : ",",
                     round_side(order, place) == SIDE_CONTROL ? 1050 : 1000);
}

Test(cli_gate, a_control_that_differs_makes_it_invalid)
{
    struct draw d = {SIDES_SEED};
    struct text facts = {0};
    int order[SIDES_ROUNDS];
    text_add(&facts, "\"warm_ms\":[");
    add_starts(&facts, draw_below(&d, ROUND_ORDERS));
    for (int look = 0; look < 2; look++) {
        draw_orders(&d, order, SIDES_ROUNDS);
        for (int i = 0; i < SIDES_ROUNDS; i++)
            add_starts(&facts, order[i]);
    }
    text_add(&facts, "]");
    sides_base(text_get(&facts));
    struct gate_result r = GATE(2, "--canary", "0");
    cr_expect_str_eq(json_text(gate_row(&r), "verdict"), "INVALID");
    cr_expect(strstr(json_text(gate_row(&r), "reason"), "the base differs from itself by +5.00 % over 8 rounds"), "%s",
              r.program.output);
    gate_result_free(&r);
    text_free(&facts);
}

static const struct {
    const char *new;
    int code;
    bool replaced, differ;
    const char *log;
} outputs[] = {
    {"\"choices\":[\"c2\"],\"pixels\":[\"bb\"]", 0, true, false, ""},
    {"\"choices\":[\"c2\"]", 0, true, false, ""},
    {"\"pixels\":[\"bb\"]", 1, false, true, "with the same graph and kernels other pictures came out"},
    {"\"graph\":\"62\",\"pixels\":[\"bb\"]", 0, false, false, ""},
    {"\"choices\":[\"c1\",\"c2\"],\"pixels\":[\"aa\",\"bb\"]", 0, true, false, ""},
};

Test(cli_gate, pictures_are_compared_where_kernels_are_the_same)
{
    for (size_t i = 0; i < ARRAY_LEN(outputs); i++) {
        sides_base(NULL);
        sides_new(outputs[i].new);
        struct gate_result r = GATE(outputs[i].code, "--canary", "0");
        cr_expect_eq(is_true(gate_row(&r), "replaced"), outputs[i].replaced, "%zu: %s", i, r.program.output);
        cr_expect_eq(is_true(gate_row(&r), "outputs_differ"), outputs[i].differ, "%zu: %s", i, r.program.output);
        cr_expect(strstr(r.program.log, outputs[i].log), "%zu: %s", i, r.program.log);
        cr_expect_str_eq(json_text(gate_row(&r), "verdict"), "SAME");
        gate_result_free(&r);
    }
}

static const struct {
    const char *base, *new;
    int code;
    const char *verdict, *reason;
} absences[] = {
    {"\"variants\":[\"fused\"]", NULL, 0, "NEW", "does not know this variant"},
    {"\"absent\":\"no such processor\"", NULL, 0, "NEW", "no such processor"},
    {NULL, "\"variants\":[\"fused\"]", 2, "GONE", "does not know this variant"},
    {NULL, "\"absent\":\"no such processor\"", 2, "GONE", "no such processor"},
};

Test(cli_gate, a_side_that_lacks_the_variant)
{
    for (size_t i = 0; i < ARRAY_LEN(absences); i++) {
        sides_base(absences[i].base);
        sides_new(absences[i].new);
        struct gate_result r = GATE(absences[i].code, "--canary", "0");
        cr_expect_str_eq(json_text(gate_row(&r), "verdict"), absences[i].verdict);
        cr_expect(strstr(json_text(gate_row(&r), "reason"), absences[i].reason), "%zu: %s", i, r.program.output);
        cr_expect_eq(count_records(r.records, "sample", NULL), 0, "nothing to compare");
        cr_expect_eq(count_records(r.records, "verdict", NULL), 1);
        expect_markdown(absences[i].verdict);
        gate_result_free(&r);
    }
}

Test(cli_gate, a_variant_that_no_side_can_run)
{
    sides_base("\"absent\":\"no such processor\"");
    sides_new("\"absent\":\"no such processor\"");
    struct gate_result r = GATE(77, "--canary", "0");
    cr_expect(strstr(r.program.log, "standard: no such processor"), "%s", r.program.log);
    cr_expect_eq(count_records(r.records, "sample", NULL), 0);
    gate_result_free(&r);
    sides_base("\"variants\":[\"fused\"]");
    sides_new("\"variants\":[\"fused\"]");
    r = GATE(77, "--canary", "0");
    cr_expect(strstr(r.program.log, "does not know this variant"), "%s", r.program.log);
    gate_result_free(&r);
}

static struct gate_result blessed_gate(int code, const char *bless)
{
    sides_base(NULL); /* starts from 0 */
    return GATE(code, "--blessed", scratch_path("blessed/counters.json"), bless);
}

Test(cli_gate, counters_are_blessed)
{
    struct gate_result r = blessed_gate(0, NULL);
    cr_expect_str_eq(json_text(gate_row(&r), "counters"), "new");
    cr_expect(!file_exists(scratch_path("blessed/counters.json")), "nobody asked for it");
    gate_result_free(&r);
    r = blessed_gate(0, "--bless");
    cr_expect(file_exists(scratch_path("blessed/counters.json")));
    gate_result_free(&r);
    r = blessed_gate(0, NULL);
    cr_expect_str_eq(json_text(gate_row(&r), "counters"), "equal");
    gate_result_free(&r);
    sides_new("\"launches\":8");
    r = blessed_gate(1, NULL);
    cr_expect_str_eq(json_text(gate_row(&r), "counters"), "changed");
    cr_expect(strstr(r.program.log, "exact counters have changed"), "%s", r.program.log);
    expect_markdown("launches");
    gate_result_free(&r);
    r = blessed_gate(0, "--bless");
    gate_result_free(&r);
    r = blessed_gate(0, NULL);
    cr_expect_str_eq(json_text(gate_row(&r), "counters"), "equal");
    gate_result_free(&r);
    scratch_write("blessed/counters.json", "[{\"workload\":", 13);
    r = blessed_gate(3, NULL);
    const char *newline = strchr(r.program.log, '\n');
    cr_expect(strstr(r.program.log, "counters.json, line 1") && newline && !newline[1], "one line: %s", r.program.log);
    gate_result_free(&r);
}

/* As a person sees it. */
Test(cli_gate, prints_a_table)
{
    static const char *const words[] = {"gate: working tree",
                                        "against base",
                                        "tiny on null, 2 images 128x128, 5 steps",
                                        "order seed 7",
                                        "1000.0 ms",
                                        "SLOWER",
                                        "confirmed: +5.00 %",
                                        "cold start",
                                        "counters: CHANGED",
                                        "launches",
                                        "7 > 8",
                                        "REPLACED",
                                        "CANARY",
                                        "records: ../r"};
    struct gate_result r = blessed_gate(0, "--bless");
    gate_result_free(&r);
    sides_new("\"launches\":8,\"choices\":[\"c2\"]");
    char blessed[512];
    snprintf(blessed, sizeof blessed, "%s", scratch_path("blessed/counters.json"));
    struct program_result p =
        program_run((const char *const[]){"gate",       "--model",      "../weights", "--base",   "../base",
                                          "--workload", "tiny",         "--variants", "standard", "--rounds",
                                          "4",          "--order-seed", "7",          "--canary", "5",
                                          "--blessed",  blessed,        "--out",      "../r2",    NULL},
                    &(struct program_setting){.folder = scratch_path("tree")});
    cr_expect_eq(p.code, 1, "%s", p.log);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        cr_expect(strstr(p.output, words[i]) || !strcmp(words[i], "1000.0 ms"), "no \"%s\" in: %s", words[i], p.output);
    cr_expect(strstr(p.log, "standard: SLOWER so far; another set of rounds has to confirm it"), "%s", p.log);
    program_result_free(&p);
}

static const struct {
    const char *base, *words[3];
} dead[] = {
    {"\"dies_at\":0", {"variant standard", "ended by signal 9"}},
    {"\"dies_at\":7", {"variant standard", "ended by signal 9"}},
    {"\"old\":true", {"the base cannot be measured", "a build from before this gate"}},
};

static void expect_one_line(const struct gate_result *r, const char *const *words)
{
    static const char theirs[] = "fake sdbench: no option is called --probe\n"; /* what the base itself says */
    const char *log = r->program.log;
    log += strncmp(log, theirs, strlen(theirs)) ? 0 : strlen(theirs);
    const char *newline = strchr(log, '\n');
    cr_expect(newline && !newline[1] && !strncmp(log, "sdbench: ", 9), "one line: %s", r->program.log);
    for (; *words; words++)
        cr_expect(strstr(log, *words), "no \"%s\" in: %s", *words, log);
}
#define EXPECT_ONE_LINE(r, ...) expect_one_line(r, (const char *const[]){__VA_ARGS__, NULL})

Test(cli_gate, a_base_that_cannot_be_measured)
{
    for (size_t i = 0; i < ARRAY_LEN(dead); i++) {
        sides_base(dead[i].base);
        struct gate_result r = GATE(3, "--canary", "0");
        expect_one_line(&r, dead[i].words);
        cr_expect(!r.json, "%s", r.program.output);
        const cJSON *end = cJSON_GetArrayItem(r.records, cJSON_GetArraySize(r.records) - 1);
        cr_expect(!end || !strcmp(json_text(end, "status"), "failed"));
        gate_result_free(&r);
    }
}

/* A side that cannot even say which variants it has, and one that is none. */
Test(cli_gate, a_base_that_is_no_program)
{
    static const char early[] = "#!/bin/sh\ntest \"$1\" = --version && echo sdbench 0.0\n", liar[] = "#!/bin/sh\n";
    scratch_write("base/sdbench", early, strlen(early));
    struct gate_result r = GATE(3, "--canary", "0");
    EXPECT_ONE_LINE(&r, "the base: it does not say which variants it has");
    gate_result_free(&r);
    scratch_write("base/sdbench", liar, strlen(liar));
    r = GATE(3, "--canary", "0");
    EXPECT_ONE_LINE(&r, "does not answer --version");
    gate_result_free(&r);
    cr_assert(!unlink(scratch_path("base/sdbench")));
    r = GATE(3, "--canary", "0");
    EXPECT_ONE_LINE(&r, "neither a program sdbench nor our sources");
    gate_result_free(&r);
    r = GATE(3, "--base", "../nowhere");
    EXPECT_ONE_LINE(&r, "../nowhere", "no such folder");
    gate_result_free(&r);
}

Test(cli_gate, a_new_side_that_does_not_build)
{
    static const char makefile[] = "all:\n\t@echo 'bench/main.c:3: error: no such thing' >&2; exit 1\n";
    scratch_write("tree/Makefile", makefile, strlen(makefile));
    struct gate_result r = GATE(3, "--canary", "0");
    EXPECT_ONE_LINE(&r, "does not build", "bench/main.c:3: error: no such thing", "build-new.log");
    gate_result_free(&r);
}

static void shell(const char *command)
{
    cr_assert(!system(command), "%s", command); // NOLINT: the test's own
}

/* The commit's own facts are built beside its program. */
Test(cli_gate, a_revision_of_git)
{
    static const char makefile[] = "all:\n\t@mkdir -p build && cp $(FAKE) build/sdbench && cp bench/facts "
                                   "build/sdbench.facts\n";
    char tree[512];
    size_t n;
    if (system("git --version >/dev/null 2>&1")) // NOLINT: as above
        cr_skip("there is no git");
    sides_copy_program("fake");
    setenv("FAKE", scratch_path("fake"), 1);
    setenv("GIT_CONFIG_GLOBAL", "/dev/null", 1);
    setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
    snprintf(tree, sizeof tree, "%s", scratch_path("tree"));
    char *usual = scratch_read("tree/build/sdbench.facts", &n);
    scratch_write("tree/bench/facts", usual, n);
    free(usual);
    scratch_write("tree/Makefile", makefile, strlen(makefile));
    scratch_write("tree/.gitignore", "build/\n", 7);
    cr_assert(!chdir(tree));
    shell("git init -q && git add -A && git -c user.name=A -c user.email=a@example.org commit -qm one && git tag v1");
    sides_new("\"warm_ms\":[1050]");
    char *slower = scratch_read("tree/build/sdbench.facts", &n);
    scratch_write("tree/bench/facts", slower, n);
    free(slower);
    struct gate_result r = GATE(1, "--base", "v1");
    cr_expect_str_eq(json_text(gate_row(&r), "verdict"), "SLOWER");
    cr_expect(!strncmp(json_text(r.json, "base"), "v1 (", 4), "%s", r.program.output);
    cr_expect(strstr(json_text(r.json, "new"), ", changed)"), "%s", r.program.output);
    const cJSON *environment = record_of_kind(&r, "environment");
    cr_expect_eq(strlen(json_text(environment, "base_revision")), 40);
    cr_expect_str_eq(json_text(environment, "base_revision"), json_text(environment, "new_revision"));
    gate_result_free(&r);
    r = GATE(3, "--base", "v2");
    EXPECT_ONE_LINE(&r, "v2", "no commit of this repository");
    gate_result_free(&r);
}

/* A floor of this machine, from starts that differ by up to 6 %: then 3 % are no change. */
Test(cli_gate, calibrates_a_floor_and_uses_it)
{
    static const char *const calibrate[] = {
        "gate",     "--model", "../weights", "--calibrate", "--workload", "tiny",  "--variants", "standard",
        "--rounds", "4",       "-q",         "--margin",    "50",         "--out", "../c",       NULL};
    sides_new("\"warm_ms\":[1000,1060,1010,1040,1000,1020,1060]");
    struct program_result p = program_run(calibrate, &(struct program_setting){.folder = scratch_path("tree")});
    cr_assert_eq(p.code, 0, "%s", p.log);
    cr_expect(strstr(p.output, "from 20 sessions"), "%s", p.output);
    program_result_free(&p);
    size_t n;
    char *text = scratch_read("floors.json", &n);
    cJSON *floors = cJSON_Parse(text);
    const cJSON *floor = cJSON_GetArrayItem(floors, 0);
    cr_expect_str_eq(json_text(floor, "backend"), "null");
    cr_expect_str_eq(json_text(floor, "variant"), "standard");
    cr_expect_eq(number(floor, "sessions"), 20);
    double limit = number(floor, "floor");
    cr_assert(limit > 0.01 && limit < 0.5, "%g", limit);
    cJSON_Delete(floors);
    free(text);

    char facts[64];
    snprintf(facts, sizeof facts, "\"warm_ms\":[%.3f]", 1000 * (1 + 0.9 * limit));
    sides_new(facts);
    struct gate_result r = GATE(0, "--canary", "0");
    cr_expect_str_eq(json_text(gate_row(&r), "verdict"), "SAME");
    cr_expect(is_true(gate_row(&r), "calibrated"), "%s", r.program.output);
    cr_expect_float_eq(number(set_of(gate_row(&r), 0), "floor_ratio"), limit, 1e-9);
    gate_result_free(&r);
    unlink(scratch_path("floors.json"));
    sides_base(NULL);
    sides_new(facts);
    r = GATE(1, "--canary", "0");
    cr_expect(!is_true(gate_row(&r), "calibrated"));
    gate_result_free(&r);
    scratch_write("floors.json", "[{]", 3);
    r = GATE(3, "--canary", "0");
    EXPECT_ONE_LINE(&r, "floors.json, line 1");
    gate_result_free(&r);
}

static const struct {
    const char *argument[8], *words[4];
} refused[] = {
    {{"gate"}, {"gate needs a side to compare with", "--base"}},
    {{"gate", "main"}, {"takes no argument", "\"main\""}},
    {{"gate", "--base", "x", "--rounds", "5"}, {"--rounds 5", "must be even"}},
    {{"gate", "--base", "x", "--rounds", "2"}, {"--rounds", "4"}},
    {{"gate", "--base", "x", "--calibrate"}, {"--calibrate", "without --base"}},
    {{"gate", "--base", "x", "--workload", "tiyn"}, {"tiyn", "did you mean \"tiny\""}},
    {{"gate", "--calibrate", "--sessions", "19"}, {"--sessions", "20"}},
    {{"gate", "--base", "x", "--margin", "-1"}, {"--margin"}},
};

Test(cli_gate, refuses_with_one_line)
{
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        program_refuses(refused[i].argument, 3, refused[i].words);
    struct gate_result r = GATE(3, "--variants", "standrad");
    EXPECT_ONE_LINE(&r, "did you mean \"standard\"");
    gate_result_free(&r);
}
