#include "tests/support/pictures.h"

#include <criterion/criterion.h>
#include <string.h>

#include "pipeline/image/png.h"
#include "tests/support/scratch.h"

static struct picture read_picture(const char *file, struct png_texts *texts)
{
    struct picture p;
    struct err e = png_read(scratch_path(file), &p, texts);
    cr_assert(!e.code, "%s: %s", file, err_text(e));
    return p;
}

struct picture picture_of(const char *file)
{
    return read_picture(file, NULL);
}

bool pictures_equal(const char *file, const char *other)
{
    struct picture a = picture_of(file), b = picture_of(other);
    bool equal = a.width == b.width && a.height == b.height && !memcmp(a.rgb, b.rgb, picture_bytes(&a));
    picture_free(&a);
    picture_free(&b);
    return equal;
}

char *picture_parameters(const char *file)
{
    struct png_texts texts;
    struct picture p = read_picture(file, &texts);
    const char *found = png_texts_find(&texts, "parameters");
    cr_assert(found, "%s has no text chunk \"parameters\"", file);
    char *copy = strdup(found);
    png_texts_free(&texts);
    picture_free(&p);
    return copy;
}
