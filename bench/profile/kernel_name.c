#include "bench/profile/kernel_name.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/error.h"
#include "profiler/layers/paths.h"

enum { MOST_LISTED = 6 };

static size_t word_length(const char *at)
{
    size_t n = 0;
    while (isalnum((unsigned char)at[n]))
        n++;
    return n;
}

/* Digits, or digits joined by "x", from `at` to the end of the word. */
static bool is_size(const char *at, size_t n, bool joined)
{
    bool has_x = false;
    for (size_t i = 0; i < n; i++) {
        const bool is_x = at[i] == 'x' && i && i + 1 < n && at[i - 1] != 'x';
        if (!is_x && !isdigit((unsigned char)at[i]))
            return false;
        has_x |= is_x;
    }
    return n && (has_x || !joined);
}

static bool says_tiles(const char *word, size_t n)
{
    static const char *const tiling[] = {"stage",    "stages",  "warpsize", "warpgroupsize",
                                         "tilesize", "cluster", "unroll"};
    size_t letters = 0;
    while (letters < n && isalpha((unsigned char)word[letters]))
        letters++;
    if (is_size(word + letters, n - letters, letters > 0))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(tiling); i++)
        if (strlen(tiling[i]) == letters && !strncmp(word, tiling[i], letters) && letters < n)
            return is_size(word + letters, n - letters, false);
    return false;
}

/* The separator before a word that goes, goes with it. */
void kernel_add_plain(const char *name, struct text *out)
{
    const size_t before = out->length;
    for (const char *at = name; *at;) {
        const size_t n = word_length(at);
        if (n && says_tiles(at, n)) {
            if (out->length > before && strchr("_ ", out->bytes[out->length - 1]))
                out->bytes[--out->length] = 0;
        } else {
            text_add_bytes(out, at, n ? n : 1);
        }
        at += n ? n : 1;
    }
    if (out->length == before)
        text_add(out, "%s", name);
}

/* Bytes before a list of arguments at the end, "(float *, int)"; all where there is none. */
static size_t without_arguments(const char *name)
{
    const size_t length = strlen(name);
    size_t at = length;
    int depth = 0;
    if (!length || name[length - 1] != ')')
        return length;
    while (at > 0) {
        at--;
        depth += (name[at] == ')') - (name[at] == '(');
        if (!depth)
            return at ? at : length;
    }
    return length;
}

void kernel_add_short(const char *name, int width, struct text *out)
{
    static const char type[] = "void ";
    struct text bare = {0}, plain = {0};
    const char *begin = strncmp(name, type, strlen(type)) ? name : name + strlen(type);
    text_add_bytes(&bare, begin, without_arguments(begin));
    kernel_add_plain(text_get(&bare), &plain);
    const struct text *choice = bare.length <= (size_t)width ? &bare : &plain;
    char *template = plain.length > (size_t)width ? strchr(plain.bytes, '<') : NULL;
    if (template && template > plain.bytes)
        *template = 0;
    layer_fit(strlen(name) <= (size_t)width ? name : text_get(choice), width, out);
    text_free(&bare);
    text_free(&plain);
}

struct listed {
    struct text name;
    int launches;
};

static int by_time(const void *a, const void *b)
{
    const struct profile_kernel *x = *(const struct profile_kernel *const *)a,
                                *y = *(const struct profile_kernel *const *)b;
    const int order = (x->typical_ns < y->typical_ns) - (x->typical_ns > y->typical_ns);
    return order ? order : (x > y) - (x < y);
}

/* malloc'ed; NULL without memory. */
static const struct profile_kernel *const *sort_by_time(const struct profile_kernel *const *member, int members)
{
    const struct profile_kernel **sorted = malloc(((size_t)members + 1) * sizeof *sorted);
    if (sorted && members) {
        memcpy(sorted, member, (size_t)members * sizeof *sorted);
        qsort(sorted, (size_t)members, sizeof *sorted, by_time);
    }
    return (const struct profile_kernel *const *)sorted;
}

static void add_listed(struct listed *list, int *listed, const struct profile_kernel *k, enum kernel_list what)
{
    struct text name = {0};
    int i = 0;
    if (what == LIST_ops && *k->op)
        text_add(&name, "%s", k->op);
    else
        kernel_add_plain(k->kernel, &name);
    while (i < *listed && strcmp(text_get(&list[i].name), text_get(&name)))
        i++;
    if (i == *listed && i < MOST_LISTED) {
        list[(*listed)++].name = name;
        name = (struct text){0};
    }
    if (i < MOST_LISTED)
        list[i].launches++;
    else
        list[MOST_LISTED].launches++;
    text_free(&name);
}

void kernel_add_list(const struct profile_kernel *const *member, int members, enum kernel_list what, struct text *out)
{
    struct listed list[MOST_LISTED + 1] = {0};
    int listed = 0;
    const struct profile_kernel *const *sorted = sort_by_time(member, members);
    for (int i = 0; sorted && i < members; i++)
        add_listed(list, &listed, sorted[i], what);
    for (int i = 0; i < listed; i++) {
        text_add(out, "%s", i ? " + " : "");
        if (list[i].launches > 1)
            text_add(out, "%dx ", list[i].launches);
        text_add(out, "%s", text_get(&list[i].name));
        text_free(&list[i].name);
    }
    if (list[MOST_LISTED].launches)
        text_add(out, " + %d others", list[MOST_LISTED].launches);
    free((void *)sorted);
}
