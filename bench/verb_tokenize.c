#include <stdio.h>
#include <stdlib.h>

#include "bench/json.h"
#include "bench/verbs.h"

/* {"ids": [77 numbers], "pieces": [one each], "truncated": what was cut, or ""} */
static struct err print_json(const struct tokenizer *t, const int32_t *ids, const char *cut)
{
    cJSON *json = cJSON_CreateObject(), *numbers = cJSON_AddArrayToObject(json, "ids");
    cJSON *pieces = cJSON_AddArrayToObject(json, "pieces");
    for (int i = 0; i < TOKENIZER_CONTEXT; i++) {
        cJSON_AddItemToArray(numbers, cJSON_CreateNumber(ids[i]));
        cJSON_AddItemToArray(pieces, cJSON_CreateString(tokenizer_piece(t, ids[i])));
    }
    cJSON_AddStringToObject(json, "truncated", cut ? cut : "");
    return json_print(json);
}

/* The prompt's own tokens; what follows is padding. */
static struct err print_table(const struct tokenizer *t, const char *prompt, const int32_t *ids)
{
    struct token_list list;
    TRY(tokenizer_encode(t, prompt, &list));
    int used = list.count < TOKENIZER_CONTEXT ? (int)list.count : TOKENIZER_CONTEXT;
    for (int i = 0; i < used; i++)
        printf("%5d  %s\n", ids[i], tokenizer_piece(t, ids[i]));
    printf("%d of %d tokens%s\n", used, TOKENIZER_CONTEXT,
           used < TOKENIZER_CONTEXT ? "; the last one fills the rest" : "");
    token_list_free(&list);
    return OK;
}

struct err verb_tokenize(const struct options *o)
{
    const struct preset *preset;
    struct tokenizer *t;
    int32_t ids[TOKENIZER_CONTEXT];
    char *cut = NULL;
    if (o->arguments != 1)
        return err_fail("tokenize takes one prompt, %d were given (quote it: sdbench tokenize \"a cute otter\")",
                        o->arguments);
    TRY(preset_find(o->preset ? o->preset : presets[0].name, &preset));
    TRY(tokenizer_open(preset->tokenizer, &t));
    struct err e = tokenizer_context(t, o->argument[0], ids, &cut);
    if (!e.code && cut && !o->quiet)
        fprintf(stderr, "sdbench: warning: cut at %d tokens, left out: \"%s\"\n", TOKENIZER_CONTEXT, cut);
    if (!e.code)
        e = o->json ? print_json(t, ids, cut) : print_table(t, o->argument[0], ids);
    free(cut);
    tokenizer_free(t);
    return e;
}
