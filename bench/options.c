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

enum { FIRST_KEY = 0x1000, VERSION_KEY = 0x2000 };

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

struct parsing {
    struct options *o;
    struct err error;
};

static error_t parse_one(int key, char *text, struct argp_state *state)
{
    struct parsing *p = state->input;
    if (key == VERSION_KEY) {
        version_print(stdout);
        exit(0);
    }
    if (key == ARGP_KEY_ARG) {
        p->o->argument[p->o->arguments++] = text;
        return 0;
    }
    for (int i = 0; i < OPTION_COUNT; i++)
        if (key == FIRST_KEY + i || (rows[i].key && key == rows[i].key)) {
            p->error = err_first(p->error, parse_value(&rows[i], text, p->o));
            p->o->given[i] = true;
            return 0;
        }
    return ARGP_ERR_UNKNOWN;
}

/* The row of a verb's option that a word such as "--steps=4" names, in full or by its beginning; -1 for none. */
static int row_of(const struct verb *v, const char *word, size_t length)
{
    for (int i = 0; i < OPTION_COUNT; i++)
        if ((rows[i].verbs & v->takes) && !strncmp(rows[i].name, word, length))
            return i;
    return -1;
}

/* argp's own words for an unknown option name no likely one. */
static struct err check_names(const struct verb *v, int argc, char **argv)
{
    const char *names[OPTION_COUNT + 4] = {"help", "usage", "version"};
    int n = 3;
    for (int i = 0; i < OPTION_COUNT; i++)
        if ((rows[i].verbs & v->takes) && !(rows[i].verbs & HIDDEN))
            names[n++] = rows[i].name;
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
        if (strncmp(argv[i], "--", 2))
            continue;
        char word[64];
        size_t length = strcspn(argv[i] + 2, "=");
        snprintf(word, sizeof word, "%.*s", (int)length, argv[i] + 2);
        int row = row_of(v, argv[i] + 2, length);
        if (row >= 0) {
            i += rows[row].value && argv[i][2 + length] != '='; /* what follows is its value, whatever it looks like */
            continue;
        }
        bool known = false;
        for (int k = 0; k < 3 && !known; k++)
            known = !strncmp(names[k], word, strlen(word));
        if (!known) {
            const char *near = text_nearest(word, names);
            return err_fail("sdbench %s has no option --%s%s%s%s (sdbench %s --help)", v->name, word,
                            near ? "; did you mean --" : "", near ? near : "", near ? "?" : "", v->name);
        }
    }
    return OK;
}

struct err options_parse(const struct verb *v, int argc, char **argv, struct options *out)
{
    struct argp_option table[OPTION_COUNT + 2] = {0};
    int n = 0;
    for (int i = 0; i < OPTION_COUNT; i++)
        if (rows[i].verbs & v->takes)
            table[n++] = (struct argp_option){rows[i].name, rows[i].key ? rows[i].key : FIRST_KEY + i, rows[i].value,
                                              rows[i].verbs & HIDDEN ? OPTION_HIDDEN : 0, rows[i].help, 0};
    table[n] = (struct argp_option){"version", VERSION_KEY, NULL, 0, "print versions of sdbench and its libraries", -1};

    char doc[1024], name[64];
    snprintf(doc, sizeof doc, "%s\v%s%s", v->summary, *v->example ? "Example: " : "", v->example);
    snprintf(name, sizeof name, "sdbench %s", v->name);
    *out = (struct options){.argument = calloc((size_t)argc + 1, sizeof(char *))};
    if (!out->argument)
        return err_fail("out of memory");
    TRY(check_names(v, argc, argv));
    struct parsing p = {out, OK};
    struct argp argp = {.options = table, .parser = parse_one, .args_doc = v->arguments, .doc = doc};
    argv[0] = name;
    argp_err_exit_status = ERR_FAILED;
    error_t failed = argp_parse(&argp, argc, argv, 0, NULL, &p);
    return p.error.code || !failed ? p.error : err_fail("%s: %s", name, strerror(failed));
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
