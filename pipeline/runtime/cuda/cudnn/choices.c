/* Which engines may compute a graph: the heuristic's list, its fallbacks, and for IEEE float32, or where those leave
 * none, every other engine that accepts the graph. What the numerics refuse is left out, and a configuration that is
 * there. */
#include "pipeline/runtime/cuda/cudnn/graph.h"
#include "pipeline/runtime/cuda/cudnn/knobs.h"
#include "pipeline/runtime/cuda/cudnn/numerics.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_CONFIGURATIONS = 256, MOST_NOTES = 32 };

/* Why there may be no choice. */
struct search {
    struct err error;    /* the first thing that cuDNN said it does not support */
    const char *refused; /* a note, of the last engine that the numerics refused */
    int refusals;
};

/* Not supported is an answer; anything else ends the search. */
static struct err tolerate(struct search *s, struct err e)
{
    if (e.code != ERR_ABSENT)
        return e;
    s->error = err_first(s->error, e);
    return OK;
}

static struct err read_notes(descriptor engine, const struct dnn_graph *g, struct dnn_choice *c, const char **refused)
{
    cudnnBackendNumericalNote_t numerical[MOST_NOTES];
    cudnnBackendBehaviorNote_t behavior[MOST_NOTES];
    int64_t count;
    TRY(descriptor_get(engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, NULL, &c->engine, "an engine"));
    TRY(descriptor_get(engine, CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, MOST_NOTES, &count,
                       numerical, "an engine's notes"));
    *refused = count > MOST_NOTES ? "TOO_MANY_NOTES" : NULL;
    for (int64_t i = 0; i < count && !*refused; i++)
        *refused = numerics_refuse(g->numerics, numerical[i]);
    TRY(descriptor_get(engine, CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE, CUDNN_TYPE_BEHAVIOR_NOTE, MOST_NOTES, &count, behavior,
                       "an engine's notes"));
    for (int64_t i = 0; i < count && i < MOST_NOTES; i++)
        c->compiles |= behavior[i] == CUDNN_BEHAVIOR_NOTE_RUNTIME_COMPILATION;
    return OK;
}

static bool is_there(const struct dnn_graph *g, const char *name)
{
    for (int i = 0; i < g->choices; i++)
        if (!strcmp(g->choice[i].name, name))
            return true;
    return false;
}

/* Takes c->name. */
static struct err keep(struct dnn_graph *g, const struct dnn_choice *c)
{
    if (is_there(g, c->name)) {
        free(c->name);
        return OK;
    }
    if (g->choices == g->capacity) {
        int capacity = g->capacity ? 2 * g->capacity : 16;
        struct dnn_choice *choice = realloc(g->choice, (size_t)capacity * sizeof *choice);
        if (!choice) {
            free(c->name);
            return err_fail("cuDNN: out of memory for choices");
        }
        g->choice = choice;
        g->capacity = capacity;
    }
    g->choice[g->choices++] = *c;
    return OK;
}

/* Judges a configuration, which g owns, by its engine. */
static struct err consider(struct dnn_graph *g, struct search *s, descriptor config, descriptor engine)
{
    struct dnn_choice c = {.config = config};
    const char *refused;
    TRY(read_notes(engine, g, &c, &refused));
    if (refused) {
        s->refused = refused;
        s->refusals++;
        return OK;
    }
    TRY(knobs_name(config, c.engine, &c.name));
    return keep(g, &c);
}

static struct err consider_listed(struct dnn_graph *g, struct search *s, descriptor config)
{
    struct descriptors mine = {0};
    descriptor engine;
    struct err e = descriptor_make(&mine, CUDNN_BACKEND_ENGINE_DESCRIPTOR, "an engine", &engine);
    if (!e.code)
        e = descriptor_get(config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, NULL, &engine,
                           "a configuration's engine");
    if (!e.code)
        e = consider(g, s, config, engine);
    descriptors_free(&mine);
    return e;
}

static struct err read_list(struct dnn_graph *g, struct search *s, descriptor heuristic)
{
    descriptor config[MOST_CONFIGURATIONS];
    int64_t count = 0;
    TRY(descriptor_get(heuristic, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, NULL,
                       "the heuristic's list"));
    count = count < MOST_CONFIGURATIONS ? count : MOST_CONFIGURATIONS;
    for (int64_t i = 0; i < count; i++)
        TRY(descriptor_make(&g->own, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, "a configuration", &config[i]));
    if (count)
        TRY(descriptor_get(heuristic, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, count, &count,
                           config, "the heuristic's list")); /* may be fewer than were announced */
    for (int64_t i = 0; i < count; i++)
        TRY(consider_listed(g, s, config[i]));
    return OK;
}

static struct err ask(struct dnn_graph *g, struct search *s, cudnnBackendHeurMode_t mode)
{
    struct attribute a[3] = {
        {CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &g->graph},
        {CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode},
    };
    size_t n = 2 + dnn_device_attribute(g->dnn, DEVICE_OF(ENGINEHEUR), &a[2]);
    struct descriptors mine = {0};
    descriptor heuristic;
    struct err e = descriptor_build(&mine, CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, "a heuristic", a, n, &heuristic);
    e = e.code ? tolerate(s, e) : read_list(g, s, heuristic);
    descriptors_free(&mine);
    return e;
}

static bool is_listed(const struct dnn_graph *g, int listed, int64_t engine)
{
    for (int i = 0; i < listed; i++)
        if (g->choice[i].engine == engine)
            return true;
    return false;
}

/* An engine in its default configuration. */
static struct err ask_engine(struct dnn_graph *g, struct search *s, int64_t index)
{
    struct attribute a[3] = {
        {CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &g->graph},
        {CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1, &index},
    };
    size_t n = 2 + dnn_device_attribute(g->dnn, DEVICE_OF(ENGINE), &a[2]);
    struct descriptors mine = {0};
    descriptor engine, config;
    struct err e = descriptor_build(&mine, CUDNN_BACKEND_ENGINE_DESCRIPTOR, "an engine", a, n, &engine);
    if (!e.code) {
        const struct attribute of = {CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &engine};
        e = descriptor_build(&g->own, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, "a configuration", &of, 1, &config);
    }
    e = e.code ? tolerate(s, e) : consider(g, s, config, engine);
    descriptors_free(&mine);
    return e;
}

static struct err ask_others(struct dnn_graph *g, struct search *s)
{
    const int listed = g->choices;
    int64_t count;
    TRY(descriptor_get(g->graph, CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT, CUDNN_TYPE_INT64, 1, NULL, &count,
                       "the number of engines"));
    for (int64_t i = 0; i < count; i++)
        if (!is_listed(g, listed, i))
            TRY(ask_engine(g, s, i));
    return OK;
}

static struct err search(struct dnn_graph *g, struct search *s)
{
    TRY(ask(g, s, CUDNN_HEUR_MODE_A));
    TRY(ask(g, s, CUDNN_HEUR_MODE_FALLBACK));
    return g->numerics == NUMERICS_ieee || !g->choices ? ask_others(g, s) : OK;
}

struct err dnn_choices_find(struct dnn_graph *g)
{
    struct search s = {0};
    struct err e = search(g, &s);
    if (!e.code && !g->choices && s.refusals)
        e = err_make(ERR_ABSENT, "cuDNN %s: numerics %s refuse all of %d engines, the last for %s", dnn_version(),
                     numerics_names[g->numerics], s.refusals, s.refused);
    else if (!e.code && !g->choices)
        e = err_make(ERR_ABSENT, "cuDNN %s has no engine for it: %s", dnn_version(), err_text(s.error));
    if (e.code == ERR_ABSENT && !g->dnn->nvrtc)
        e = err_wrap(e, "libnvrtc.so.%d is not found, so that nothing is compiled at run time", NVRTC_MAJOR);
    err_free(&s.error);
    return e;
}
