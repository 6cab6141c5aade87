/* Plans as text: lines that say of what problem and which choice, under a checksum, and cuDNN's own JSON behind them
 * where a plan was compiled. One that was not is made again of its choice, faster than its text could be read.
 *
 * cuDNN must not see a damaged text: it refuses most with a line, but takes changed machine code as it is, and a few
 * ends the program by an exception that nobody catches. The checksum tells damage; a text that was changed on purpose
 * is whoever may write the file's affair. */
#include "pipeline/runtime/cuda/cudnn/plan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "pipeline/runtime/cuda/cudnn/knobs.h"

static const char *const first_line = "sdbench cudnn plan 1";

/* The lines before the checksum. */
static void add_heading(struct text *t, const struct dnn_graph *g, int choice)
{
    text_add(t, "%s\ncudnn %s\n%s\n%s\n", first_line, dnn_version(), text_get(&g->signature), g->choice[choice].name);
}

static uint64_t checksum(const char *heading, size_t length, const char *json)
{
    return XXH64(json, strlen(json), XXH64(heading, length, 0));
}

static struct err add_json(const struct dnn_plan *p, struct text *out)
{
    int64_t size = 0, got = 0;
    TRY(descriptor_get(p->plan, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, 0, &size, NULL,
                       "a plan's text"));
    char *json = calloc((size_t)size + 1, 1);
    if (!json)
        return err_fail("cuDNN: out of memory for the text of a plan");
    struct err e = descriptor_get(p->plan, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, size, &got,
                                  json, "a plan's text");
    if (!e.code)
        text_add(out, "%s", json);
    free(json);
    return e;
}

struct err dnn_plan_text(const struct dnn_plan *p, char **out)
{
    struct text heading = {0}, json = {0};
    struct err e = dnn_choice_compiles(p->graph, p->choice) ? add_json(p, &json) : OK;
    add_heading(&heading, p->graph, p->choice);
    const uint64_t sum = checksum(text_get(&heading), heading.length, text_get(&json));
    text_add(&heading, "%016" PRIx64 "\n%s", sum, text_get(&json));
    text_free(&json);
    if (e.code)
        text_free(&heading);
    else
        *out = heading.bytes;
    return e;
}

/* Takes `line` and a newline off the text's begin. */
static bool take_line(const char **text, const char *line)
{
    const size_t n = strlen(line);
    if (strncmp(*text, line, n) || (*text)[n] != '\n')
        return false;
    *text += n + 1;
    return true;
}

static struct err refuse(const struct dnn_graph *g, const char *why)
{
    return err_fail("%s: the text of its plan is not used: %s", text_get(&g->signature), why);
}

/* Which choice, and where its JSON begins. */
static struct err read_heading(const struct dnn_graph *g, const char *text, int *choice, const char **json)
{
    const char *at = text;
    char version[64], sum[24];
    snprintf(version, sizeof version, "cudnn %s", dnn_version());
    if (!take_line(&at, first_line))
        return refuse(g, "it is none, or of another version of this program");
    if (!take_line(&at, version))
        return refuse(g, "it is of another version of cuDNN, or damaged");
    if (!take_line(&at, text_get(&g->signature)))
        return refuse(g, "it is of another problem, or damaged");
    for (*choice = 0; *choice < g->choices; ++*choice)
        if (take_line(&at, g->choice[*choice].name))
            break;
    if (*choice == g->choices)
        return refuse(g, "its engine is not among those that may be used, or it is damaged");
    const size_t heading = (size_t)(at - text), lengths = strcspn(at, "\n");
    *json = at + lengths + (at[lengths] == '\n');
    snprintf(sum, sizeof sum, "%016" PRIx64, checksum(text, heading, *json));
    return take_line(&at, sum) ? OK : refuse(g, "it is damaged");
}

/* A plan that came back knows the knobs, too, that its choice left to cuDNN. */
static bool holds_words(const char *name, const char *words)
{
    for (size_t n; *words; words += n + (words[n] == ' ')) {
        const char *at = name;
        n = strcspn(words, " ");
        while (*at && (strncmp(at, words, n) || (at[n] && at[n] != ' '))) {
            at += strcspn(at, " ");
            at += *at == ' ';
        }
        if (!*at)
            return false;
    }
    return true;
}

static struct err read_engine(struct descriptors *own, descriptor plan, char **name)
{
    descriptor config, engine;
    int64_t index;
    TRY(descriptor_make(own, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, "a configuration", &config));
    TRY(descriptor_make(own, CUDNN_BACKEND_ENGINE_DESCRIPTOR, "an engine", &engine));
    TRY(descriptor_get(plan, CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, NULL, &config,
                       "a plan's configuration"));
    TRY(descriptor_get(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, NULL, &engine,
                       "a configuration's engine"));
    TRY(descriptor_get(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, NULL, &index, "an engine"));
    return knobs_name(config, index, name);
}

/* Of a plan that cuDNN made of JSON: whether it is the choice that its heading says. */
static struct err check_engine(const struct dnn_plan *p)
{
    struct descriptors own = {0};
    char *name = NULL;
    struct err e = read_engine(&own, p->plan, &name);
    if (!e.code && !holds_words(name, dnn_plan_name(p)))
        e = refuse(p->graph, "its code is another engine's");
    free(name);
    descriptors_free(&own);
    return e;
}

struct err dnn_plan_from_text(struct dnn_graph *g, const char *text, struct dnn_plan **out)
{
    int choice = 0;
    const char *json = "";
    TRY(read_heading(g, text, &choice, &json));
    if (dnn_choice_compiles(g, choice) != (*json == '{'))
        return refuse(g, "it lacks what was compiled, or has too much");
    TRY(dnn_plan_of(g, choice, *json ? json : NULL, out));
    struct err e = *json ? check_engine(*out) : OK;
    if (e.code) {
        dnn_plan_free(*out);
        *out = NULL;
    }
    return e;
}
