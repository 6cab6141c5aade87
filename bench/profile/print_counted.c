#include <math.h>
#include <stdlib.h>

#include "bench/profile/cells.h"
#include "bench/profile/print.h"

enum { COUNTED_NAME = 44 };

static double dram_bytes(const struct profile_counted *c)
{
    return c->dram_read_bytes + c->dram_write_bytes; /* NAN where one is not known */
}

static int by_bytes(const void *a, const void *b)
{
    const struct profile_counted *const *x = a, *const *y = b;
    const double p = isnan(dram_bytes(*x)) ? -1 : dram_bytes(*x), q = isnan(dram_bytes(*y)) ? -1 : dram_bytes(*y);
    return (p < q) - (p > q) ? (p < q) - (p > q) : (*x > *y) - (*x < *y);
}

static void add_row(const struct profile_counted *c, struct text *out)
{
    struct text name = {0};
    text_add(&name, "%s %s %.0f", c->plan, c->stage, c->step);
    text_add(out, "  ");
    if (*c->path)
        cell_path(c->path, COUNTED_NAME, out);
    else
        cell_name(text_get(&name), COUNTED_NAME, out);
    text_free(&name);
    cell_rate(c->dram_read_bytes * 1e-6, 10, out);
    cell_rate(c->dram_write_bytes * 1e-6, 10, out);
    cell_rate(c->l2_bytes * 1e-6, 10, out);
    cell_rate(c->dram_model_ratio, 8, out);
    cell_text(*c->flag ? "!" : "", 2, out);
    cell_number(100 * c->tensor_active_share, 9, 1, out);
    cell_number(100 * c->warps_active_share, 9, 1, out);
    cell_number(c->sm_clock_hz * 1e-6, 9, 0, out);
    text_add(out, "\n");
}

void profile_add_counted(const struct profile *p, int top, struct text *out)
{
    const struct profile_counted **row = p->counts ? malloc((size_t)p->counts * sizeof *row) : NULL;
    if (!row)
        return;
    for (int i = 0; i < p->counts; i++)
        row[i] = &p->counted[i];
    qsort(row, (size_t)p->counts, sizeof *row, by_bytes);
    text_add(out, "\n  ");
    cell_name("counted by the device", COUNTED_NAME, out);
    text_add(out, "%10s%10s%10s%8s%2s%9s%9s%9s\n", "read MB", "write MB", "L2 MB", "/ model", "", "tensor %", "warps %",
             "MHz");
    for (int i = 0; i < p->counts && i < top; i++)
        add_row(row[i], out);
    if (p->counts > top)
        text_add(out, "    %d more\n", p->counts - top);
    text_add(out,
             "    (read, written: of DRAM; / model: of the bytes that the cost rules count, ! below 1 or above 3; a "
             "run of its own, whose\n     times mean nothing)\n");
    free(row);
}
