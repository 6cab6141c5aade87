#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/profile/columns.h"
#include "bench/profile/print.h"
#include "profiler/layers/paths.h"

/* A row that took more than this times its median repetition; and it is told from this share of all work on. */
#define UNUSUAL       2
#define UNUSUAL_SHARE 0.005

enum { SHOWN_UNKNOWN = 3, TOTAL_TITLE = 40 };

static const struct column *columns_of(const struct grouping *by)
{
    return by->key ? columns_of_groups : columns_of_launches;
}

/* A row of a sum: in the columns of calls, ms and % of the table above. */
static void add_sum(const struct profile_groups *g, const char *title, double calls, double ns, struct text *out)
{
    const struct column *column = columns_of(g->by);
    text_add(out, "%*s ", RANK_WIDTH, "");
    cell_name(title, columns_name_width(column), out);
    text_add(out, " ");
    if (calls > 0)
        cell_number(calls, column[0].width, calls == floor(calls) ? 0 : 1, out);
    else
        cell_text("", column[0].width, out);
    text_add(out, " ");
    cell_number(ns * 1e-6, column[1].width, ALL_DIGITS, out);
    if (g->work_ns > 0 && (calls > 0 || ns <= g->work_ns)) {
        text_add(out, " ");
        cell_number(100 * ns / g->work_ns, column[2].width, 1, out);
    }
    text_add(out, "\n");
}

static void add_more(const struct profile_groups *g, int from, struct text *out)
{
    char title[64];
    double calls = 0, ns = 0;
    for (int i = from; i < g->groups; i++) {
        calls += g->group[i].calls;
        ns += g->group[i].total_ns;
    }
    snprintf(title, sizeof title, "%d more", g->groups - from);
    if (from < g->groups)
        add_sum(g, title, calls, ns, out);
}

/* What is unattributed: the names that take most of it. */
static void add_unknown(const struct profile *p, enum profile_rest rest, struct text *out)
{
    const struct profile_kernel *last = NULL;
    for (int n = 0; n < SHOWN_UNKNOWN; n++) {
        const struct profile_kernel *best = NULL;
        for (int i = 0; i < p->kernels; i++) {
            const struct profile_kernel *k = &p->kernel[i];
            const bool is_after = !last || k->total_ns < last->total_ns || (k->total_ns == last->total_ns && k > last);
            if (profile_rest_of(k) == rest && is_after && (!best || k->total_ns > best->total_ns))
                best = k;
        }
        if (!best)
            return;
        text_add(out, "%*s", RANK_WIDTH + 3, "");
        cell_number(best->total_ns * 1e-6, 10, ALL_DIGITS, out);
        text_add(out, " ms  ");
        layer_fit(best->kernel, PROFILE_COLUMNS - RANK_WIDTH - 18, out);
        text_add(out, "\n");
        last = best;
    }
}

/* From all rows to the span of the account. Both are of one repetition; what is between them is work that stands in the
 * rows and not in the account, or the other way round, and makes a profile invalid where it is much. */
static void add_closure(const struct profile *p, const struct profile_groups *g, struct text *out)
{
    const struct profile_account *a = &p->account;
    const double other = a->busy_ns + a->overlap_ns - g->work_ns;
    add_sum(g, "= all work", 0, g->work_ns, out);
    if (a->overlap_ns > 0)
        add_sum(g, "- beside other work", 0, -a->overlap_ns, out);
    if (fabs(other) >= 500)
        add_sum(g, "+ in no row", 0, other, out);
    add_sum(g, "+ idle inside graph", 0, a->part_ns[PART_idle_in_graph], out);
    add_sum(g, "+ host gap", 0, a->part_ns[PART_host_gap], out);
    add_sum(g, "= span", 0, a->span_ns, out);
}

static void add_rests(const struct profile *p, const struct profile_groups *g, bool closes, struct text *out)
{
    for (int i = 0; i < RESTS; i++) {
        if (!closes && g->rest_ns[i] <= 0)
            continue;
        add_sum(g, profile_rests[i].title, g->rest_calls[i], g->rest_ns[i], out);
        if (closes && i != REST_transfer)
            add_unknown(p, (enum profile_rest)i, out);
    }
    if (closes && p->repetitions)
        add_closure(p, g, out);
}

static void add_shapes(const struct profile_groups *g, int rows, struct text *out)
{
    bool has_shape = false, differs = false;
    for (int i = 0; i < rows; i++) {
        has_shape |= g->group[i].member[0]->grid[0] > 0;
        differs |= g->group[i].members > 1;
    }
    if (!has_shape || (g->by != grouping_find("kernel") && g->by->key))
        return;
    text_add(out, "\n");
    columns_add_head(columns_of_shapes, "how they are launched", out);
    for (int i = 0; i < rows; i++)
        columns_add_row(columns_of_shapes, g->by, i + 1, &g->group[i], out);
    if (differs)
        text_add(out,
                 "    (of the layer that takes most of a kernel's time; others: layers with another grid or block)\n");
}

static void add_line(struct text *line, struct text *out)
{
    add_wrapped(text_get(line), 6, out);
    text_free(line);
}

static void add_group_name(const struct profile_groups *g, const struct profile_group *of, struct text *out)
{
    columns_add_name(g->by, of, columns_name_width(columns_of(g->by)), out);
    while (out->length && out->bytes[out->length - 1] == ' ')
        out->bytes[--out->length] = 0;
}

/* A cost rule or a peak that cannot be right must not stay unseen. */
static void add_above(const struct profile_groups *g, struct text *out)
{
    const struct profile_group *worst = NULL;
    struct text line = {0};
    int above = 0;
    for (int i = 0; i < g->groups; i++) {
        above += g->group[i].above_roof;
        if (g->group[i].above_roof && (!worst || g->group[i].above_roof > worst->above_roof))
            worst = &g->group[i];
    }
    if (!worst)
        return;
    text_add(&line, "    ! ERROR: %d kernel%s faster than the roof, most of them of ", above,
             above == 1 ? " is" : "s are");
    add_group_name(g, worst, &line);
    text_add(&line, ": the cost rule or a peak is wrong");
    add_line(&line, out);
}

/* Something held single calls up: a table of one repetition shows it where it happened to be. */
static void add_unusual(const struct profile_groups *g, struct text *out)
{
    const struct profile_group *worst = NULL;
    struct text line = {0};
    double excess = 0;
    for (int i = 0; i < g->groups; i++) {
        const struct profile_group *row = &g->group[i];
        if (row->total_ns <= UNUSUAL * row->typical_ns)
            continue;
        excess += row->total_ns - row->typical_ns;
        if (!worst || row->total_ns - row->typical_ns > worst->total_ns - worst->typical_ns)
            worst = row;
    }
    if (excess < UNUSUAL_SHARE * g->work_ns || !worst)
        return;
    text_add(&line, "    note: %.3f ms of it this repetition alone had, most of it ", excess * 1e-6);
    add_group_name(g, worst, &line);
    text_add(&line, ": %.3f ms, else %.3f", worst->total_ns * 1e-6, worst->typical_ns * 1e-6);
    add_line(&line, out);
}

static void add_legend(const struct profile_groups *g, struct text *out)
{
    bool has_roof = false;
    for (int i = 0; i < g->groups; i++)
        has_roof |= g->group[i].roof_ns > 0;
    text_add(
        out, "    %%: of all work%s\n",
        has_roof
            ? "; roof %: the least time by measured peaks, bound by C computing, M memory or L latency, of the time"
            : "");
}

struct err profile_add_groups(const struct profile *p, const char *by, int top, bool closes, struct text *out)
{
    struct profile_groups g;
    const struct grouping *grouping = grouping_find(by);
    struct err e = profile_groups_make(p, grouping, &g);
    const int rows = e.code || g.groups < top ? g.groups : top;
    if (!e.code) {
        text_add(out, "\n");
        columns_add_head(columns_of(grouping), grouping->title, out);
        for (int i = 0; i < rows; i++)
            columns_add_row(columns_of(grouping), grouping, i + 1, &g.group[i], out);
        add_more(&g, rows, out);
        add_rests(p, &g, closes, out);
        if (closes)
            add_legend(&g, out);
        add_unusual(&g, out);
        add_above(&g, out);
        add_shapes(&g, rows, out);
    }
    profile_groups_free(&g);
    return e;
}
