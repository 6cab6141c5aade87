#include <string.h>

#include "bench/measure/table.h"
#include "bench/measure/time_text.h"

const char *table_cell(const struct summary *s, int disturbed, char out[CELL_TEXT])
{
    if (!s->n)
        return "-";
    if (s->n == 1)
        time_text(s->median, out);
    else
        time_range_text(s->median, s->low, s->high, out);
    return disturbed ? strcat(out, "!") : out;
}
