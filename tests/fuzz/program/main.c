/* build/fuzz/run [-s SECONDS] [-r SEED] [-i FILE] [TARGET...]: looks for inputs that break targets (all, where none is
 * named), each for so long; or runs one file, or the files of a folder. Ends 1 at the first that breaks one. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/base/clock.h"
#include "pipeline/base/name.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/program/coverage.h"
#include "tests/fuzz/supervise.h"

struct settings {
    double seconds;
    uint64_t seed;
    const char *file;
    struct corpus corpus; /* seeds, or what the file holds */
};

static bool leads_somewhere_new(const struct fuzz_target *t, const uint8_t *data, size_t size)
{
    coverage_begin();
    fuzz_run(t, data, size);
    return coverage_new() > 0;
}

static void run_all(const struct fuzz_target *t, const struct corpus *c)
{
    for (size_t i = 0; i < c->count; i++)
        leads_somewhere_new(t, c->item[i].bytes, c->item[i].size);
}

/* Mutants that lead to new code are kept, and mutated in turn. */
static void explore(const struct fuzz_target *t, struct settings *s)
{
    enum { AT_ONCE = 64, KEPT_BYTES = 64 << 20 };
    size_t kept = 0;
    int64_t end = clock_now_ns() + (int64_t)(s->seconds * 1e9);
    struct corpus *c = &s->corpus;
    struct mutator m = {.state = s->seed, .corpus = c, .token = t->token};
    uint8_t *input = malloc(FUZZ_BYTES);
    fuzz_require(input != NULL, "there is memory for mutants");
    run_all(t, c);
    while (clock_now_ns() < end)
        for (int i = 0; i < AT_ONCE; i++) {
            size_t size = mutate(&m, input);
            if (leads_somewhere_new(t, input, size) && kept + size <= KEPT_BYTES) {
                corpus_add(c, input, size);
                kept += size;
            }
            fuzz_counts()->inputs = c->count;
            fuzz_counts()->edges = coverage_edges();
        }
}

static void work(const struct fuzz_target *t, void *context)
{
    struct settings *s = context;
    if (s->file)
        run_all(t, &s->corpus);
    else
        explore(t, s);
}

static struct err fuzz(const struct fuzz_target *t, struct settings *s)
{
    struct fuzz_finding found;
    int64_t begin = clock_now_ns();
    TRY(s->file ? corpus_read(&s->corpus, s->file) : corpus_read_seeds(&s->corpus, t));
    struct err e = fuzz_supervise(t, work, s, &found);
    corpus_free(&s->corpus);
    double seconds = (double)(clock_now_ns() - begin) * 1e-9;
    printf("%-12s %9llu runs in %.0f s, %.0f a second; corpus %zu, edges %zu; seed %llu\n", t->name,
           (unsigned long long)found.counts.runs, seconds, (double)found.counts.runs / seconds, found.counts.inputs,
           found.counts.edges, (unsigned long long)s->seed);
    fflush(stdout);
    if (*found.path)
        fprintf(stderr, "  repeat: make fuzz FUZZ_TARGETS=%s FUZZ_INPUT=%s\n", t->name, found.path);
    return e;
}

static struct err parse_number(const char *text, double most, double *out)
{
    char *end;
    *out = strtod(text, &end);
    return end == text || *end || !(*out >= 0 && *out <= most)
               ? err_fail("\"%s\": is not a number up to %g", text, most)
               : OK;
}

static struct err parse(int argc, char **argv, struct settings *s)
{
    double seed = 0;
    for (int letter; (letter = getopt(argc, argv, "s:r:i:")) != -1;)
        if (letter == 's')
            TRY(parse_number(optarg, 1e9, &s->seconds));
        else if (letter == 'r')
            TRY(parse_number(optarg, 0x1p53, &seed));
        else if (letter == 'i')
            s->file = optarg;
        else
            return err_fail("usage: %s [-s SECONDS] [-r SEED] [-i FILE] [TARGET...]", argv[0]);
    s->seed = (uint64_t)seed;
    return OK;
}

static struct err run(int argc, char **argv)
{
    const char *names[FUZZ_TARGETS + 1] = {0};
    struct settings s = {.seconds = 60};
    TRY(parse(argc, argv, &s));
    for (int i = 0; i < FUZZ_TARGETS; i++)
        names[i] = fuzz_targets[i].name;
    for (const char *const *name = optind < argc ? (const char *const *)argv + optind : names; *name; name++) {
        size_t i;
        TRY(name_find("target", *name, names, &i));
        TRY(fuzz(&fuzz_targets[i], &s));
    }
    return OK;
}

int main(int argc, char **argv)
{
    struct err e = run(argc, argv);
    if (e.text)
        fprintf(stderr, "fuzz: %s\n", e.text);
    int code = e.code;
    err_free(&e);
    return code;
}
