#include "bench/generate/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/generate/latent_file.h"
#include "pipeline/base/file.h"
#include "pipeline/image/png.h"

enum { GAP = 8 };

char *outputs_path(const struct options *o, int i, int count)
{
    const char *path = o->output ? o->output : "out.png", *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
    size_t stem = dot && dot > (slash ? slash + 1 : path) ? (size_t)(dot - path) : strlen(path);
    char *out;
    if (count == 1)
        return strdup(path);
    return asprintf(&out, "%.*s-%02d%s", (int)stem, path, i, path + stem) < 0 ? NULL : out;
}

/* A regular file is made and taken away again, which tries folder, permissions and file system at once. A device or a
 * pipe is only looked at, as opening it may do something. */
static struct err check_path(const char *option, const char *path)
{
    struct stat st;
    struct file_writer w;
    if (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
        return access(path, W_OK) ? err_fail("%s %s: cannot be written: %s", option, path, strerror(errno)) : OK;
    TRY(err_wrap(file_create(path, &w), "%s", option));
    file_abandon(&w);
    return OK;
}

static struct err check_different(const char *option, const char *path, const char *other_option, const char *other)
{
    return path && other && !strcmp(path, other)
               ? err_fail("%s and %s both name %s: give one of them another name", option, other_option, path)
               : OK;
}

/* As square as it gets; the last row may have white cells. */
static void grid_shape(int count, int *rows, int *columns)
{
    for (*columns = 1; *columns * *columns < count; ++*columns)
        continue;
    *rows = (count + *columns - 1) / *columns;
}

static struct err check_grid(const struct options *o, int count)
{
    int rows, columns, step_x = GAP + (o->size.width ? o->size.width : 512),
                       step_y = GAP + (o->size.height ? o->size.height : 512);
    grid_shape(count, &rows, &columns);
    int64_t width = (int64_t)columns * step_x - GAP, height = (int64_t)rows * step_y - GAP;
    if (width > PICTURE_MAX_SIDE || height > PICTURE_MAX_SIDE || width * height > PICTURE_MAX_PIXELS)
        return err_fail("--grid %s: %d pictures on one sheet are %lldx%lld pixels, too many: ask for fewer images",
                        o->grid, count, (long long)width, (long long)height);
    return check_path("--grid", o->grid);
}

struct err outputs_check(const struct options *o, int count)
{
    size_t length = o->output ? strlen(o->output) : 0;
    if (length && o->output[length - 1] == '/')
        return err_fail("-o %s: is a folder; name a file in it", o->output);
    TRY(check_different("--grid", o->grid, "--save-latents", o->save_latents));
    for (int i = 0; i < count; i++) {
        char *path = outputs_path(o, i, count);
        struct err e = path ? OK : err_fail("out of memory");
        if (!e.code)
            e = check_different("-o", path, "--grid", o->grid);
        if (!e.code)
            e = check_different("-o", path, "--save-latents", o->save_latents);
        if (!e.code && !i)
            e = check_path("-o", path);
        else if (!e.code && file_is_folder(path)) /* the folder above was tried with the first one */
            e = err_fail("-o %s: is a folder", path);
        free(path);
        TRY(e);
    }
    if (o->grid)
        TRY(check_grid(o, count));
    return o->save_latents ? check_path("--save-latents", o->save_latents) : OK;
}

struct err outputs_write_picture(const struct options *o, const struct sd_images *images, int i)
{
    char *path = outputs_path(o, i, images->count);
    struct err e = path ? sd_images_save(images, i, path) : err_fail("out of memory");
    free(path);
    return e;
}

/* What the pictures were made from stands in the sheet's text chunk. */
static struct err write_grid(const char *path, const struct sd_images *images)
{
    int rows, columns;
    grid_shape(images->count, &rows, &columns);
    size_t pixels = 3 * (size_t)images->width * (size_t)images->height;
    struct picture *cells = calloc((size_t)(rows * columns), sizeof *cells), sheet = {0};
    struct text parameters = {0};
    for (int i = 0; cells && i < images->count; i++) {
        cells[i] = (struct picture){images->width, images->height, images->pixels + (size_t)i * pixels};
        text_add(&parameters, "%s%s", i ? "\n\n" : "", images->parameters[i]);
    }
    struct err e = cells ? picture_grid(cells, rows, columns, GAP, &sheet) : err_fail("%s: out of memory", path);
    if (!e.code)
        e = png_write(path, &sheet, &(struct png_text){"parameters", text_get(&parameters)}, 1);
    picture_free(&sheet);
    text_free(&parameters);
    free(cells);
    return err_wrap(e, "--grid");
}

struct err outputs_write_others(const struct options *o, const struct sd_request *request,
                                const struct sd_images *images)
{
    if (o->grid)
        TRY(write_grid(o->grid, images));
    return o->save_latents ? latent_file_write(o->save_latents, request, images) : OK;
}
