#include "variants/variant.h"

#include <stdio.h>
#include <string.h>

#include "pipeline/base/name.h"
#include "pipeline/graph/print.h"
#include "pipeline/graph/verify.h"

const struct pass passes[] = {
#define PASS(name, pays, summary) {#name, pays, summary, pass_##name},
#include "variants/passes.def"
#undef PASS
    {0},
};

enum { HALF = DTYPE_COUNT };
enum { IEEE, TF32 };

const struct variant variants[] = {
#define VARIANT(name, title, dtype, arithmetic, passes, summary) \
    {name, title, summary, (int)(dtype) == (int)HALF, (arithmetic) == TF32, passes},
#include "variants/variants.def"
#undef VARIANT
    {0},
};

struct err variant_find(const char *name, const struct variant **out)
{
    const char *names[ARRAY_LEN(variants)] = {0};
    size_t i = 0;
    for (size_t k = 0; variants[k].name; k++)
        names[k] = variants[k].name;
    TRY(name_find("variant", name, names, &i));
    *out = &variants[i];
    return OK;
}

/* Whether a list of names with single separators holds a name. */
static bool listed(const char *list, char separator, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; at && *at; at = strchr(at, separator), at += at != NULL)
        if (!strncmp(at, name, length) && (at[length] == separator || !at[length]))
            return true;
    return false;
}

static struct err check_names(const char *list, const char *option)
{
    const char *names[ARRAY_LEN(passes)] = {0};
    for (size_t i = 0; passes[i].name; i++)
        names[i] = passes[i].name;
    for (const char *at = list; at && *at;) {
        char word[64];
        size_t length = strcspn(at, ","), i;
        snprintf(word, sizeof word, "%.*s", (int)length, at);
        TRY(err_wrap(name_find("pass", word, names, &i), "%s", option));
        at += length + (at[length] == ',');
    }
    return OK;
}

struct err pass_choice_check(const struct pass_choice *choice)
{
    TRY(check_names(choice->without, "--without"));
    if (listed(choice->without, ',', "layout"))
        return err_fail("--without=layout: no backend can run a graph that has no layout");
    return check_names(choice->with, "--with");
}

static bool graphs_equal(const struct graph *a, const struct graph *b)
{
    struct text x = {0}, y = {0};
    graph_print(a, &x);
    graph_print(b, &y);
    bool equal = x.length == y.length && !memcmp(x.bytes, y.bytes, x.length);
    text_free(&x);
    text_free(&y);
    return equal;
}

bool variant_runs(const struct variant *v, const struct pass_choice *choice, const char *pass)
{
    bool runs = listed(v->passes, ' ', pass) || (choice && listed(choice->with, ',', pass));
    return runs && !(choice && listed(choice->without, ',', pass));
}

void pass_log(void *context, const struct pass *p, const struct graph *before, const struct graph *after)
{
    struct text *log = context;
    bool same = graphs_equal(before, after);
    text_add(log, "== after %s%s\n", p->name, same ? ": unchanged" : "");
    if (!same)
        graph_print(after, log);
}

struct err variant_apply(const struct variant *v, const struct pass_choice *choice, const struct pass_context *c,
                         struct graph **g, const struct pass_watch *watch)
{
    struct pass_context context = *c;
    context.residual_float32 |= variant_runs(v, choice, "residual_float32");
    TRY(graph_verify_unplaced(*g));
    for (const struct pass *p = passes; p->name; p++) {
        if (!variant_runs(v, choice, p->name))
            continue;
        struct graph *next = p->run(*g, &context);
        struct err e = graph_verify_unplaced(next);
        if (e.code) {
            graph_free(next);
            return err_wrap(e, "after pass %s", p->name);
        }
        if (watch)
            watch->saw(watch->context, p, *g, next);
        graph_free(*g);
        *g = next;
    }
    return graph_verify(*g);
}
