#include "bench/options.h"

#include <argp.h>
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/version.h"
#include "pipeline/base/text.h"
#include "pipeline/open_backend.h"

enum option_type { TYPE_TEXT, TYPE_NUMBER, TYPE_COUNT, TYPE_REAL, TYPE_SIZE, TYPE_DEVICE, TYPE_FLAG };

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

/* HELP_LETTER is what getopt_long returns for what it cannot take, too: it is never told of it. */
enum { FIRST_KEY = 0x1000, USAGE_KEY = 0x2000, VERSION_KEY, HELP_KEY, HELP_LETTER = '?' };

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
    if ((r->low || r->high) && (*out < (double)r->low || *out > (double)r->high))
        return err_fail("--%s %s: must be between %lld and %lld", r->name, text, r->low, r->high);
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

/* What it names is the backend's matter; how it is written is checked here. */
static struct err parse_device(const struct option_row *r, const char *text, const char **out)
{
    static const char *const prefixes[] = {"GPU-", "MIG-", "sm_"};
    bool good = *text && strspn(text, "0123456789") == strlen(text);
    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
        size_t length = strlen(prefixes[i]);
        good |= !strncmp(text, prefixes[i], length) && text[length];
    }
    *out = text;
    return good ? OK : err_fail("--%s \"%s\": is not a number, a UUID (GPU-... or MIG-...) or a chip such as sm_90", r->name, text);
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
    case TYPE_DEVICE:
        return parse_device(r, text, field);
    default:
        *(bool *)field = true;
        return OK;
    }
}

/* A command line on its way. */
struct parsing {
    const struct verb *verb;
    struct argp_option table[OPTION_COUNT + 4]; /* rows that the verb takes, help, usage and version: for the help */
    struct option names[OPTION_COUNT + 4];      /* the same for getopt_long ... */
    char letters[2 * OPTION_COUNT + 8];         /* ... and theirs of one letter */
    int count;
    struct options *out;
};

static void add_option(struct parsing *p, struct argp_option o)
{
    p->table[p->count] = o;
    p->names[p->count++] = (struct option){o.name, o.arg ? required_argument : no_argument, NULL,
                                           o.key == HELP_LETTER ? HELP_KEY : o.key};
    if (o.key < FIRST_KEY && o.key != HELP_LETTER)
        snprintf(p->letters + strlen(p->letters), sizeof p->letters - strlen(p->letters), "%c%s", o.key, o.arg ? ":" : "");
}

/* What a verb takes for another reason as well is not. */
static bool is_hidden(const struct option_row *r, const struct verb *v)
{
    return (r->verbs & v->takes) == HIDDEN;
}

static void make_tables(struct parsing *p)
{
    strcpy(p->letters, "-:"); /* arguments are handed over where they stand; a value that lacks is ':' */
    for (int i = 0; i < OPTION_COUNT; i++)
        if (rows[i].verbs & p->verb->takes)
            add_option(p, (struct argp_option){rows[i].name, rows[i].key ? rows[i].key : FIRST_KEY + i, rows[i].value,
                                               is_hidden(&rows[i], p->verb) ? OPTION_HIDDEN : 0, rows[i].help, 0});
    add_option(p, (struct argp_option){"help", HELP_LETTER, NULL, 0, "Give this help list", -1});
    add_option(p, (struct argp_option){"usage", USAGE_KEY, NULL, 0, "Give a short usage message", -1});
    add_option(p, (struct argp_option){"version", VERSION_KEY, NULL, 0, "print versions of sdbench and its libraries", -1});
}

/* What every verb answers at once, instead of running. */
static void answer(struct parsing *p, int key)
{
    char doc[1024], name[64];
    const struct verb *v = p->verb;
    const struct argp argp = {.options = p->table, .args_doc = v->arguments, .doc = doc};
    snprintf(doc, sizeof doc, "%s\v%s%s", v->summary, *v->example ? "Example: " : "", v->example);
    snprintf(name, sizeof name, "sdbench %s", v->name);
    p->out->answered = true;
    if (key == VERSION_KEY)
        version_print(stdout);
    else
        argp_help(&argp, stdout, key == USAGE_KEY ? ARGP_HELP_USAGE : ARGP_HELP_STD_HELP, name);
}

static const struct argp_option *option_of(const struct parsing *p, int key)
{
    for (int i = 0; i < p->count; i++)
        if (p->table[i].key == key)
            return &p->table[i];
    return NULL;
}

/* A long name that is none of the verb's, or the beginning of several. */
static struct err no_option(const struct parsing *p, const char *text)
{
    const char *names[ARRAY_LEN(p->table)] = {0}, *verb = p->verb->name;
    char word[64];
    int n = 0, beginnings = 0;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(text, "="), text);
    for (int i = 0; i < p->count; i++) {
        beginnings += !strncmp(p->table[i].name, word, strlen(word));
        if (!(p->table[i].flags & OPTION_HIDDEN))
            names[n++] = p->table[i].name;
    }
    if (beginnings > 1)
        return err_fail("--%s is the beginning of several options of sdbench %s (sdbench %s --help)", word, verb, verb);
    const char *near = text_nearest(word, names);
    return err_fail("sdbench %s has no option --%s%s%s%s (sdbench %s --help)", verb, word,
                    near ? "; did you mean --" : "", near ? near : "", near ? "?" : "", verb);
}

/* What getopt_long refused, from what it leaves behind: optopt is the option's key where it has one. */
static struct err refused(const struct parsing *p, bool lacks_value, const char *word)
{
    const char *verb = p->verb->name;
    const struct argp_option *o = option_of(p, optopt);
    if (o && lacks_value)
        return err_fail("--%s needs a value, %s (sdbench %s --help)", o->name, o->arg, verb);
    if (o && strchr(word, '='))
        return err_fail("--%s takes no value, \"%.40s\" was given", o->name, strchr(word, '=') + 1);
    if (!strncmp(word, "--", 2))
        return no_option(p, word + 2);
    return err_fail("sdbench %s has no option -%c (sdbench %s --help)", verb,
                    optopt > ' ' && optopt < 0x7f ? optopt : '?', verb);
}

static struct err take(struct parsing *p, int key, const char *word)
{
    if (key == 1)
        p->out->argument[p->out->arguments++] = optarg;
    else if (key == ':' || (key == '?' && optopt != HELP_LETTER))
        return refused(p, key == ':', word);
    else if (key == '?' || key == HELP_KEY || key == USAGE_KEY || key == VERSION_KEY)
        answer(p, key);
    else
        for (int i = 0; i < OPTION_COUNT; i++)
            if (key == FIRST_KEY + i || (rows[i].key && key == rows[i].key)) {
                p->out->given[i] = true;
                return parse_value(&rows[i], optarg, p->out);
            }
    return OK;
}

struct err options_parse(const struct verb *v, int argc, char **argv, struct options *out)
{
    struct parsing p = {.verb = v, .out = out};
    *out = (struct options){.argument = calloc((size_t)argc + 1, sizeof(char *))};
    if (!out->argument)
        return err_fail("out of memory");
    make_tables(&p);
    opterr = 0;
    optind = 0; /* from the beginning, whatever was parsed before */
    for (int key, at = 1; !out->answered && (key = getopt_long(argc, argv, p.letters, p.names, NULL)) != -1; at = optind)
        TRY(take(&p, key, argv[at < argc ? at : argc - 1]));
    while (!out->answered && optind < argc)
        out->argument[out->arguments++] = argv[optind++];
    if (!out->answered && device_is_described(out->device) && !(v->takes & PLANS))
        return err_fail("--device %s: is a chip, not a device: only sdbench plan takes it", out->device);
    return OK;
}

struct sd_options options_pipeline(const struct options *o)
{
    return (struct sd_options){.model = o->model, .weights_seed = o->weights_seed, .preset = o->preset,
                               .backend = o->backend, .variant = o->variant, .without = o->without, .with = o->with,
                               .sampler = o->sampler, .width = o->size.width, .height = o->size.height,
                               .steps = o->steps, .guidance = o->guidance, .has_guidance = o->given[OPTION_guidance],
                               .batch = o->batch, .threads = o->threads, .device = o->device,
                               .tune_seconds = o->tune_seconds, .has_tune_seconds = o->given[OPTION_tune_seconds],
                               .plan_file = o->plan, .save_plan = o->save_plan, .force = o->force};
}

struct engine_options options_engine(const struct options *o)
{
    return (struct engine_options){.model = o->model, .weights_seed = o->weights_seed, .backend = o->backend,
                                   .variant = o->variant, .without = o->without, .with = o->with,
                                   .threads = o->threads, .device = o->device, .tune_seconds = o->tune_seconds,
                                   .has_tune_seconds = o->given[OPTION_tune_seconds], .plan_file = o->plan,
                                   .save_plan = o->save_plan, .force = o->force};
}

struct err options_export(const struct options *o)
{
    struct stat st;
    const char *before = getenv("SDBENCH_CUDA");
    char *folders = NULL, *folder = NULL;
    if (!o->cuda_libs)
        return OK;
    if (strchr(o->cuda_libs, ':'))
        return err_fail("--cuda-libs %s: one folder, without a colon (SDBENCH_CUDA takes several)", o->cuda_libs);
    if (stat(o->cuda_libs, &st) || !S_ISDIR(st.st_mode) || !(folder = realpath(o->cuda_libs, NULL)))
        return err_fail("--cuda-libs %s: no such folder", o->cuda_libs);
    bool more = before && *before;
    bool failed = asprintf(&folders, "%s%s%s", folder, more ? ":" : "", more ? before : "") < 0 ||
                  setenv("SDBENCH_CUDA", folders, true);
    free(folders);
    free(folder);
    return failed ? err_fail("out of memory for SDBENCH_CUDA") : OK;
}
