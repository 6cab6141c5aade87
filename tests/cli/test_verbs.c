/* The command line as a user meets it: help, versions, and what is refused with which words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "bench/build_facts.h"
#include "bench/verbs.h"
#include "bench/version.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

TestSuite(cli_verbs, .init = scratch_open, .fini = scratch_close);

/* Exit code 3, and a line with these words. */
static const struct refusal {
    const char *argument[8], *words[3];
} refusals[] = {
    // clang-format off
    {{"lst"},                                               {"no verb", "\"lst\"", "did you mean \"list\"?"}},
    {{"xyzzy"},                                             {"no verb", "\"xyzzy\"", "sdbench --help"}},
    {{"plan", "--stebs", "3"},                              {"no option --stebs", "did you mean --steps?"}},
    {{"list", "--size", "64x64"},                           {"list has no option --size"}},
    {{"list", "-x"},                                        {"list has no option -x", "sdbench list --help"}},
    {{"plan", "--steps"},                                   {"--steps needs a value, N", "sdbench plan --help"}},
    {{"plan", "--cost=3"},                                  {"--cost takes no value", "\"3\""}},
    {{"generate", "x", "--s", "4"},                         {"--s is the beginning of several options"}},

    {{"plan", "--steps", "0"},                              {"--steps 0", "between 1 and 1000"}},
    {{"plan", "--steps", "1001"},                           {"--steps 1001", "between 1 and 1000"}},
    {{"plan", "--steps", "abc"},                            {"--steps \"abc\"", "not a whole number"}},
    {{"plan", "--steps", "4.5"},                            {"--steps \"4.5\"", "not a whole number"}},
    {{"plan", "--steps", ""},                               {"--steps \"\"", "not a whole number"}},
    {{"plan", "--steps", "99999999999999999999"},           {"--steps", "between 1 and 1000"}},
    {{"plan", "--size", "0x0"},                             {"--size 0x0", "between"}},
    {{"plan", "--size", "-8x8"},                            {"--size", "-8x8"}},
    {{"plan", "--size", "500x500"},                         {"--size 500x500", "multiples of"}},
    {{"plan", "--size", "520x520"},                         {"--size 520x520", "multiples of 128", "--preset diffusers"}},
    {{"plan", "--size", "12x"},                             {"--size \"12x\"", "WIDTHxHEIGHT"}},
    {{"plan", "--size", "512"},                             {"--size \"512\"", "WIDTHxHEIGHT"}},
    {{"plan", "--size", "512x512px"},                       {"--size \"512x512px\"", "WIDTHxHEIGHT"}},
    {{"plan", "--size", "131072x131072"},                   {"--size 131072x131072", "between"}},
    {{"plan", "--size", "99999999999999x8"},                {"--size", "99999999999999x8"}},
    {{"plan", "--guidance", "nan"},                         {"--guidance \"nan\"", "not a finite number"}},
    {{"plan", "--guidance", "inf"},                         {"--guidance \"inf\"", "not a finite number"}},
    {{"plan", "--guidance", "7,5"},                         {"--guidance \"7,5\"", "not a finite number"}},
    {{"plan", "--batch", "0"},                              {"--batch 0", "between 1 and"}},
    {{"generate", "x", "--seed", "-1"},                     {"--seed \"-1\"", "not a whole number"}},
    {{"generate", "x", "--seed", "18446744073709551616"},   {"--seed", "not a whole number"}},
    {{"weights", "make", "--weights-seed", "-1"},           {"--weights-seed \"-1\"", "not a whole number"}},

    {{"plan", "--variant", "mixt"},                         {"no variant", "did you mean \"mixed\"?"}},
    {{"plan", "--without", "layuot"},                       {"--without", "no pass", "did you mean \"layout\"?"}},
    {{"plan", "--without", "layout"},                       {"--without=layout"}},
    {{"plan", "--with", "cast,casd"},                       {"--with", "\"casd\"", "did you mean \"cast\"?"}},
    {{"plan", "--model", "tinny"},                          {"\"tinny\"", "did you mean \"tiny\"?"}},
    {{"plan", "--preset", "diffuser"},                      {"no preset", "did you mean \"diffusers\"?"}},
    {{"plan", "--sampler", "eular"},                        {"no sampler", "did you mean \"euler\"?"}},
    {{"plan", "--backend", "cpus"},                         {"no backend", "did you mean \"cpu\"?"}},
    {{"plan", "--graph", "decodr"},                         {"no graph", "did you mean \"decoder\"?"}},
    {{"plan", "--cost", "--dot"},                           {"one thing at a time"}},
    {{"plan", "--json"},                                    {"--cost, --memory or --cores"}},
    {{"plan", "decoder"},                                   {"no argument \"decoder\""}},

    {{"list", "variantes"},                                 {"no list", "did you mean \"variants\"?"}},
    {{"list", "everything"},                                {"no list", "samplers", "ops"}},
    {{"doctor", "cpu"},                                     {"no argument \"cpu\""}},

    {{"tokenize"},                                          {"one prompt, 0 were given", "quote it"}},
    {{"tokenize", "a", "cute", "otter"},                    {"one prompt, 3 were given", "quote it"}},
    {{"tokenize", "x", "--preset", "kerascw"},              {"no preset", "did you mean \"kerascv\"?"}},
    {{"tokenize", "caf\xe9 au lait"},                       {"prompt", "UTF-8", "3"}},

    {{"weights"},                                           {"needs an action", "make, list, check, convert or clean"}},
    {{"weights", "mkae"},                                   {"no action", "did you mean \"make\"?"}},
    {{"weights", "make", "tiny"},                           {"\"tiny\" is one argument too many", "-o PATH"}},
    {{"weights", "make", "--model", "sd15"},                {"\"sd15\"", "did you mean \"sd14\"?"}},
    {{"weights", "make", "--model", "tiny", "--layout", "compvis"}, {"cache", "-o PATH"}},
    {{"weights", "make", "--layout", "compviz", "-o", "x"}, {"no layout", "did you mean \"compvis\"?"}},
    {{"weights", "make", "--dtype", "fp16", "-o", "x"},     {"no dtype", "did you mean \"f16\"?"}},
    {{"weights", "make", "-o", "x.safetensors"},            {"x.safetensors", "--layout compvis"}},
    {{"weights", "make", "--layout", "compvis", "-o", "."}, {"is a folder"}},
    {{"weights", "check"},                                  {"needs one checkpoint"}},
    {{"weights", "check", "a", "b"},                        {"needs one checkpoint", "2 were given"}},
    {{"weights", "check", "a", "--dtype", "f16"},           {"weights check takes no --dtype"}},
    {{"weights", "list", "a", "-o", "b"},                   {"weights list takes no -o"}},
    {{"weights", "convert", "a"},                           {"needs -o PATH"}},
    {{"weights", "clean", "nothing-seed7"},                 {"nothing-seed7", "no such entry"}},
    {{"weights", "list", "no/such/file"},                   {"no/such/file", "No such file"}},
    // clang-format on
};

Test(cli_verbs, refuses)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        const char *words[4] = {0};
        memcpy(words, refusals[i].words, sizeof refusals[i].words);
        program_refuses(refusals[i].argument, ERR_FAILED, words);
    }
    cr_expect_eq(scratch_count(), 0);
}

/* An error is one line, on stderr, and begins with the program's name. */
Test(cli_verbs, refuses_in_one_line)
{
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        struct program_result r = program_run(refusals[i].argument, NULL);
        const char *end = strchr(r.log, '\n');
        cr_expect(!strncmp(r.log, "sdbench: ", 9) && end && !end[1], "row %zu: %s", i, r.log);
        cr_expect_str_eq(r.output, "", "row %zu", i);
        program_result_free(&r);
    }
}

static const char *const names[] = {"generate", "bench",   "compare",  "gate", "verify",
                                    "plan",     "weights", "tokenize", "list", "doctor"};

Test(cli_verbs, help)
{
    struct program_result all = PROGRAM("--help");
    cr_expect_eq(all.code, 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char example[64], option[64];
        struct program_result r = PROGRAM(names[i], "--help");
        snprintf(example, sizeof example, "Example: sdbench %s", names[i]);
        snprintf(option, sizeof option, "Usage: sdbench %s", names[i]);
        cr_expect(r.code == 0 && strstr(r.output, example) && strstr(r.output, option) && strstr(r.output, "--json"),
                  "%s --help: exit %d: %s", names[i], r.code, r.output);
        cr_expect(strstr(all.output, names[i]), "--help has no %s", names[i]);
        program_result_free(&r);
    }
    program_result_free(&all);
    struct program_result none = program_run((const char *const[]){NULL}, NULL);
    cr_expect(none.code == ERR_FAILED && strstr(none.log, "Usage: sdbench VERB"), "exit %d: %s", none.code, none.log);
    program_result_free(&none);
}

Test(cli_verbs, version)
{
    const char *const words[] = {"cJSON",
                                 "libspng",
                                 "utf8proc",
                                 "PCRE2",
                                 "xxHash",
                                 "zlib",
                                 "glibc",
                                 "\nrevision ",
                                 ", source ",
                                 build_facts.revision,
                                 build_facts.compiler};
    struct program_result r = PROGRAM("--version"), verb = PROGRAM("plan", "--version");
    cr_expect(r.code == 0 && !strncmp(r.output, "sdbench " SDBENCH_VERSION "\n", strlen(SDBENCH_VERSION) + 9), "%s",
              r.output);
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        cr_expect(strstr(r.output, words[i]), "no %s in %s", words[i], r.output);
    cr_expect_str_eq(verb.output, r.output);
    program_result_free(&r);
    program_result_free(&verb);
}

/* A result that cannot be written is an error, not silence. */
Test(cli_verbs, full_stdout)
{
    const struct program_setting full = {.output = "/dev/full"};
    static const char *const calls[][5] = {
        {"list"}, {"plan", "--model", "tiny", "--cost"}, {"tokenize", "x", "--json"}};
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct program_result r = program_run(calls[i], &full);
        cr_expect(r.code == ERR_FAILED && strstr(r.log, "stdout cannot be written"), "%s: exit %d: %s", calls[i][0],
                  r.code, r.log);
        program_result_free(&r);
    }
}
