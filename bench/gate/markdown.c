#include "bench/gate/markdown.h"

#include <math.h>
#include <string.h>

#include "bench/measure/time_text.h"
#include "pipeline/base/error.h"

static const struct meaning {
    int code;
    const char *title, *text;
} meanings[] = {
    {ERR_NONE, "no regression", "every row was measured, none is slower, no counter changed"},
    {ERR_MISMATCH, "regression", "a row is slower in two sets of rounds, or an exact counter changed"},
    {ERR_INVALID, "not conclusive", "the measurement is not valid, or does not decide: measure again"},
    {ERR_FAILED, "not done", "something is wrong with what was asked, or with the machine"},
    {ERR_ABSENT, "nothing to measure on", "there is no such device here"},
};

/* Columns: their names, and the line that aligns them. */
static void table_head(struct text *out, const char *names, const char *align)
{
    text_add(out, "\n%s\n%s\n", names, align);
}

static void cell(struct text *out, const char *text)
{
    text_add(out, " ");
    markdown_text(out, text);
    text_add(out, " |");
}

static void time_cell(struct text *out, double ns)
{
    char text[TIME_TEXT];
    text_add(out, " %s |", isfinite(ns) ? time_text(ns, text) : "-");
}

static void share_cell(struct text *out, double share)
{
    if (isfinite(share))
        text_add(out, " %.2f %% |", 100 * share);
    else
        text_add(out, " - |");
}

static void change_cell(struct text *out, const struct gate_row *r)
{
    if (!isfinite(r->change))
        text_add(out, " - |");
    else if (!isfinite(r->low) || !isfinite(r->high))
        text_add(out, " %+.2f %% |", 100 * r->change);
    else
        text_add(out, " %+.2f %% [%+.2f, %+.2f] |", 100 * r->change, 100 * r->low, 100 * r->high);
}

static void add_head(const struct gate_report *r, struct text *out)
{
    const struct meaning *m = NULL;
    for (size_t i = 0; i < ARRAY_LEN(meanings) && !m; i++)
        m = meanings[i].code == r->code ? &meanings[i] : NULL;
    text_add(out, "### sdbench gate: %s\n\nExit code %d: %s.", m ? m->title : "ended", r->code,
             m ? m->text : "the run was ended from outside");
    if (r->reason) {
        text_add(out, " ");
        markdown_text(out, r->reason);
    }
    text_add(out, "\n\nBase ");
    markdown_text(out, r->base);
    text_add(out, ", new ");
    markdown_text(out, r->new);
    text_add(out, "; workload ");
    markdown_text(out, r->workload);
    text_add(out, ", backend ");
    markdown_text(out, r->backend);
    text_add(out, ".\n");
}

static void add_checks(const struct gate_report *r, struct text *out)
{
    if (r->checks)
        table_head(out, "| validity | value | limit | |", "|---|---|---|---|");
    for (int i = 0; i < r->checks; i++) {
        text_add(out, "|");
        cell(out, r->check[i].name);
        cell(out, r->check[i].value);
        cell(out, r->check[i].limit);
        text_add(out, " %s |\n", r->check[i].holds ? "ok" : "**INVALID**");
    }
}

static void add_rows(const struct gate_report *r, struct text *out)
{
    if (r->rows)
        table_head(out, "| variant | row | base | new | change [interval] | floor | rounds | control | verdict |",
                   "|---|---|--:|--:|--:|--:|--:|--:|---|");
    for (int i = 0; i < r->rows; i++) {
        const struct gate_row *row = &r->row[i];
        text_add(out, "|");
        cell(out, row->variant);
        cell(out, row->row);
        time_cell(out, row->base_ns);
        time_cell(out, row->new_ns);
        change_cell(out, row);
        share_cell(out, row->floor);
        text_add(out, " %d |", row->rounds);
        share_cell(out, row->control);
        text_add(out, " ");
        markdown_text(out, row->verdict);
        if (row->reason) {
            text_add(out, ": ");
            markdown_text(out, row->reason);
        }
        text_add(out, " |\n");
    }
}

static void add_counters(const struct gate_report *r, struct text *out)
{
    if (!r->counters)
        return;
    text_add(out, "\nExact counters that changed; explain them, or bless them (`--bless`):\n");
    table_head(out, "| variant | counter | blessed | now |", "|---|---|--:|--:|");
    for (int i = 0; i < r->counters; i++) {
        text_add(out, "|");
        cell(out, r->counter[i].variant);
        cell(out, r->counter[i].field);
        cell(out, r->counter[i].before);
        cell(out, r->counter[i].after);
        text_add(out, "\n");
    }
}

static void add_replaced(const struct gate_report *r, struct text *out)
{
    if (!r->replacements)
        return;
    text_add(out, "\nREPLACED: other implementations were chosen, so that outputs are not compared bit by bit:\n");
    table_head(out, "| variant | choices of base | choices of new |", "|---|---|---|");
    for (int i = 0; i < r->replacements; i++) {
        text_add(out, "|");
        cell(out, r->replaced[i].variant);
        cell(out, r->replaced[i].before);
        cell(out, r->replaced[i].after);
        text_add(out, "\n");
    }
}

/* As code: nothing in it means anything but a fence, which is made longer than any in it. */
static void add_command(const char *command, struct text *out)
{
    size_t fence = 3;
    for (const char *at = command; *at; at++) {
        size_t run = strspn(at, "`");
        fence = run >= fence ? run + 1 : fence;
        at += run ? run - 1 : 0;
    }
    text_add(out, "\nTo repeat it:\n\n");
    for (size_t i = 0; i < fence; i++)
        text_add(out, "`");
    text_add(out, "\n");
    bool utf8 = text_is_utf8(command, strlen(command));
    for (const char *at = command; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            text_add(out, " ");
        else if (!utf8 && (unsigned char)*at > 0x7f)
            text_add(out, "?");
        else
            text_add_bytes(out, at, 1);
    text_add(out, "\n");
    for (size_t i = 0; i < fence; i++)
        text_add(out, "`");
    text_add(out, "\n");
}

void gate_markdown(const struct gate_report *r, struct text *out)
{
    add_head(r, out);
    add_rows(r, out);
    add_counters(r, out);
    add_replaced(r, out);
    add_checks(r, out);
    if (r->command)
        add_command(r->command, out);
    for (size_t i = 0; i < ARRAY_LEN(r->environment); i++)
        if (r->environment[i]) {
            text_add(out, i ? "  \n" : "\n"); /* two spaces: a line of its own */
            markdown_text(out, r->environment[i]);
        }
    text_add(out, "\n");
}
