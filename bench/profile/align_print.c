#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/json.h"
#include "bench/profile/align.h"
#include "bench/profile/columns.h"
#include "bench/profile/kernel_name.h"
#include "bench/profile/print.h"
#include "profiler/layers/paths.h"

enum { LAYER = 28, NUMBER = 12, CHANGE = 8, REPLACED = PROFILE_COLUMNS - LAYER - 3 * NUMBER - CHANGE - 4 };

void aligned_add_name(const struct aligned_group *g, int width, struct text *out)
{
    struct text path = {0};
    char more[32] = "";
    const bool has_path = g->path[0] && (g->members[SIDE_a] ? g->member[SIDE_a] : g->member[SIDE_b])[0]->paths;
    if (g->paths > 1)
        snprintf(more, sizeof more, "%s (%d)", g->common ? "/.." : "", g->paths);
    if (!has_path)
        text_add(&path, "(%s)", g->path);
    else if (g->paths > 1 && g->common)
        text_add_bytes(&path, g->path, (size_t)g->common - 1);
    else
        text_add(&path, "%s", g->path);
    layer_add_short(text_get(&path), width - (int)strlen(more), out);
    text_add(out, "%s", more);
    text_free(&path);
}

static void add_times(const double ns[SIDES], struct text *out)
{
    const double difference = ns[SIDE_b] - ns[SIDE_a];
    char change[CELL_SIZE];
    for (int s = 0; s < SIDES; s++) {
        text_add(out, " ");
        cell_number(ns[s] * 1e-6, NUMBER - 1, ALL_DIGITS, out);
    }
    snprintf(change, sizeof change, "%+.3f", difference * 1e-6);
    cell_text(change, NUMBER, out);
    if (ns[SIDE_a] > 0 && ns[SIDE_b] > 0) {
        snprintf(change, sizeof change, "%+.1f%%", 100 * difference / ns[SIDE_a]);
        cell_text(change, CHANGE, out);
    } else {
        cell_text(ns[SIDE_a] > 0 ? "only a" : ns[SIDE_b] > 0 ? "only b" : "-", CHANGE, out);
    }
}

static void add_row(const char *name, const double ns[SIDES], struct text *out)
{
    text_add(out, "  ");
    cell_name(name, LAYER, out);
    add_times(ns, out);
    text_add(out, "\n");
}

static void add_head(const char *what, const struct profile *a, const struct profile *b, struct text *out)
{
    text_add(out, "\n  ");
    cell_name(what, LAYER, out);
    text_add(out, " ");
    cell_text(*a->variant ? a->variant : "a", NUMBER - 1, out);
    text_add(out, " ");
    cell_text(*b->variant ? b->variant : "b", NUMBER - 1, out);
    text_add(out, "%*s%*s", NUMBER, "b - a ms", CHANGE, "");
}

/* What replaced what: operations where a rewrite made other ones, else kernels; what both have, once. */
static void add_kernels(const struct aligned_group *g, struct text *out)
{
    struct text list[SIDES] = {0};
    for (int what = LIST_ops; what >= LIST_kernels; what--) {
        for (int s = 0; s < SIDES; s++) {
            text_free(&list[s]);
            kernel_add_list(g->member[s], g->members[s], (enum kernel_list)what, &list[s]);
        }
        if (strcmp(text_get(&list[SIDE_a]), text_get(&list[SIDE_b])))
            break;
    }
    text_add(out, "  ");
    add_replaced(text_get(&list[SIDE_a]), text_get(&list[SIDE_b]), REPLACED, out);
    for (int s = 0; s < SIDES; s++)
        text_free(&list[s]);
}

static void add_group(const struct aligned_group *g, struct text *out)
{
    struct text name = {0};
    text_add(out, "  ");
    aligned_add_name(g, LAYER, &name);
    cell_name(text_get(&name), LAYER, out);
    text_free(&name);
    add_times(g->ns, out);
    add_kernels(g, out);
    text_add(out, "\n");
}

static void add_classes(const struct profile *a, const struct profile *b, const struct alignment *x, struct text *out)
{
    add_head("classes", a, b, out);
    text_add(out, "\n");
    for (int i = 0; i < x->classes; i++)
        add_row(profile_class_title(x->class[i].name), x->class[i].ns, out);
    add_row("= all work", x->ns, out);
}

/* Where time is won, and where it is lost again. */
static void add_summary(const struct alignment *x, struct text *out)
{
    double won = 0, lost = 0;
    int faster = 0, slower = 0, only[SIDES] = {0};
    for (int i = 0; i < x->groups; i++) {
        const struct aligned_group *g = &x->group[i];
        const double difference = g->ns[SIDE_b] - g->ns[SIDE_a];
        won += fmin(difference, 0);
        lost += fmax(difference, 0);
        faster += difference < 0;
        slower += difference > 0;
        only[SIDE_a] += !g->members[SIDE_b];
        only[SIDE_b] += !g->members[SIDE_a];
    }
    text_add(out, "\n  %d groups of layers: %d faster in b (%+.3f ms), %d slower (%+.3f ms)", x->groups, faster,
             won * 1e-6, slower, lost * 1e-6);
    if (only[SIDE_a] || only[SIDE_b])
        text_add(out, "; only in a: %d, only in b: %d", only[SIDE_a], only[SIDE_b]);
    text_add(out, "\n");
}

static void add_groups(const struct profile *a, const struct profile *b, const struct alignment *x, int rows,
                       struct text *out)
{
    double more[SIDES] = {0};
    char title[32];
    add_head("layers", a, b, out);
    text_add(out, "  kernels\n");
    for (int i = 0; i < x->groups; i++) {
        if (i < rows)
            add_group(&x->group[i], out);
        for (int s = 0; s < SIDES && i >= rows; s++)
            more[s] += x->group[i].ns[s];
    }
    snprintf(title, sizeof title, "%d more", x->groups - rows);
    if (rows < x->groups)
        add_row(title, more, out);
    add_row("= all work", x->ns, out);
}

/* What is no work: what each waits for. */
static void add_rest(const struct profile *a, const struct profile *b, struct text *out)
{
    static const enum account_part idle[] = {PART_idle_in_graph, PART_host_gap};
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        add_row(profile_parts[idle[i]].title, (double[]){a->account.part_ns[idle[i]], b->account.part_ns[idle[i]]},
                out);
    add_row("span", (double[]){a->account.span_ns, b->account.span_ns}, out);
}

static void add_notes(const struct profile *p, const char *side, struct text *out)
{
    struct text line = {0};
    text_add(&line, "%s: %s on %s%s", side, p->variant, p->backend, p->valid ? "" : "; INVALID: ");
    text_add(&line, "%s%s", p->valid ? "" : p->reason,
             p->relative_only ? "; RELATIVE ONLY: tracing costs more than 5 %" : "");
    add_wrapped(text_get(&line), 2, out);
    text_free(&line);
}

struct err alignment_text(const struct profile *a, const struct profile *b, int top, struct text *out)
{
    struct alignment x;
    struct err e = profile_align(a, b, &x);
    if (!e.code) {
        add_notes(a, "a", out);
        add_notes(b, "b", out);
        add_classes(a, b, &x, out);
        add_rest(a, b, out);
        add_summary(&x, out);
        add_groups(a, b, &x, top > 0 ? top : PROFILE_TOP, out);
    }
    alignment_free(&x);
    return e;
}

static void json_times(cJSON *row, const double ns[SIDES])
{
    json_add_ns(row, "a_ns", ns[SIDE_a]);
    json_add_ns(row, "b_ns", ns[SIDE_b]);
    cJSON_AddNumberToObject(row, "difference_ns", floor(ns[SIDE_b] - ns[SIDE_a] + 0.5));
}

static void json_kernels(cJSON *row, const char *name, const struct aligned_group *g, int side)
{
    struct text list = {0};
    kernel_add_list(g->member[side], g->members[side], LIST_kernels, &list);
    cJSON_AddStringToObject(row, name, text_get(&list));
    text_free(&list);
}

static cJSON *json_group(const struct aligned_group *g)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "path", g->path);
    cJSON_AddNumberToObject(row, "paths", g->paths);
    json_times(row, g->ns);
    json_kernels(row, "a_kernels", g, SIDE_a);
    json_kernels(row, "b_kernels", g, SIDE_b);
    return row;
}

struct err alignment_json(const struct profile *a, const struct profile *b, int top, cJSON **out)
{
    struct alignment x;
    struct err e = profile_align(a, b, &x);
    *out = cJSON_CreateObject();
    cJSON_AddStringToObject(*out, "a_variant", a->variant);
    cJSON_AddStringToObject(*out, "b_variant", b->variant);
    json_times(*out, x.ns);
    cJSON *classes = cJSON_AddArrayToObject(*out, "classes"), *groups = cJSON_AddArrayToObject(*out, "groups");
    for (int i = 0; i < x.classes && !e.code; i++) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "class", x.class[i].name);
        json_times(row, x.class[i].ns);
        cJSON_AddItemToArray(classes, row);
    }
    const int rows = top > 0 ? top : PROFILE_TOP;
    for (int i = 0; i < x.groups && i < rows && !e.code; i++)
        cJSON_AddItemToArray(groups, json_group(&x.group[i]));
    cJSON_AddNumberToObject(*out, "groups_left_out", x.groups > rows ? x.groups - rows : 0);
    alignment_free(&x);
    return e;
}
