#include "pipeline/base/name.h"

#include <string.h>

#include "pipeline/base/text.h"

struct err name_find(const char *what, const char *word, const char *const *names, size_t *index)
{
    for (*index = 0; names[*index]; ++*index)
        if (!strcmp(names[*index], word))
            return OK;
    const char *near = text_nearest(word, names);
    if (near)
        return err_fail("no %s is called \"%s\"; did you mean \"%s\"?", what, word, near);
    struct text all = {0};
    for (size_t i = 0; names[i]; i++)
        text_add(&all, "%s%s", i ? ", " : "", names[i]);
    struct err e = err_fail("no %s is called \"%s\" (there are: %s)", what, word, text_get(&all));
    text_free(&all);
    return e;
}
