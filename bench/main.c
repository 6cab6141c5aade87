/* sdbench VERB [OPTIONS] */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/verbs.h"
#include "bench/version.h"
#include "pipeline/base/text.h"

const struct verb verbs[] = {
    {"generate", ONE | HIDDEN, verb_generate, "PROMPT", "Make pictures from a prompt.",
     "sdbench generate \"a cute otter\" --steps 20 --size 512x512 -o otter.png"},
    {"bench", MANY, verb_bench, "", "Measure cold and warm start of the variants on a workload.",
     "sdbench bench --workload quick --variants all"},
    {"profile", PROFILES, verb_profile, "", "Tell where a variant's time goes: by layer, kernel, class, block and step.",
     "sdbench profile --workload quick --variants standard,fused --top 20"},
    {"compare", COMPARES, verb_compare, "A B", "Compare two runs, or two variants of one (FOLDER:VARIANT), by their records.",
     "sdbench compare build/results/a build/results/b"},
    {"gate", GATES, verb_gate, "", "Tell whether this source tree is slower than another: both are built and take turns.",
     "sdbench gate --base main --workload tiny"},
    {"verify", CHECKS, verb_verify, "FILE...", "Recompute files of reference values, print each error beside its bound.",
     "sdbench verify tests/golden/tiny-kerascv.safetensors --backend reference"},
    {"plan", PLANS, verb_plan, "", "Print the graphs of a variant, after each pass.",
     "sdbench plan --cost --size 512x512"},
    {"weights", FILES | WRITES, verb_weights, "make|list|check|convert|clean [PATH]",
     "Make, list, check or convert checkpoints; list or clean the cache.",
     "sdbench weights make --model tiny --layout compvis --dtype f16 -o tiny.safetensors"},
    {"tokenize", TOKENS, verb_tokenize, "PROMPT", "Print the token ids and pieces of a prompt.",
     "sdbench tokenize \"a cute otter\" --json"},
    {"list", LISTS, verb_list, "variants|passes|samplers|presets|workloads|states|checks|trace-checks|backends|ops", "Print names with a line each.",
     "sdbench list samplers"},
    {"doctor", LISTS | FINDS, verb_doctor, "", "Print what this machine can run, and why not the rest.", "sdbench doctor"},
    {0},
};

static void print_help(FILE *out)
{
    fprintf(out, "sdbench runs Stable Diffusion v1 in several compiled variants, measures them, and proves that they "
                 "compute the same.\n\nUsage: sdbench VERB [OPTIONS]\n\n");
    for (const struct verb *v = verbs; v->name; v++)
        fprintf(out, "  %-10s %s\n", v->name, v->summary);
    fprintf(out, "\nsdbench VERB --help explains a verb; sdbench --version prints versions.\n"
                 "Example: sdbench generate \"a cute otter\" -o otter.png\n");
}

static struct err run(int argc, char **argv)
{
    const char *names[ARRAY_LEN(verbs)] = {0};
    for (size_t i = 0; verbs[i].name; i++) {
        names[i] = verbs[i].name;
        if (strcmp(verbs[i].name, argv[1]))
            continue;
        struct options o = {0};
        struct err e = options_parse(&verbs[i], argc - 1, argv + 1, &o);
        if (!e.code && !o.answered)
            e = options_export(&o);
        if (!e.code && !o.answered)
            e = verbs[i].run(&o);
        free(o.argument);
        return e;
    }
    const char *near = text_nearest(argv[1], names);
    return err_fail("no verb is called \"%s\"%s%s%s (sdbench --help)", argv[1], near ? "; did you mean \"" : "",
                    near ? near : "", near ? "\"?" : "");
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN); /* a closed stdout is an error of the last flush, not a death */
    signal(SIGXFSZ, SIG_IGN); /* so is a file that becomes larger than `ulimit -f` allows */
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? ERR_FAILED : 0;
    }
    if (!strcmp(argv[1], "--version")) {
        version_print(stdout);
        return 0;
    }
    struct err e = run(argc, argv);
    if (fflush(stdout) && !e.code)
        e = err_fail("stdout cannot be written");
    if (e.text)
        fprintf(stderr, "sdbench: %s\n", e.text);
    int code = e.code & 0xff;
    err_free(&e);
    return code;
}
