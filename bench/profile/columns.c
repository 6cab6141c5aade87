#include "bench/profile/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/base/error.h"
#include "profiler/layers/classes.h"

static void add_calls(const struct profile_group *g, int width, struct text *out)
{
    cell_number(g->calls, width, g->calls == (double)(int64_t)g->calls ? 0 : 1, out);
}

static void add_total(const struct profile_group *g, int width, struct text *out)
{
    cell_number(g->total_ns * 1e-6, width, ALL_DIGITS, out);
}

static void add_share(const struct profile_group *g, int width, struct text *out)
{
    cell_number(100 * g->share, width, 1, out);
}

static void add_cumulative(const struct profile_group *g, int width, struct text *out)
{
    cell_number(100 * g->cumulative, width, 1, out);
}

static void add_median(const struct profile_group *g, int width, struct text *out)
{
    cell_number(g->call.median * 1e-3, width, 1, out);
}

static void add_spread(const struct profile_group *g, int width, struct text *out)
{
    if (g->call.median > 0)
        cell_number(100 * g->call.mad / g->call.median, width, 1, out);
    else
        cell_text("-", width, out);
}

static void add_smallest(const struct profile_group *g, int width, struct text *out)
{
    cell_number(g->call.smallest * 1e-3, width, 1, out);
}

static void add_p95(const struct profile_group *g, int width, struct text *out)
{
    cell_number(g->p95_ns * 1e-3, width, 1, out);
}

/* "-" where there is nothing to tell. */
static void add_known_rate(double x, bool known, int width, struct text *out)
{
    if (known)
        cell_rate(x, width, out);
    else
        cell_text("-", width, out);
}

static void add_flop_rate(const struct profile_group *g, int width, struct text *out)
{
    add_known_rate(g->flop / g->total_ns * 1e-3, g->flop > 0 && g->total_ns > 0, width, out);
}

static void add_byte_rate(const struct profile_group *g, int width, struct text *out)
{
    add_known_rate(g->bytes / g->total_ns, g->bytes > 0 && g->total_ns > 0, width, out);
}

static void add_intensity(const struct profile_group *g, int width, struct text *out)
{
    add_known_rate(g->flop / g->bytes, g->flop > 0 && g->bytes > 0, width, out);
}

static void add_roof(const struct profile_group *g, int width, struct text *out)
{
    char cell[CELL_SIZE] = "-  ";
    const double percent = g->roof_ns > 0 && g->total_ns > 0 ? 100 * g->roof_ns / g->total_ns : 0;
    if (percent > 0)
        snprintf(cell, sizeof cell, "%s%.0f %c%c", percent < 9999 ? "" : ">",
                 fmin(percent, percent < 9999 ? percent : 999), g->bound, g->above_roof ? '!' : ' ');
    cell_text(cell, width, out);
}

static void add_kernel(const struct profile_group *g, int width, struct text *out)
{
    cell_kernel(g->member[0]->kernel, width, out);
}

static void add_three(const unsigned size[3], int width, struct text *out)
{
    char cell[CELL_SIZE] = "-";
    if (size[0])
        snprintf(cell, sizeof cell, "%ux%ux%u", size[0], size[1], size[2]);
    cell_text(cell, width, out);
}

static void add_grid(const struct profile_group *g, int width, struct text *out)
{
    add_three(g->member[0]->grid, width, out);
}

static void add_block(const struct profile_group *g, int width, struct text *out)
{
    add_three(g->member[0]->block_threads, width, out);
}

static void add_cluster(const struct profile_group *g, int width, struct text *out)
{
    add_three(g->member[0]->cluster, width, out);
}

static void add_registers(const struct profile_group *g, int width, struct text *out)
{
    cell_number(g->member[0]->registers, width, 0, out);
}

static void add_shared(const struct profile_group *g, int width, struct text *out)
{
    cell_number(((double)g->member[0]->shared_static + g->member[0]->shared_dynamic) / 1024, width, 1, out);
}

static void add_local(const struct profile_group *g, int width, struct text *out)
{
    cell_number(g->member[0]->local, width, 0, out);
}

static void add_waves(const struct profile_group *g, int width, struct text *out)
{
    add_known_rate(g->member[0]->waves, g->member[0]->waves >= 0, width, out);
}

static void add_occupancy(const struct profile_group *g, int width, struct text *out)
{
    const double occupancy = g->member[0]->occupancy;
    add_known_rate(100 * occupancy, occupancy >= 0, width, out);
}

static void add_limiter(const struct profile_group *g, int width, struct text *out)
{
    cell_name(*g->member[0]->limiter ? g->member[0]->limiter : "-", width, out);
}

static void add_variety(const struct profile_group *g, int width, struct text *out)
{
    int others = 0;
    for (int i = 1; i < g->members; i++)
        others += memcmp(g->member[i]->grid, g->member[0]->grid, sizeof g->member[i]->grid) ||
                  memcmp(g->member[i]->block_threads, g->member[0]->block_threads, sizeof g->member[i]->block_threads);
    cell_number(others, width, 0, out);
}

// clang-format off
#define TIMES {"calls", 6, add_calls}, {"ms", 8, add_total}, {"%", 5, add_share}, {"sum %", 5, add_cumulative}, \
              {"median us", 9, add_median}, {"\302\261 %", 4, add_spread}
#define RATES {"TFLOP/s", 7, add_flop_rate}, {"GB/s", 6, add_byte_rate}

const struct column columns_of_groups[] = {TIMES, {"min", 8, add_smallest}, {"p95", 8, add_p95}, RATES,
                                           {"F/B", 5, add_intensity}, {"roof %", 7, add_roof}, {0}};
const struct column columns_of_launches[] = {TIMES, RATES, {"roof %", 7, add_roof}, {" kernel", 24, add_kernel}, {0}};
const struct column columns_of_shapes[] = {{"grid", 15, add_grid}, {"block", 10, add_block}, {"cluster", 7, add_cluster},
                                           {"regs", 4, add_registers}, {"shared KiB", 10, add_shared}, {"spill B", 7, add_local},
                                           {"waves", 6, add_waves}, {"occ %", 5, add_occupancy}, {" limiter", 9, add_limiter},
                                           {"others", 6, add_variety}, {0}};
// clang-format on

int columns_name_width(const struct column *column)
{
    int width = PROFILE_COLUMNS - RANK_WIDTH - 1;
    for (; column->title; column++)
        width -= column->width + 1;
    return width;
}

void columns_add_head(const struct column *column, const char *title, struct text *out)
{
    text_add(out, "%*s ", RANK_WIDTH, "#");
    cell_name(title, columns_name_width(column), out);
    for (; column->title; column++) {
        text_add(out, " ");
        if (*column->title == ' ')
            cell_name(column->title + 1, column->width, out);
        else
            cell_text(column->title, column->width, out);
    }
    text_add(out, "\n");
}

const char *profile_class_title(const char *name)
{
    for (int i = 0; i < CLASS_COUNT; i++)
        if (!strcmp(layer_classes[i].name, name))
            return layer_classes[i].title;
    return name;
}

void columns_add_name(const struct grouping *by, const struct profile_group *g, int width, struct text *out)
{
    const char *key = by->key ? by->key(g->member[0]) : profile_layer(g->member[0]);
    if (!*key)
        cell_name("(none)", width, out);
    else if (!by->key || by->key == profile_layer)
        cell_path(key, width, out);
    else if (!strcmp(by->name, "kernel"))
        cell_kernel(key, width, out);
    else
        cell_name(strcmp(by->name, "class") ? key : profile_class_title(key), width, out);
}

void columns_add_row(const struct column *column, const struct grouping *by, int rank, const struct profile_group *g,
                     struct text *out)
{
    if (rank < 1000)
        text_add(out, "%*d ", RANK_WIDTH, rank);
    else
        text_add(out, "%*s ", RANK_WIDTH, "..");
    columns_add_name(by, g, columns_name_width(column), out);
    for (; column->title; column++) {
        text_add(out, " ");
        column->add(g, column->width, out);
    }
    while (out->length && out->bytes[out->length - 1] == ' ')
        out->bytes[--out->length] = 0;
    text_add(out, "\n");
}
