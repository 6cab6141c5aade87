#include "bench/options.h"

#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/version.h"
#include "pipeline/base/text.h"

enum option_type { TYPE_TEXT, TYPE_NUMBER, TYPE_COUNT, TYPE_REAL, TYPE_SIZE, TYPE_FLAG };

struct option_row {
    const char *name, *value, *help;
    int key;
    enum option_type type;
    long long low, high;
    unsigned verbs;
    size_t field;
};

static const struct option_row rows[OPTION_COUNT] = {
#define OPTION(name, key, value, field, type, low, high, verbs, help)                                                  \
    [OPTION_##field] = {#name, value, help, key, TYPE_##type, low, high, verbs, offsetof(struct options, field)},
#include "bench/options.def"
#undef OPTION
};

enum { FIRST_KEY = 0x1000, USAGE_KEY = 0x2000, VERSION_KEY };

static struct err parse_number(const struct option_row *r, const char *text, int *out)
{
    char *end;
    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end == text || *end)
        return err_fail("--%s \"%s\": is not a whole number", r->name, text);
    if (errno || n < r->low || n > r->high)
        return err_fail("--%s %s: must be between %lld and %lld", r->name, text, r->low, r->high);
    *out = (int)n;
    return OK;
}

static struct err parse_count(const struct option_row *r, const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (end == text || *end || errno || strchr(text, '-'))
        return err_fail("--%s \"%s\": is not a whole number from 0 to 18446744073709551615", r->name, text);
    return OK;
}

static struct err parse_real(const struct option_row *r, const char *text, double *out)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end || !isfinite(*out))
        return err_fail("--%s \"%s\": is not a finite number", r->name, text);
    return OK;
}

static struct err parse_size(const struct option_row *r, const char *text, struct options *o)
{
    int used = 0;
    long long w, h;
    if (sscanf(text, "%9lldx%9lld%n", &w, &h, &used) != 2 || text[used])
        return err_fail("--%s \"%s\": is not WIDTHxHEIGHT in pixels, such as 512x512", r->name, text);
    o->size.width = (int)w;
    o->size.height = (int)h;
    return size_check(&presets[1], o->size.width, o->size.height);
}

static struct err parse_value(const struct option_row *r, const char *text, struct options *o)
{
    void *field = (char *)o + r->field;
    switch (r->type) {
    case TYPE_TEXT:
        *(const char **)field = text;
        return OK;
    case TYPE_NUMBER:
        return parse_number(r, text, field);
    case TYPE_COUNT:
        return parse_count(r, text, field);
    case TYPE_REAL:
        return parse_real(r, text, field);
    case TYPE_SIZE:
        return parse_size(r, text, o);
    default:
        *(bool *)field = true;
        return OK;
    }
}

/* What every verb answers at once, instead of running. */
static void print_help(const struct argp *argp, char *name)
{
    argp_help(argp, stdout, ARGP_HELP_STD_HELP, name);
}

static void print_usage(const struct argp *argp, char *name)
{
    argp_help(argp, stdout, ARGP_HELP_USAGE, name);
}

static void print_version(const struct argp *argp, char *name)
{
    (void)argp, (void)name;
    version_print(stdout);
}

static const struct answer {
    struct argp_option option;
    void (*print)(const struct argp *argp, char *name);
} answers[] = {
    {{"help", '?', NULL, 0, "Give this help list", -1}, print_help},
    {{"usage", USAGE_KEY, NULL, 0, "Give a short usage message", -1}, print_usage},
    {{"version", VERSION_KEY, NULL, 0, "print versions of sdbench and its libraries", -1}, print_version},
};

/* A command line on its way. argp prints the help only: as a parser it ends the program and writes its own errors. */
struct parsing {
    const struct verb *verb;
    struct argp_option table[OPTION_COUNT + ARRAY_LEN(answers) + 1]; /* rows that the verb takes, then the answers */
    int row[OPTION_COUNT + ARRAY_LEN(answers)];                      /* of rows[], or OPTION_COUNT + that of answers[] */
    int count;
    char **word; /* the next one; NULL past the last */
    struct options *out;
};

static void make_table(struct parsing *p)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if (rows[i].verbs & p->verb->takes) {
            p->row[p->count] = i;
            p->table[p->count++] = (struct argp_option){rows[i].name, rows[i].key ? rows[i].key : FIRST_KEY + i,
                                                        rows[i].value, rows[i].verbs & HIDDEN ? OPTION_HIDDEN : 0,
                                                        rows[i].help, 0};
        }
    for (int i = 0; i < (int)ARRAY_LEN(answers); i++) {
        p->row[p->count] = OPTION_COUNT + i;
        p->table[p->count++] = answers[i].option;
    }
}

static void answer(const struct parsing *p, const struct answer *a)
{
    char doc[1024], name[64];
    const struct verb *v = p->verb;
    snprintf(doc, sizeof doc, "%s\v%s%s", v->summary, *v->example ? "Example: " : "", v->example);
    snprintf(name, sizeof name, "sdbench %s", v->name);
    a->print(&(struct argp){.options = p->table, .args_doc = v->arguments, .doc = doc}, name);
    p->out->answered = true;
}

/* `value` is what stands in the same word, NULL where nothing does; then the next word is it, whatever it looks like. */
static struct err take(struct parsing *p, int index, const char *value)
{
    const struct argp_option *o = &p->table[index];
    int row = p->row[index];
    if (value && !o->arg)
        return err_fail("--%s takes no value, \"%.40s\" was given", o->name, value);
    if (!value && o->arg && !(value = *p->word++))
        return err_fail("--%s needs a value, %s (sdbench %s --help)", o->name, o->arg, p->verb->name);
    if (row >= OPTION_COUNT) {
        answer(p, &answers[row - OPTION_COUNT]);
        return OK;
    }
    p->out->given[row] = true;
    return parse_value(&rows[row], value, p->out);
}

static struct err no_option(const struct parsing *p, const char *word)
{
    const char *names[ARRAY_LEN(p->table)] = {0};
    int n = 0;
    for (int i = 0; i < p->count; i++)
        if (!(p->table[i].flags & OPTION_HIDDEN))
            names[n++] = p->table[i].name;
    const char *near = text_nearest(word, names);
    return err_fail("sdbench %s has no option --%s%s%s%s (sdbench %s --help)", p->verb->name, word,
                    near ? "; did you mean --" : "", near ? near : "", near ? "?" : "", p->verb->name);
}

/* "steps=4": a name in full, or the beginning of one name only. */
static struct err take_long(struct parsing *p, const char *text)
{
    char word[64];
    size_t length = strcspn(text, "=");
    int found = -1, matches = 0;
    snprintf(word, sizeof word, "%.*s", (int)length, text);
    for (int i = 0; i < p->count; i++) {
        if (strncmp(p->table[i].name, text, length))
            continue;
        bool full = !p->table[i].name[length];
        matches = full ? 1 : matches + 1;
        found = i;
        if (full)
            break;
    }
    if (!matches)
        return no_option(p, word);
    if (matches > 1)
        return err_fail("--%s is the beginning of several options of sdbench %s (sdbench %s --help)", word,
                        p->verb->name, p->verb->name);
    return take(p, found, text[length] ? text + length + 1 : NULL);
}

/* "qo FILE", "qoFILE": letters of options without a value, the last one may have one. */
static struct err take_short(struct parsing *p, const char *letters)
{
    for (const char *at = letters; *at && !p->out->answered; at++) {
        int i = 0;
        while (i < p->count && p->table[i].key != *at)
            i++;
        if (i == p->count)
            return err_fail("sdbench %s has no option -%c (sdbench %s --help)", p->verb->name,
                            *at > ' ' && *at < 0x7f ? *at : '?', p->verb->name);
        bool takes_rest = p->table[i].arg && at[1];
        TRY(take(p, i, takes_rest ? at + 1 : NULL));
        if (takes_rest)
            break;
    }
    return OK;
}

struct err options_parse(const struct verb *v, int argc, char **argv, struct options *out)
{
    struct parsing p = {.verb = v, .word = argv + 1, .out = out};
    *out = (struct options){.argument = calloc((size_t)argc + 1, sizeof(char *))};
    if (!out->argument)
        return err_fail("out of memory");
    make_table(&p);
    bool options_end = false;
    for (char *word; !out->answered && (word = *p.word);) {
        p.word++;
        if (options_end || *word != '-' || !word[1])
            out->argument[out->arguments++] = word;
        else if (!strcmp(word, "--"))
            options_end = true;
        else
            TRY(word[1] == '-' ? take_long(&p, word + 2) : take_short(&p, word + 1));
    }
    return OK;
}

struct sd_options options_pipeline(const struct options *o)
{
    return (struct sd_options){.model = o->model, .weights_seed = o->weights_seed, .preset = o->preset,
                               .backend = o->backend, .variant = o->variant, .without = o->without, .with = o->with,
                               .sampler = o->sampler, .width = o->size.width, .height = o->size.height,
                               .steps = o->steps, .guidance = o->guidance, .has_guidance = o->given[OPTION_guidance],
                               .batch = o->batch, .threads = o->threads, .force = o->force};
}

struct engine_options options_engine(const struct options *o)
{
    return (struct engine_options){.model = o->model, .weights_seed = o->weights_seed, .backend = o->backend,
                                   .variant = o->variant, .without = o->without, .with = o->with,
                                   .threads = o->threads, .force = o->force};
}
