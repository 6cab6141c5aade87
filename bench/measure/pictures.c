#include "bench/measure/pictures.h"

#include <stdlib.h>
#include <string.h>

#include "bench/generate/latent_file.h"
#include "bench/verify/agreement.h"
#include "pipeline/image/png.h"

enum { GAP = 8 };

/* What one variant made. */
struct made {
    struct picture *picture; /* images */
    float *latent;           /* all of them, one after the other */
};

static size_t latent_values(const struct bench_result *r)
{
    const struct workload *w = &r->job.workload;
    return (size_t)w->images * LATENT_CHANNELS * (size_t)(w->width / LATENT_SCALE) * (size_t)(w->height / LATENT_SCALE);
}

static void made_free(const struct bench_result *r, struct made *m)
{
    for (int i = 0; m->picture && i < r->job.workload.images; i++)
        picture_free(&m->picture[i]);
    free(m->picture);
    free(m->latent);
    *m = (struct made){0};
}

static struct err read_file(struct run_folder *f, char *name, struct err (*read)(const char *, void *), void *to)
{
    char *path = name ? run_folder_file(f, name) : NULL;
    struct err e = path ? read(path, to) : err_fail("out of memory");
    free(path);
    free(name);
    return e;
}

static struct err read_picture(const char *path, void *to)
{
    return png_read(path, to, NULL);
}

struct latents {
    size_t count;
    float *values;
};

static struct err read_latents(const char *path, void *to)
{
    struct latents *l = to;
    return latent_file_read_latent(path, l->count, &l->values);
}

static struct err read_made(const struct bench_result *r, struct run_folder *f, const struct variant_result *v,
                            struct made *out)
{
    struct latents latents = {latent_values(r), NULL};
    *out = (struct made){.picture = calloc((size_t)r->job.workload.images, sizeof *out->picture)};
    struct err e = out->picture ? OK : err_fail("out of memory for pictures");
    for (int i = 0; i < r->job.workload.images && !e.code; i++)
        e = read_file(f, process_picture_name(&r->job, v->variant->name, i), read_picture, &out->picture[i]);
    if (!e.code)
        e = read_file(f, process_latent_name(v->variant->name), read_latents, &latents);
    out->latent = latents.values;
    return e;
}

static uint8_t *all_pixels(const struct bench_result *r, const struct made *m, size_t *count)
{
    size_t each = picture_bytes(&m->picture[0]);
    *count = each * (size_t)r->job.workload.images;
    uint8_t *pixels = malloc(*count);
    for (int i = 0; pixels && i < r->job.workload.images; i++)
        memcpy(pixels + (size_t)i * each, m->picture[i].rgb, each);
    return pixels;
}

/* Those of its last warm sample: a process without any leaves other pictures. */
static bool has_pictures(const struct variant_result *v)
{
    int disturbed;
    return !v->absent && variant_count(v, STATE_W1, &disturbed);
}

static struct err compare(const struct bench_result *r, const struct made *ours, const struct made *standard,
                          struct variant_error *out)
{
    size_t n, values = latent_values(r);
    uint8_t *a = all_pixels(r, ours, &n), *b = all_pixels(r, standard, &n);
    if (a && b) {
        struct agreement latents =
            agreement_of("latent", AGREE_LATENT, AGREE_FLOAT32, ours->latent, standard->latent, values);
        struct picture_difference pixels = picture_compare(a, b, n);
        *out = (struct variant_error){.known = true,
                                      .equal = !memcmp(ours->latent, standard->latent, values * sizeof(float)) &&
                                               pixels.largest == 0,
                                      .latent_l2 = latents.relative_l2,
                                      .psnr_db = pixels.psnr_db,
                                      .share = pixels.share,
                                      .largest = pixels.largest};
    }
    free(a);
    free(b);
    return a && b ? OK : err_fail("out of memory for pictures");
}

static struct err write_sheet(const struct bench_result *r, struct run_folder *f, const struct made *made, int rows)
{
    int columns = r->job.workload.images;
    struct picture *cells = calloc((size_t)rows * (size_t)columns, sizeof *cells), sheet = {0};
    char *path = run_folder_file(f, "contact-sheet.png");
    struct text note = {0};
    for (int row = 0; cells && row < rows; row++)
        memcpy(cells + row * columns, made[row].picture, (size_t)columns * sizeof *cells);
    for (int i = 0; i < r->variants; i++)
        if (has_pictures(&r->variant[i]))
            text_add(&note, "%s%s", note.length ? "\n" : "rows, from the top: ", r->variant[i].variant->name);
    struct err e = cells && path ? picture_grid(cells, rows, columns, GAP, &sheet) : err_fail("out of memory");
    if (!e.code)
        e = png_write(path, &sheet, &(struct png_text){"Comment", text_get(&note)}, 1);
    picture_free(&sheet);
    text_free(&note);
    free(path);
    free(cells);
    return err_wrap(e, "contact-sheet.png");
}

struct err pictures_compare(struct bench_result *r, struct run_folder *f)
{
    struct made made[MAX_VARIANTS] = {0};
    const struct variant_result *reference = bench_result_standard(r);
    int rows = 0, standard = -1;
    struct err e = OK;
    if (!r->job.computes)
        return OK;
    for (int i = 0; i < r->variants && !e.code; i++) {
        if (!has_pictures(&r->variant[i]))
            continue;
        if (&r->variant[i] == reference)
            standard = rows;
        e = read_made(r, f, &r->variant[i], &made[rows++]);
    }
    for (int i = 0, row = 0; i < r->variants && !e.code && standard >= 0; i++)
        if (has_pictures(&r->variant[i]) && row++ != standard)
            e = compare(r, &made[row - 1], &made[standard], &r->variant[i].error);
    if (!e.code && rows)
        e = write_sheet(r, f, made, rows);
    for (int row = 0; row < rows; row++)
        made_free(r, &made[row]);
    return e;
}
