#include "pipeline/text/letters.h"

#include <utf8proc.h>

struct range {
    int32_t first, last;
};

static bool is_in(int32_t c, const struct range *ranges, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

bool is_white_space(int32_t c)
{
    static const struct range spaces[] = {{0x09, 0x0d},     {0x20, 0x20},     {0x85, 0x85},     {0xa0, 0xa0},
                                          {0x1680, 0x1680}, {0x2000, 0x200a}, {0x2028, 0x2029}, {0x202f, 0x202f},
                                          {0x205f, 0x205f}, {0x3000, 0x3000}};
    return is_in(c, spaces, ARRAY_LEN(spaces));
}

void collapse_white_space(struct code_points *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->count; i++) {
        bool space = is_white_space(text->at[i]);
        if (!space || !count || text->at[count - 1] != ' ')
            text->at[count++] = space ? ' ' : text->at[i];
    }
    text->count = count;
}

void lower_add(struct text *out, int32_t c)
{
    /* The one code point whose full lower case is longer than its simple one (SpecialCasing.txt). */
    if (c == 0x130) {
        utf8_add(out, 'i');
        utf8_add(out, 0x307);
    } else {
        utf8_add(out, utf8proc_tolower(c));
    }
}

/* Unicode's Case_Ignorable: marks, format controls, modifiers, and the punctuation that may stand inside a word. */
static bool is_case_ignorable(int32_t c)
{
    static const struct range inside_words[] = {{0x27, 0x27},     {0x2e, 0x2e},     {0x3a, 0x3a},     {0xb7, 0xb7},
                                                {0x387, 0x387},   {0x55f, 0x55f},   {0x5f4, 0x5f4},   {0x2018, 0x2019},
                                                {0x2024, 0x2024}, {0x2027, 0x2027}, {0xfe13, 0xfe13}, {0xfe52, 0xfe52},
                                                {0xfe55, 0xfe55}, {0xff07, 0xff07}, {0xff0e, 0xff0e}, {0xff1a, 0xff1a}};
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_SK:
        return true;
    default:
        return is_in(c, inside_words, ARRAY_LEN(inside_words));
    }
}

/* Unicode's Cased, but for what is Case_Ignorable too: letters, and signs that are made of letters. */
static bool is_cased(int32_t c)
{
    static const struct range signs[] = {{0xaa, 0xaa},       {0xba, 0xba},       {0x2160, 0x217f},  {0x24b6, 0x24e9},
                                         {0x1f130, 0x1f149}, {0x1f150, 0x1f169}, {0x1f170, 0x1f189}};
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
        return true;
    default:
        return is_in(c, signs, ARRAY_LEN(signs));
    }
}

int32_t lower_sigma(const struct code_points *text, size_t i)
{
    size_t before = i, after = i + 1;
    while (before && is_case_ignorable(text->at[before - 1]))
        before--;
    while (after < text->count && is_case_ignorable(text->at[after]))
        after++;
    bool begun = before && is_cased(text->at[before - 1]);
    return begun && (after == text->count || !is_cased(text->at[after])) ? 0x3c2 : 0x3c3;
}
