/* KerasCV's SimpleTokenizer: html.unescape twice, strip, white space, strip, lower, all with Python's rules. */
#include "pipeline/text/flavor.h"
#include "pipeline/text/html.h"
#include "pipeline/text/letters.h"

enum { CAPITAL_SIGMA = 0x3a3 };

/* str.strip goes by str.isspace, which has four control codes more than \s. */
static bool is_stripped(int32_t c)
{
    return is_white_space(c) || (c >= 0x1c && c <= 0x1f);
}

static void lower(struct code_points *text, struct text *out)
{
    for (size_t i = 0; i < text->count; i++)
        if (text->at[i] == CAPITAL_SIGMA)
            utf8_add(out, lower_sigma(text, i));
        else
            lower_add(out, text->at[i]);
}

struct err clean_kerascv(const char *raw, size_t bytes, struct text *out)
{
    struct text once = {0}, twice = {0};
    html_unescape(raw, bytes, &once);
    html_unescape(text_get(&once), once.length, &twice);
    struct code_points text;
    struct err e = code_points_decode(text_get(&twice), twice.length, &text);
    text_free(&once);
    text_free(&twice);
    TRY(e);
    size_t from = 0, to = text.count;
    while (to && is_stripped(text.at[to - 1]))
        to--;
    while (from < to && is_stripped(text.at[from]))
        from++;
    struct code_points middle = {text.at + from, to - from};
    collapse_white_space(&middle);
    lower(&middle, out);
    code_points_free(&text);
    return OK;
}
