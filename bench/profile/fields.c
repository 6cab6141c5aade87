#include "bench/profile/fields.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static bool is_plain(utf8proc_int32_t character)
{
    const utf8proc_category_t category = utf8proc_category(character);
    const bool steers = category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
                        category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
    return !steers && utf8proc_charwidth(character) == 1;
}

char *clean_text(const char *text)
{
    size_t length = strlen(text), n = 0;
    char *out = malloc(length + 1);
    for (size_t i = 0; out && i < length;) {
        utf8proc_int32_t character;
        utf8proc_ssize_t bytes =
            utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(length - i), &character);
        if (bytes > 0 && is_plain(character)) {
            memcpy(out + n, text + i, (size_t)bytes);
            n += (size_t)bytes;
        } else {
            out[n++] = '?';
        }
        i += bytes > 0 ? (size_t)bytes : 1;
    }
    if (out)
        out[n] = 0;
    return out;
}

static const cJSON *member(const struct fields *f, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(f->record, name);
}

static char *copy(struct fields *f, const cJSON *item)
{
    f->damaged |= item && !cJSON_IsString(item);
    char *out = clean_text(cJSON_IsString(item) ? item->valuestring : "");
    f->no_memory |= !out;
    return out;
}

void fields_text(struct fields *f, const char *name, char **out)
{
    *out = copy(f, member(f, name));
}

static bool is_number(const cJSON *item, double low, double high)
{
    return cJSON_IsNumber(item) && isfinite(item->valuedouble) && item->valuedouble >= low && item->valuedouble <= high;
}

void fields_number(struct fields *f, const char *name, double low, double high, double *out)
{
    const cJSON *item = member(f, name);
    if (is_number(item, low, high))
        *out = item->valuedouble;
    else
        f->damaged |= item != NULL;
}

static void read_count(struct fields *f, const cJSON *item, unsigned *out)
{
    if (is_number(item, 0, UINT_MAX) && item->valuedouble == floor(item->valuedouble))
        *out = (unsigned)item->valuedouble;
    else
        f->damaged |= item != NULL;
}

void fields_count(struct fields *f, const char *name, unsigned *out)
{
    read_count(f, member(f, name), out);
}

void fields_flag(struct fields *f, const char *name, bool *out)
{
    const cJSON *item = member(f, name);
    if (cJSON_IsBool(item))
        *out = cJSON_IsTrue(item);
    else
        f->damaged |= item != NULL;
}

/* The list's length; 0 where it is absent or damaged. */
static int list_of(struct fields *f, const char *name, const cJSON **first)
{
    const cJSON *list = member(f, name);
    f->damaged |= list && !cJSON_IsArray(list);
    *first = cJSON_IsArray(list) ? list->child : NULL;
    return *first ? cJSON_GetArraySize(list) : 0;
}

void fields_three(struct fields *f, const char *name, unsigned out[3])
{
    const cJSON *item;
    int n = list_of(f, name, &item);
    f->damaged |= n && n != 3;
    for (int i = 0; i < n && i < 3; i++, item = item->next)
        read_count(f, item, &out[i]);
}

void fields_times(struct fields *f, const char *name, double **out, int *n)
{
    const cJSON *item;
    *n = list_of(f, name, &item);
    *out = *n ? calloc((size_t)*n, sizeof **out) : NULL;
    if (*n && !*out) {
        f->no_memory = true;
        *n = 0;
    }
    for (int i = 0; i < *n; i++, item = item->next)
        if (is_number(item, 0, MOST_NS))
            (*out)[i] = item->valuedouble;
        else
            f->damaged = true;
}

void fields_texts(struct fields *f, const char *name, char ***out, int *n)
{
    const cJSON *item;
    *n = list_of(f, name, &item);
    *out = *n ? calloc((size_t)*n, sizeof **out) : NULL;
    if (*n && !*out) {
        f->no_memory = true;
        *n = 0;
    }
    for (int i = 0; i < *n; i++, item = item->next)
        (*out)[i] = copy(f, item);
}
