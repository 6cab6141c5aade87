#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/compare/profile_pair.h"
#include "bench/json.h"
#include "bench/profile/columns.h"
#include "bench/profile/overhead.h"
#include "bench/profile/print.h"

enum {
    STATUS = 9,
    NAME = 26,
    NUMBER = 10,
    CHANGE = 8,
    KERNELS = PROFILE_COLUMNS - STATUS - NAME - 3 * NUMBER - CHANGE - 4
};
enum { TOLD_PARTS = 4 };

static double difference_of(const double ns[SIDES])
{
    return ns[SIDE_b] - ns[SIDE_a];
}

static const char *key_title(const struct profile_pair *p, const char *key)
{
    return !*key ? "(none)" : strcmp(p->by->name, "class") ? key : profile_class_title(key);
}

/* "SLOWER: fused on cpu: busy 4963.123 -> 5023.456 ms an image, +1.2 % [+0.8, +1.6], counted from 1.0 % on" */
static void add_verdict(const struct profile_pair *p, struct text *out)
{
    struct text line = {0};
    text_add(&line, "%s: %s%s%s on %s: busy %.3f -> %.3f ms an image", verdict_words[p->verdict].name,
             p->side[SIDE_a]->variant, p->same_variant ? "" : " > ", p->same_variant ? "" : p->side[SIDE_b]->variant,
             p->side[SIDE_b]->backend, p->busy_ns[SIDE_a] * 1e-6, p->busy_ns[SIDE_b] * 1e-6);
    if (isfinite(p->low) && isfinite(p->high))
        text_add(&line, ", %+.1f %% [%+.1f, %+.1f], counted from %.1f %% on", 100 * p->change, 100 * p->low,
                 100 * p->high, 100 * p->margin);
    else
        text_add(&line, ", %s", p->reason);
    add_wrapped(text_get(&line), 2, out);
    text_free(&line);
}

/* "  +60.333 ms = convolution +50.200, gemm +10.100, 5 more +0.000, residual +0.033" */
static void add_parts(const struct profile_pair *p, struct text *out)
{
    struct text line = {0};
    double rest = 0;
    text_add(&line, "  %+.3f ms =", (p->busy_ns[SIDE_b] - p->busy_ns[SIDE_a]) * 1e-6);
    for (int i = 0; i < p->deltas; i++)
        if (i < TOLD_PARTS)
            text_add(&line, " %s %+.3f,", key_title(p, p->delta[i].key), difference_of(p->delta[i].ns) * 1e-6);
        else
            rest += difference_of(p->delta[i].ns);
    if (p->deltas > TOLD_PARTS)
        text_add(&line, " %d more %+.3f,", p->deltas - TOLD_PARTS, rest * 1e-6);
    text_add(&line, " residual %+.3f", p->residual_ns * 1e-6);
    add_wrapped(text_get(&line), 2, out);
    text_free(&line);
}

static void add_times(const double ns[SIDES], struct text *out)
{
    char change[CELL_SIZE];
    for (int s = 0; s < SIDES; s++) {
        text_add(out, " ");
        cell_number(ns[s] * 1e-6, NUMBER - 1, ALL_DIGITS, out);
    }
    snprintf(change, sizeof change, "%+.3f", difference_of(ns) * 1e-6);
    cell_text(change, NUMBER, out);
    *change = 0;
    if (ns[SIDE_a] > 0 && ns[SIDE_b] > 0)
        snprintf(change, sizeof change, "%+.1f%%", 100 * difference_of(ns) / ns[SIDE_a]);
    cell_text(change, CHANGE, out);
}

static void add_row(const char *status, const char *name, const double ns[SIDES], struct text *out)
{
    cell_name(status, STATUS, out);
    cell_name(name, NAME, out);
    add_times(ns, out);
    text_add(out, "\n");
}

static void add_head(const char *status, const char *name, const char *more, struct text *out)
{
    text_add(out, "\n");
    cell_name(status, STATUS, out);
    cell_name(name, NAME, out);
    text_add(out, "%*s%*s%*s%*s%s\n", NUMBER, "base ms", NUMBER, "new ms", NUMBER, "change", CHANGE, "%", more);
}

static void add_waterfall(const struct profile_pair *p, int top, struct text *out)
{
    const struct profile *base = p->side[SIDE_a], *new = p->side[SIDE_b];
    const double residual[SIDES] = {p->residual_ns < 0 ? -p->residual_ns : 0, p->residual_ns > 0 ? p->residual_ns : 0};
    double more[SIDES] = {0};
    char title[32];
    add_head("", p->by->title, "", out);
    for (int i = 0; i < p->deltas; i++) {
        struct text name = {0};
        if (p->by->key == profile_layer)
            cell_path(key_title(p, p->delta[i].key), NAME, &name);
        else
            cell_name(key_title(p, p->delta[i].key), NAME, &name);
        if (i < top)
            add_row("", text_get(&name), p->delta[i].ns, out);
        for (int s = 0; s < SIDES && i >= top; s++)
            more[s] += p->delta[i].ns[s];
        text_free(&name);
    }
    snprintf(title, sizeof title, "%d more", p->deltas - top);
    if (top < p->deltas)
        add_row("", title, more, out);
    add_row("", "residual", residual, out);
    add_row("", "= busy", p->busy_ns, out);
    add_row("", "span (median repetition)",
            (double[]){base->account.span_ns / base->images, new->account.span_ns / new->images}, out);
}

static void add_kernels(const struct profile_row *r, struct text *out)
{
    text_add(out, "  ");
    if (r->status == ROW_REPLACED)
        add_replaced(r->kernels[SIDE_a], r->kernels[SIDE_b], KERNELS, out);
    else
        add_replaced(r->kernels[r->status == ROW_GONE ? SIDE_a : SIDE_b],
                     r->kernels[r->status == ROW_GONE ? SIDE_a : SIDE_b], KERNELS, out);
    text_add(out, "\n");
}

static void add_changed(const struct profile_row *r, struct text *out)
{
    cell_name(row_status_names[r->status], STATUS, out);
    if (*r->path)
        cell_path(r->path, NAME, out);
    else
        cell_name(r->class, NAME, out);
    add_times(r->ns, out);
    add_kernels(r, out);
}

static void add_rows(const struct profile_pair *p, int top, struct text *out)
{
    double more[SIDES] = {0}, same[SIDES] = {0};
    int shown = 0, left = 0, equal = 0;
    char title[32];
    add_head("kernels", "layer", "  kernel", out);
    for (int i = 0; i < p->rows.rows; i++) {
        const struct profile_row *r = &p->rows.row[i];
        const bool is_same = r->status == ROW_SAME, shows = !is_same && shown < top;
        if (shows)
            add_changed(r, out);
        shown += shows;
        equal += is_same;
        left += !is_same && !shows;
        for (int s = 0; s < SIDES; s++) {
            same[s] += is_same ? r->ns[s] : 0;
            more[s] += is_same || shows ? 0 : r->ns[s];
        }
    }
    snprintf(title, sizeof title, "%d more", left);
    if (left)
        add_row("changed", title, more, out);
    snprintf(title, sizeof title, "%d row%s", equal, equal == 1 ? "" : "s");
    add_row("SAME", title, same, out);
}

static void add_notes(const struct profile_pair *p, struct text *out)
{
    static const char *const names[SIDES] = {"base", "new"};
    for (int s = 0; s < SIDES; s++) {
        if (p->side[s]->relative_only)
            text_add(out, "%s: RELATIVE ONLY: tracing costs %.1f %%, more than %.0f %%: compare rows, not times\n",
                     names[s], 100 * p->side[s]->overhead, 100 * OVERHEAD_LIMIT);
        if (p->side[s]->ignored)
            text_add(out, "%s: damaged records that were left out: %d\n", names[s], p->side[s]->ignored);
    }
    if (strcmp(p->side[SIDE_a]->device, p->side[SIDE_b]->device)) {
        struct text line = {0};
        text_add(&line, "described as \"%s\" and as \"%s\"", p->side[SIDE_a]->device, p->side[SIDE_b]->device);
        add_wrapped(text_get(&line), 2, out);
        text_free(&line);
    }
}

struct err profile_pair_text(const struct profile_pair *p, int top, struct text *out)
{
    const int rows = top > 0 ? top : PROFILE_TOP;
    add_verdict(p, out);
    add_parts(p, out);
    add_notes(p, out);
    if (!p->same_variant)
        return alignment_text(p->side[SIDE_a], p->side[SIDE_b], rows, out);
    add_waterfall(p, rows, out);
    add_rows(p, rows, out);
    return OK;
}

static void json_times(cJSON *row, const double ns[SIDES])
{
    json_add_ns(row, "base_ns", ns[SIDE_a]);
    json_add_ns(row, "new_ns", ns[SIDE_b]);
    cJSON_AddNumberToObject(row, "change_ns", floor(difference_of(ns) + 0.5));
}

static cJSON *row_json(const struct profile_row *r)
{
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "status", row_status_names[r->status]);
    cJSON_AddStringToObject(row, "path", r->path);
    cJSON_AddStringToObject(row, "class", r->class);
    cJSON_AddStringToObject(row, "op", r->op);
    cJSON_AddStringToObject(row, "base_kernels", r->kernels[SIDE_a]);
    cJSON_AddStringToObject(row, "new_kernels", r->kernels[SIDE_b]);
    json_times(row, r->ns);
    json_add_ns(row, "margin_ns", r->margin_ns);
    return row;
}

static void json_verdict(const struct profile_pair *p, cJSON *out)
{
    cJSON_AddStringToObject(out, "base_variant", p->side[SIDE_a]->variant);
    cJSON_AddStringToObject(out, "new_variant", p->side[SIDE_b]->variant);
    cJSON_AddStringToObject(out, "verdict", verdict_words[p->verdict].name);
    cJSON_AddStringToObject(out, "reason", p->reason);
    cJSON_AddBoolToObject(out, "relative_only", p->side[SIDE_a]->relative_only || p->side[SIDE_b]->relative_only);
    json_times(out, p->busy_ns);
    cJSON_AddNumberToObject(out, "residual_ns", floor(p->residual_ns + 0.5));
    if (!isfinite(p->low) || !isfinite(p->high))
        return;
    cJSON_AddNumberToObject(out, "change_ratio", p->change);
    cJSON_AddNumberToObject(out, "low_ratio", p->low);
    cJSON_AddNumberToObject(out, "high_ratio", p->high);
    cJSON_AddNumberToObject(out, "floor_ratio", p->margin);
}

struct err profile_pair_json(const struct profile_pair *p, int top, cJSON **out)
{
    const int most = top > 0 ? top : PROFILE_TOP;
    cJSON *aligned = NULL;
    *out = cJSON_CreateObject();
    json_verdict(p, *out);
    cJSON_AddStringToObject(*out, "by", p->by->name);
    cJSON *parts = cJSON_AddArrayToObject(*out, "parts"), *rows = cJSON_AddArrayToObject(*out, "rows");
    for (int i = 0; i < p->deltas; i++) {
        cJSON *part = cJSON_CreateObject();
        cJSON_AddItemToArray(parts, part);
        cJSON_AddStringToObject(part, "name", p->delta[i].key);
        json_times(part, p->delta[i].ns);
    }
    for (int i = 0; i < p->rows.rows && p->same_variant && i < most; i++)
        cJSON_AddItemToArray(rows, row_json(&p->rows.row[i]));
    cJSON_AddNumberToObject(*out, "rows_left_out", p->same_variant && p->rows.rows > most ? p->rows.rows - most : 0);
    struct err e = p->same_variant ? OK : alignment_json(p->side[SIDE_a], p->side[SIDE_b], most, &aligned);
    if (aligned)
        cJSON_AddItemToObject(*out, "aligned", aligned);
    return e;
}
