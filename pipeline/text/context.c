#include "pipeline/text/tokenizer.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/text/tokenizer_private.h"

/* Both flavors count BOS and EOS. */
static struct err refuse(const struct tokenizer *t, size_t count)
{
    return err_fail(
        "prompt: %zu tokens, with the two around it; %s takes at most %d: shorten it, or use the preset %s, "
        "which cuts what is too much",
        count, t->flavor->name, TOKENIZER_CONTEXT, flavors[TOKENIZER_DIFFUSERS].name);
}

/* The text from the first token left out to the last. A character of which any byte is left out is there whole. */
static struct err copy_cut(const struct token_list *list, char **cut)
{
    size_t begin = list->token[TOKENIZER_CONTEXT - 1].begin, end = list->token[list->count - 2].end;
    while (begin && (list->text[begin] & 0xc0) == 0x80)
        begin--;
    *cut = strndup(list->text + begin, end - begin);
    return *cut ? OK : err_fail("out of memory (%zu bytes of a prompt)", end - begin);
}

struct err tokenizer_context(const struct tokenizer *t, const char *prompt, int32_t ids[TOKENIZER_CONTEXT], char **cut)
{
    struct token_list list;
    if (cut)
        *cut = NULL;
    TRY(tokenizer_encode(t, prompt, &list));
    struct err e = OK;
    if (list.count > TOKENIZER_CONTEXT)
        e = !t->flavor->cuts ? refuse(t, list.count) : cut ? copy_cut(&list, cut) : OK;
    for (size_t i = 0; i < TOKENIZER_CONTEXT; i++)
        ids[i] = i + 1 < list.count && i + 1 < TOKENIZER_CONTEXT ? list.token[i].id : TOKENIZER_EOS;
    token_list_free(&list);
    return e;
}
