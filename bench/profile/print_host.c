#include <stdlib.h>

#include "bench/profile/cells.h"
#include "bench/profile/print.h"

enum { HOST_KIND = 10, HOST_NAME = 46 };

static int by_total(const void *a, const void *b)
{
    const struct profile_host *const *x = a, *const *y = b;
    const int order = ((*x)->total_ns < (*y)->total_ns) - ((*x)->total_ns > (*y)->total_ns);
    return order ? order : (*x > *y) - (*x < *y);
}

static void add_row(const struct profile_host *h, struct text *out)
{
    text_add(out, "  ");
    cell_name(h->activity, HOST_KIND, out);
    cell_name(h->name, HOST_NAME, out);
    cell_number(h->calls, 12, 0, out);
    cell_number(h->total_ns * 1e-6, 12, ALL_DIGITS, out);
    cell_number(h->outside_calls, 16, 0, out);
    cell_number(h->outside_total_ns * 1e-6, 12, ALL_DIGITS, out);
    text_add(out, "\n");
}

void profile_add_host(const struct profile *p, int top, struct text *out)
{
    const struct profile_host **row = p->hosts ? malloc((size_t)p->hosts * sizeof *row) : NULL;
    if (!row)
        return;
    for (int i = 0; i < p->hosts; i++)
        row[i] = &p->host[i];
    qsort(row, (size_t)p->hosts, sizeof *row, by_total);
    text_add(out, "\n  ");
    cell_name("what the host did", HOST_KIND + HOST_NAME, out);
    text_add(out, "%12s%12s%16s%12s\n", "calls", "ms", "before: calls", "ms");
    for (int i = 0; i < p->hosts && i < top; i++)
        add_row(row[i], out);
    if (p->hosts > top)
        text_add(out, "    %d more\n", p->hosts - top);
    text_add(
        out,
        "    (beside the device's work, one inside the other: no parts of the account; before: in the cold start)\n");
    free(row);
}
