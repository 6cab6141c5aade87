#include "bench/generate/requests.h"

#include <stdlib.h>
#include <string.h>

#include "bench/generate/latent_file.h"
#include "bench/generate/prompt_file.h"

static struct err from_prompt(const struct options *o, struct requests *r)
{
    if (o->arguments != 1)
        return err_fail(
            "generate takes one prompt, %d were given (quote it: sdbench generate \"a cute otter\"; \"\" is the "
            "empty prompt; --prompts FILE has several)",
            o->arguments);
    r->count = o->images ? o->images : 1;
    r->request = calloc((size_t)r->count, sizeof *r->request);
    if (!r->request)
        return err_fail("--images %d: out of memory", r->count);
    for (int i = 0; i < r->count; i++)
        r->request[i] = (struct sd_request){o->argument[0], o->negative, o->seed + (uint64_t)i, NULL};
    return OK;
}

static struct err from_file(const struct options *o, struct requests *r)
{
    if (o->arguments)
        return err_fail("--prompts %s: leave out the prompt \"%.40s\", the file has them all", o->prompts,
                        o->argument[0]);
    TRY(prompt_file_read(o->prompts, o->negative, o->seed, &r->texts, &r->request, &r->count));
    if (o->images && o->images != r->count)
        return err_fail("--images %d: %s has %d prompts, and makes a picture of each", o->images, o->prompts, r->count);
    return OK;
}

/* As many pictures as the file has noise for, where nothing else says how many. */
static struct err add_noise(const struct options *o, struct requests *r)
{
    int width = o->size.width ? o->size.width : 512, height = o->size.height ? o->size.height : 512, images;
    TRY(latent_file_read_noise(o->noise, width, height, &images, &r->noise));
    if ((o->images || o->prompts) && images != r->count)
        return err_fail("--noise %s: has noise for %d pictures, asked for %d", o->noise, images, r->count);
    if (images != r->count) {
        struct sd_request first = r->request[0], *more = realloc(r->request, (size_t)images * sizeof *more);
        if (!more)
            return err_fail("--noise %s: out of memory", o->noise);
        r->request = more;
        for (r->count = 0; r->count < images; r->count++)
            more[r->count] = first;
    }
    size_t each = LATENT_CHANNELS * (size_t)(width / LATENT_SCALE) * (size_t)(height / LATENT_SCALE);
    for (int i = 0; i < r->count; i++)
        r->request[i].noise = r->noise + (size_t)i * each;
    return OK;
}

/* At most as many characters of ASCII as the context has places: such a text is not too long, which saves opening the
 * tokenizer twice on the way to the first picture. */
static bool is_surely_fine(const char *text)
{
    size_t length = 0;
    for (; text && text[length] > 0; length++)
        continue;
    return !text || (!text[length] && length <= TOKENIZER_CONTEXT - 2);
}

/* The text as the pipeline would take it; what the tokenizer cuts is a warning of the pipeline. */
static struct err check_text(const struct tokenizer *t, const char *text)
{
    int32_t ids[TOKENIZER_CONTEXT];
    return text ? tokenizer_context(t, text, ids, NULL) : OK;
}

static struct err check_texts(const struct options *o, const struct requests *r)
{
    const struct preset *preset;
    struct tokenizer *t;
    bool fine = true;
    for (int i = 0; i < r->count; i++)
        fine &= is_surely_fine(r->request[i].prompt) && is_surely_fine(r->request[i].negative);
    if (fine)
        return OK;
    TRY(preset_find(o->preset ? o->preset : presets[0].name, &preset));
    TRY(tokenizer_open(preset->tokenizer, &t));
    struct err e = OK;
    for (int i = 0; i < r->count && !e.code; i++) {
        bool repeats = i && r->request[i].prompt == r->request[i - 1].prompt;
        if (repeats && r->request[i].negative == r->request[i - 1].negative)
            continue;
        e = check_text(t, r->request[i].prompt);
        if (!e.code)
            e = err_wrap(check_text(t, r->request[i].negative), "negative");
        if (e.code && o->prompts)
            e = err_wrap(e, "%s, picture %d", o->prompts, i + 1);
    }
    tokenizer_free(t);
    return e;
}

struct err requests_make(const struct options *o, struct requests *out)
{
    *out = (struct requests){0};
    struct err e = o->prompts ? from_file(o, out) : from_prompt(o, out);
    if (!e.code && o->noise)
        e = add_noise(o, out);
    if (!e.code)
        e = check_texts(o, out);
    if (e.code)
        requests_free(out);
    return e;
}

void requests_free(struct requests *r)
{
    free(r->request);
    free(r->noise);
    arena_free(&r->texts);
    *r = (struct requests){0};
}
