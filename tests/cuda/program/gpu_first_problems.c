/* The problems that cuDNN is timed with: those of fused-mixed, and four sizes of 3x3 convolution in float32. */
#include "tests/cuda/program/gpu_first.h"

#include <stdio.h>
#include <string.h>

#include "tests/cuda/program/cudnn_problems.h"

enum { BATCH = 3, MOST_CHOICES = 12, MOST_IEEE = 24, EVERY_CHOICE = 1 << 20 };

static int64_t out_size(int64_t in, int64_t pads, int64_t taps, int64_t stride)
{
    return (in + pads - taps) / stride + 1;
}

static void time_problem(struct first *f, struct dnn *d, const struct problem *p, const size_t bytes[DNN_SLOTS],
                         double flop, int most, cJSON *line)
{
    struct dnn_graph *g;
    struct err e = problem_ask(d, p, &g);
    if (e.code)
        line_end(f, line, e, " ");
    else
        first_engines(f, line, g, bytes, flop, most);
}

static void time_conv(struct first *f, struct dnn *d, const struct conv_problem *c, int most)
{
    char item[128];
    const size_t read = dtypes[c->read].bytes;
    const int64_t pixels = c->n * out_size(c->h, c->pad[0] + c->pad[2], c->r, c->stride) *
                           out_size(c->w, c->pad[1] + c->pad[3], c->s, c->stride);
    const size_t bytes[DNN_SLOTS] = {[DNN_X] = (size_t)(c->n * c->c * c->h * c->w) * read,
                                     [DNN_W] = (size_t)(c->k * c->c * c->r * c->s) * read,
                                     [DNN_Y] = (size_t)(pixels * c->k) * dtypes[c->write].bytes,
                                     [DNN_BIAS] = c->bias ? (size_t)c->k * read : 0,
                                     [DNN_RESIDUAL] = c->residual ? (size_t)(pixels * c->k) * read : 0};
    snprintf(item, sizeof item, "%s>%s n%d %dx%d %d>%d %dx%d/%d%s%s %s %s", dtypes[c->read].name, dtypes[c->write].name,
             (int)c->n, (int)c->h, (int)c->w, (int)c->c, (int)c->k, (int)c->r, (int)c->s, (int)c->stride,
             c->bias ? " bias" : "", c->residual ? " residual" : "", numerics_names[c->numerics],
             c->nchw ? "nchw" : "nhwc");
    cJSON *line = line_begin(f, item);
    const struct problem p = {.is_conv = true, .conv = *c};
    if (line)
        time_problem(f, d, &p, bytes, 2.0 * (double)pixels * (double)(c->k * c->c * c->r * c->s), most, line);
}

static void time_attention(struct first *f, struct dnn *d, const struct problem *p)
{
    char item[128];
    const struct attention_problem *a = &p->attention;
    const size_t n = (size_t)a->n * dtypes[a->read].bytes;
    const size_t bytes[DNN_SLOTS] = {[DNN_Q] = n * (size_t)a->q[0],
                                     [DNN_K] = n * (size_t)a->k[0],
                                     [DNN_V] = n * (size_t)a->v[0],
                                     [DNN_O] = n * (size_t)a->y[0]};
    snprintf(item, sizeof item, "%s n%d heads%d t%d s%d d%d", dtypes[a->read].name, (int)a->n, (int)a->heads, (int)a->t,
             (int)a->s, (int)a->d);
    cJSON *line = line_begin(f, item);
    if (line)
        time_problem(f, d, p, bytes, 4.0 * (double)(a->n * a->heads) * (double)(a->t * a->s * a->d), EVERY_CHOICE,
                     line);
}

static bool open_dnn(struct first *f, struct dnn **d)
{
    struct err e = dnn_open(f->stream, d);
    if (e.code) {
        cJSON *line = line_begin(f, "opening cuDNN");
        if (line)
            line_end(f, line, e, " ");
        else
            err_free(&e);
        return false;
    }
    return true;
}

/* Of the problems of fused-mixed, those of sd14 in batches of 3: the small model's, and pictures decoded one by one,
 * have another number of images. */
static bool is_wanted(const struct problem *p, bool convolutions)
{
    const int64_t images = p->is_conv ? p->conv.n : p->attention.n;
    return p->is_conv == convolutions && !p->causal && images % BATCH == 0;
}

static void fused_mixed(struct first *f, bool convolutions)
{
    const struct variant_row *row = variant_rows;
    struct dnn *d;
    int left = 0;
    while (row->name && strcmp(row->name, "fused-mixed"))
        row++;
    if (!row->name || !open_dnn(f, &d))
        return;
    struct problems all = problems_of(row);
    for (int i = 0; i < all.count; i++)
        left += is_wanted(&all.all[i], convolutions);
    for (int i = 0; i < all.count; i++) {
        const struct problem *p = &all.all[i];
        if (!is_wanted(p, convolutions))
            continue;
        first_share(f, left--);
        if (convolutions)
            time_conv(f, d, &p->conv, MOST_CHOICES);
        else
            time_attention(f, d, p);
    }
    problems_free(&all);
    dnn_close(d);
}

void first_convolutions(struct first *f)
{
    fused_mixed(f, true);
}

void first_attention(struct first *f)
{
    fused_mixed(f, false);
}

void first_ieee(struct first *f)
{
    static const int64_t shapes[][2] = {{320, 64}, {640, 32}, {1280, 16}, {1280, 8}}; /* channels, pixels of a side */
    struct dnn *d;
    int left = 4 * (int)ARRAY_LEN(shapes);
    if (!open_dnn(f, &d))
        return;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        for (int numerics = NUMERICS_ieee; numerics <= NUMERICS_tf32; numerics++)
            for (int nchw = 0; nchw < 2; nchw++) {
                const struct conv_problem p = {.n = 2 * BATCH, /* guided */
                                               .c = shapes[i][0],
                                               .h = shapes[i][1],
                                               .w = shapes[i][1],
                                               .k = shapes[i][0],
                                               .r = 3,
                                               .s = 3,
                                               .stride = 1,
                                               .pad = {1, 1, 1, 1},
                                               .read = DTYPE_f32,
                                               .write = DTYPE_f32,
                                               .bias = true,
                                               .nchw = nchw,
                                               .numerics = (enum numerics)numerics};
                first_share(f, left--);
                time_conv(f, d, &p, MOST_IEEE);
            }
    dnn_close(d);
}
