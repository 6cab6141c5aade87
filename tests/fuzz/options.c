/* A command line: the words of the input, one a line. The first one's first letter chooses the verb. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bench/generate/series.h"
#include "bench/measure/schedule.h"
#include "bench/options.h"
#include "bench/plan/subject.h"
#include "bench/workload.h"
#include "variants/variant.h"

enum { WORDS = 64 };

static const struct verb taking[] = {
    {"generate", ONE | HIDDEN, NULL, "PROMPT", "Summary.", "example"},
    {"bench", MANY, NULL, "", "Summary.", ""},
    {"verify", CHECKS, NULL, "FILE...", "Summary.", "example"},
    {"plan", PLANS, NULL, "", "Summary.", "example"},
    {"weights", FILES | WRITES, NULL, "make|list", "Summary.", "example"},
    {"tokenize", TOKENS, NULL, "PROMPT", "Summary.", "example"},
    {"list", LISTS, NULL, "", "Summary.", "example"},
    {"compare", COMPARES, NULL, "BASE NEW", "Summary.", "example"},
    {"gate", GATES, NULL, "", "Summary.", "example"},
};

static int split(char *text, char *argv[WORDS + 1])
{
    int argc = 0;
    for (char *word = text; word && argc < WORDS; argc++) {
        argv[argc] = word;
        word = strchr(word, '\n');
        if (word)
            *word++ = 0;
    }
    argv[argc] = NULL;
    return argc;
}

static void look_at(struct err *e, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fuzz_require(!e[i].code || *err_text(e[i]), "an error says what is wrong");
        err_free(&e[i]);
    }
}

/* Names and numbers that verbs look up before they do anything. What is refused may quote a word of more lines. */
static void look_up(const struct options *o)
{
    struct subject subject;
    struct workload workload;
    const struct variant *variant;
    struct sd_options pipeline = options_pipeline(o);
    struct engine_options engine = options_engine(o);
    struct pass_choice choice = {engine.without, pipeline.with};
    struct err e[] = {subject_make(o, &subject), workload_from_options(o, "quick", &workload),
                      o->variant ? variant_find(o->variant, &variant) : OK, pass_choice_check(&choice)};
    struct schedule schedule = {0};
    struct series series;
    struct err more[] = {e[1].code ? OK : schedule_make(o, &workload, &schedule), series_parse(o->then, &series)};
    if (!e[1].code && !more[0].code)
        fuzz_require(schedule_passes(&schedule) >= 1 && schedule_samples(&schedule, 1) >= 1, "a schedule has samples");
    look_at(more, ARRAY_LEN(more));
    if (!e[0].code)
        subject_free(&subject);
    look_at(e, ARRAY_LEN(e));
}

void fuzz_options(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *argv[WORDS + 1];
    int argc = split(text, argv);
    struct options o;
    struct err e = options_parse(&taking[(unsigned char)*text % ARRAY_LEN(taking)], argc, argv, &o);
    fuzz_require(o.arguments < argc || !o.arguments, "arguments are words of the command line");
    for (int i = 0; i < o.arguments; i++)
        fuzz_require(o.argument[i] > text && o.argument[i] <= text + size, "an argument is one of the words");
    if (!e.code && !o.answered)
        look_up(&o);
    fuzz_require(!e.code || *err_text(e), "an error says what is wrong");
    err_free(&e);
    free(o.argument);
    free(text);
}
