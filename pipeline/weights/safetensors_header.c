#include "pipeline/weights/safetensors_header.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "pipeline/base/text.h"

enum { LONGEST_HEADER = 100000000 }; /* the format's own limit */

/* Every dtype of the format with its bits, so that files with tensors that nobody asks for can be opened. */
static const struct {
    const char *tag;
    uint64_t bits;
} tags[] = {
    {"F32", 32},        {"F16", 16},    {"BF16", 16},   {"F64", 64},    {"I64", 64},    {"I32", 32},
    {"I16", 16},        {"I8", 8},      {"U64", 64},    {"U32", 32},    {"U16", 16},    {"U8", 8},
    {"BOOL", 8},        {"C64", 64},    {"F8_E4M3", 8}, {"F8_E5M2", 8}, {"F8_E8M0", 8}, {"F8_E4M3FNUZ", 8},
    {"F8_E5M2FNUZ", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},
};

/* A tensor with its bytes' place, counted from the end of the header. */
struct entry {
    struct stored_tensor tensor; /* first, so that entries sort as tensors do */
    uint64_t begin, end;
};

/* Names and dtypes appear in one-line messages and in tables. */
static bool is_one_line(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return *text && text_is_utf8(text, strlen(text));
}

/* JSON numbers are doubles: integers are exact up to 2^53. */
static bool integer(const cJSON *item, uint64_t *out)
{
    double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(value >= 0 && value <= 0x1p53) || value != (double)(uint64_t)value)
        return false;
    *out = (uint64_t)value;
    return true;
}

static struct err parse_dtype(const cJSON *item, struct stored_tensor *t, uint64_t *bits)
{
    t->tag = cJSON_GetStringValue(item);
    if (!t->tag || !is_one_line(t->tag))
        return err_fail("has no dtype");
    for (size_t i = 0; i < ARRAY_LEN(tags); i++)
        if (!strcmp(tags[i].tag, t->tag))
            *bits = tags[i].bits;
    if (!*bits)
        return err_fail("unknown dtype \"%.40s\"", t->tag);
    while (t->dtype < DTYPE_COUNT && strcmp(dtypes[t->dtype].tag, t->tag))
        t->dtype++;
    if (t->dtype == DTYPE_COUNT)
        t->unusable = "a dtype other than F32, F16, BF16, I32 and U8";
    return OK;
}

static struct err parse_shape(const cJSON *list, struct stored_tensor *t, uint64_t *count)
{
    const cJSON *item;
    if (!cJSON_IsArray(list))
        return err_fail("has no shape");
    cJSON_ArrayForEach(item, list)
    {
        uint64_t dim;
        if (!integer(item, &dim))
            return err_fail("a dimension of its shape is no count");
        if (__builtin_mul_overflow(*count, dim, count) || *count > INT64_MAX) /* shape_count's type */
            return err_fail("its shape has more elements than 64 bits can count");
        if (t->shape.rank < MAX_RANK)
            t->shape.dim[t->shape.rank++] = (int64_t)dim;
        else
            t->unusable = "more than 4 dimensions";
    }
    return OK;
}

static struct err parse_tensor(const cJSON *item, struct entry *e)
{
    struct stored_tensor *t = &e->tensor;
    uint64_t bits = 0, count = 1, total;
    t->name = item->string;
    TRY(parse_dtype(cJSON_GetObjectItemCaseSensitive(item, "dtype"), t, &bits));
    TRY(parse_shape(cJSON_GetObjectItemCaseSensitive(item, "shape"), t, &count));
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    if (!cJSON_IsArray(offsets) || cJSON_GetArraySize(offsets) != 2 || !integer(offsets->child, &e->begin) ||
        !integer(offsets->child->next, &e->end) || e->begin > e->end)
        return err_fail("its data_offsets are not two rising byte positions");
    if (__builtin_mul_overflow(count, bits, &total) || total % 8 || total / 8 != e->end - e->begin)
        return err_fail("its data_offsets span %" PRIu64 " bytes, which is not what its shape (%" PRIu64
                        " elements) takes in %s",
                        e->end - e->begin, count, t->tag);
    t->bytes = (size_t)(total / 8);
    return OK;
}

static struct err check_metadata(const cJSON *metadata)
{
    const cJSON *pair;
    if (!cJSON_IsObject(metadata))
        return err_fail("its __metadata__ is not an object");
    cJSON_ArrayForEach(pair, metadata)
    {
        if (!cJSON_IsString(pair))
            return err_fail("its __metadata__ holds something other than texts");
    }
    return OK;
}

static struct err parse_entries(struct safetensors_header *h, struct entry *entries)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, h->json)
    {
        if (!strcmp(item->string, "__metadata__")) {
            if (h->metadata)
                return err_fail("its __metadata__ is there twice");
            TRY(check_metadata(item));
            h->metadata = item;
            continue;
        }
        if (!is_one_line(item->string))
            return err_fail("a tensor's name is empty, has control characters or is not UTF-8");
        TRY(err_wrap(parse_tensor(item, &entries[h->count]), "tensor %.200s", item->string));
        h->count++;
    }
    return OK;
}

static int by_place(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct stored_tensor *)a)->name, ((const struct stored_tensor *)b)->name);
}

static struct err check_names(struct entry *entries, size_t count)
{
    qsort(entries, count, sizeof *entries, by_name);
    for (size_t i = 1; i < count; i++)
        if (!by_name(&entries[i - 1], &entries[i]))
            return err_fail("tensor %.200s is there twice", entries[i].tensor.name);
    return OK;
}

/* The tensors must follow each other without gap or overlap and end where the file ends. */
static struct err check_places(struct entry *entries, size_t count, uint64_t header, uint64_t data_bytes)
{
    uint64_t at = 0;
    qsort(entries, count, sizeof *entries, by_place);
    for (size_t i = 0; i < count; at = entries[i++].end) {
        const char *name = entries[i].tensor.name;
        if (entries[i].begin < at)
            return err_fail("tensors %.200s and %.200s overlap", entries[i - 1].tensor.name, name);
        if (entries[i].begin > at)
            return err_fail("%" PRIu64 " bytes before tensor %.200s belong to none", entries[i].begin - at, name);
    }
    if (at != data_bytes)
        return err_fail("%s: by its header it should have %" PRIu64 " bytes, and it has %" PRIu64,
                        at > data_bytes ? "truncated" : "too long", header + at, header + data_bytes);
    return OK;
}

/* The parser gets a copy that ends in NUL, since some versions of it look one byte past the end. */
static struct err parse_json(const void *text, size_t length, cJSON **json)
{
    const char *end = NULL;
    char *copy = malloc(length + 1);
    if (!copy)
        return err_fail("out of memory");
    memcpy(copy, text, length);
    copy[length] = 0;
    *json = cJSON_ParseWithLengthOpts(copy, length, &end, 0);
    bool whole = cJSON_IsObject(*json) && *copy == '{' && strspn(end, " \t\r\n") == (size_t)(copy + length - end);
    free(copy);
    return whole ? OK : err_fail("damaged, or not a safetensors file: its header is not a JSON object");
}

struct err safetensors_header_parse(const void *text, size_t length, size_t data_bytes, struct safetensors_header *h)
{
    *h = (struct safetensors_header){0};
    if (length > LONGEST_HEADER)
        return err_fail("its header has %zu bytes; %d is the most", length, LONGEST_HEADER);
    TRY(parse_json(text, length, &h->json));
    size_t most = (size_t)cJSON_GetArraySize(h->json) + 1; /* 1: never none */
    h->tensor = calloc(most, sizeof *h->tensor);
    struct entry *entries = calloc(most, sizeof *entries);
    struct err e = h->tensor && entries ? parse_entries(h, entries) : err_fail("out of memory");
    if (!e.code)
        e = check_names(entries, h->count);
    if (!e.code)
        e = check_places(entries, h->count, 8 + length, data_bytes);
    for (size_t i = 0; i < h->count && !e.code; i++) {
        h->tensor[i] = entries[i].tensor;
        h->tensor[i].data = (const char *)text + length + entries[i].begin;
    }
    free(entries);
    if (!e.code)
        qsort(h->tensor, h->count, sizeof *h->tensor, by_name);
    return e;
}

void safetensors_header_free(struct safetensors_header *h)
{
    cJSON_Delete(h->json);
    free(h->tensor);
    *h = (struct safetensors_header){0};
}
