#include "bench/profile/cells.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bench/profile/kernel_name.h"
#include "profiler/layers/paths.h"

static int columns_of(const char *text, size_t bytes)
{
    int columns = 0;
    for (size_t i = 0; i < bytes; i++)
        columns += ((unsigned char)text[i] & 0xc0) != 0x80;
    return columns;
}

static void pad(int spaces, struct text *out)
{
    if (spaces > 0)
        text_add(out, "%*s", spaces, "");
}

void cell_name(const char *name, int width, struct text *out)
{
    const size_t before = out->length;
    layer_fit(name, width, out);
    if (out->bytes)
        pad(width - columns_of(out->bytes + before, out->length - before), out);
}

void cell_path(const char *path, int width, struct text *out)
{
    const size_t before = out->length;
    layer_add_short(path, width, out);
    if (out->bytes)
        pad(width - columns_of(out->bytes + before, out->length - before), out);
}

void cell_kernel(const char *name, int width, struct text *out)
{
    const size_t before = out->length;
    kernel_add_short(name, width, out);
    if (out->bytes)
        pad(width - columns_of(out->bytes + before, out->length - before), out);
}

void cell_text(const char *text, int width, struct text *out)
{
    pad(width - columns_of(text, strlen(text)), out);
    layer_fit(text, width, out);
}

void cell_number(double x, int width, int digits, struct text *out)
{
    char cell[CELL_SIZE];
    if (!isfinite(x) || fabs(x) >= 1e30) {
        cell_text("-", width, out);
        return;
    }
    int length = snprintf(cell, sizeof cell, "%.*f", digits, x);
    while (length > width && digits > 0)
        length = snprintf(cell, sizeof cell, "%.*f", --digits, x);
    if (length > width)
        snprintf(cell, sizeof cell, "%.0e", x);
    cell_text(cell, width, out);
}

void cell_rate(double x, int width, struct text *out)
{
    const double size = fabs(x);
    cell_number(x, width, size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3, out);
}

/* Bytes of the word at `at`, and of what follows it. */
static size_t word_of(const char *at)
{
    return strcspn(at, " ");
}

void add_wrapped(const char *words, int indent, struct text *out)
{
    int column = 0;
    for (const char *at = words; *at;) {
        const size_t bytes = word_of(at);
        const int columns = columns_of(at, bytes);
        if (column > indent && column + 1 + columns > PROFILE_COLUMNS) {
            text_add(out, "\n%*s", indent, "");
            column = indent;
        } else if (at != words) {
            text_add(out, " ");
            column++;
        }
        if (column + columns > PROFILE_COLUMNS) { /* one word that is longer than a line */
            char word[4 * PROFILE_COLUMNS + 1];
            snprintf(word, sizeof word, "%.*s", (int)(bytes < sizeof word ? bytes : sizeof word - 1), at);
            layer_fit(word, PROFILE_COLUMNS - column, out);
            column = PROFILE_COLUMNS;
        } else {
            text_add_bytes(out, at, bytes);
            column += columns;
        }
        at += bytes + (at[bytes] == ' ');
    }
    text_add(out, "\n");
}

void add_replaced(const char *a, const char *b, int width, struct text *out)
{
    static const char arrow[] = " -> ";
    a = *a ? a : "nothing";
    b = *b ? b : "nothing";
    const int room = width - (int)strlen(arrow), half = room / 2;
    const int a_is = columns_of(a, strlen(a)), b_is = columns_of(b, strlen(b));
    if (!strcmp(a, b)) {
        layer_fit(a, width, out);
        return;
    }
    layer_fit(a, b_is < half ? room - b_is : half, out);
    text_add(out, "%s", arrow);
    layer_fit(b, a_is < half ? room - a_is : room - half, out);
}
