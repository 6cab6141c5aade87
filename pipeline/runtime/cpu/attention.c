/* softmax(factor q k^T) v, a tile of queries at a time: scores of the tile with all keys by a small product, exponentials
 * and their sums by our own loop, the sum of values by another small product, divided as it is stored. Keys and values
 * of a head are packed once, as the products want them; scores never leave the second-level cache.
 *
 * A thread works on a run of tiles, which may begin and end inside a head: one wide head is shared like many narrow
 * ones. A tile is computed the same way whoever computes it, so bits do not depend on the number of threads. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/runtime/cpu/floats.h"
#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/cpu/shares.h"

enum {
    SCORES = 1 << 17, /* of a tile, at most: half a megabyte */
    TILE_OF = 16,
    LARGEST_TILE = 256,
    Q = 0,
    K,
    V,
    INPUTS
};

/* What one thread needs. */
struct worker {
    struct primitive pack_k, pack_v, scores, mix;
    char *scratch;
};

/* Where parts of a worker's scratch memory begin. */
struct scratch_parts {
    size_t keys, values, rows, scores, shares, mixed, library, bytes;
};

struct attention {
    int64_t images, heads, queries, keys, width;
    int64_t tile, tiles; /* queries of a tile, tiles of a head */
    float factor;
    bool causal;
    enum dtype dtype, result;
    int64_t stride[INPUTS + 1][3]; /* of image, head, token; the last is the result's */
    const void *input[INPUTS];
    void *output;
    struct scratch_parts at;
    int threads;
    struct worker *worker;
};

static const void *head_at(const struct attention *k, int input, int64_t head)
{
    const int64_t *s = k->stride[input];
    return element(k->input[input], k->dtype, head / k->heads * s[0] + head % k->heads * s[1]);
}

static struct err pack_head(const struct attention *k, struct worker *w, int64_t head)
{
    primitive_set(&w->pack_k, ROLE_X, head_at(k, K, head));
    primitive_set(&w->pack_v, ROLE_X, head_at(k, V, head));
    TRY(primitive_run(&w->pack_k));
    return primitive_run(&w->pack_v);
}

/* The last tile of a head may have fewer queries: the products then work on what the others left, too. */
static struct err run_tile(const struct attention *k, struct worker *w, int64_t head, int64_t first)
{
    const int64_t n = k->queries - first < k->tile ? k->queries - first : k->tile, *to = k->stride[INPUTS];
    const size_t size = dtypes[k->dtype].bytes, row = (size_t)k->width * size;
    const float *scores = (const void *)(w->scratch + k->at.scores), *mixed = (const void *)(w->scratch + k->at.mixed);
    const void *queries = head_at(k, Q, head);
    float inverse[LARGEST_TILE];
    for (int64_t i = 0; i < n; i++)
        memcpy(w->scratch + k->at.rows + (size_t)i * row, element(queries, k->dtype, (first + i) * k->stride[Q][2]), row);
    TRY(primitive_run(&w->scores));
    for (int64_t i = 0; i < n; i++) {
        const float *score = scores + i * k->keys;
        void *share = element_out(w->scratch + k->at.shares, k->dtype, i * k->keys);
        int64_t seen = k->causal ? first + i + 1 : k->keys;
        float top = shares_largest(score, seen);
        inverse[i] = (float)(1 / shares_exponentials(share, k->dtype, score, k->factor, top, seen));
        memset(element_out(share, k->dtype, seen), 0, (size_t)(k->keys - seen) * size);
    }
    TRY(primitive_run(&w->mix));
    int64_t at = head / k->heads * to[0] + head % k->heads * to[1] + first * to[2];
    for (int64_t i = 0; i < n; i++)
        floats_write_scaled(element_out(k->output, k->result, at + i * to[2]), k->result, k->width,
                            mixed + i * k->width, inverse[i]);
    return OK;
}

static struct err run_tiles(const struct attention *k, struct worker *w, int64_t begin, int64_t end)
{
    for (int64_t i = begin; i < end; i++) {
        int64_t head = i / k->tiles, tile = i % k->tiles;
        if (i == begin || tile == 0)
            TRY(pack_head(k, w, head));
        TRY(run_tile(k, w, head, tile * k->tile));
    }
    return OK;
}

static struct err run(void *own)
{
    const struct attention *k = own;
    const int64_t tiles = k->images * k->heads * k->tiles;
    struct err e = OK;
#pragma omp parallel num_threads(k->threads)
    {
        int thread = omp_get_thread_num(), threads = omp_get_num_threads();
        struct err own_error = run_tiles(k, &k->worker[thread], tiles * thread / threads, tiles * (thread + 1) / threads);
#pragma omp critical
        e = err_first(e, own_error);
    }
    return e;
}

static struct err bind(void *own, const struct binding *b)
{
    struct attention *k = own;
    for (int i = 0; i < INPUTS; i++)
        k->input[i] = b->input[i];
    k->output = b->output[0];
    for (int i = 0; i < k->threads; i++) {
        struct worker *w = &k->worker[i];
        struct primitive *const all[] = {&w->pack_k, &w->pack_v, &w->scores, &w->mix};
        w->scratch = (char *)b->scratch + (size_t)i * k->at.bytes;
        for (size_t j = 0; j < ARRAY_LEN(all); j++)
            primitive_set(all[j], ROLE_SCRATCH, w->scratch + k->at.library);
        primitive_set(&w->pack_k, ROLE_Y, w->scratch + k->at.keys);
        primitive_set(&w->pack_v, ROLE_Y, w->scratch + k->at.values);
        primitive_set(&w->scores, ROLE_X, w->scratch + k->at.rows);
        primitive_set(&w->scores, ROLE_WEIGHTS, w->scratch + k->at.keys);
        primitive_set(&w->scores, ROLE_Y, w->scratch + k->at.scores);
        primitive_set(&w->mix, ROLE_X, w->scratch + k->at.shares);
        primitive_set(&w->mix, ROLE_WEIGHTS, w->scratch + k->at.values);
        primitive_set(&w->mix, ROLE_Y, w->scratch + k->at.mixed);
    }
    return OK;
}

static void attention_free(void *own)
{
    struct attention *k = own;
    for (int i = 0; k && k->worker && i < k->threads; i++) {
        primitive_free(&k->worker[i].pack_k);
        primitive_free(&k->worker[i].pack_v);
        primitive_free(&k->worker[i].scores);
        primitive_free(&k->worker[i].mix);
    }
    if (k)
        free(k->worker);
    free(k);
}

static struct tensor dense(enum dtype dtype, int64_t rows, int64_t columns)
{
    return (struct tensor){.dtype = dtype, .rank = 2, .dim = {rows, columns}, .stride = {columns, 1}};
}

static struct err make_product(const struct site *s, const struct tensor *x, struct tensor w, const struct tensor *y,
                               struct primitive *out)
{
    w.arrangement = ARRANGED_BY_LIBRARY;
    TRY(primitive_matmul(&s->cpu->library, x, &w, NULL, y, NULL, out));
    return refuse_reference(out);
}

static struct err make_worker(const struct site *s, const struct attention *k, struct worker *w)
{
    const struct tensor rows = dense(k->dtype, k->tile, k->width), scores = dense(DTYPE_f32, k->tile, k->keys);
    const struct tensor shares = dense(k->dtype, k->tile, k->keys), mixed = dense(DTYPE_f32, k->tile, k->width);
    struct tensor keys = dense(k->dtype, k->width, k->keys), values = dense(k->dtype, k->keys, k->width);
    keys.stride[0] = 1;
    keys.stride[1] = k->stride[K][2];
    values.stride[0] = k->stride[V][2];
    TRY(make_product(s, &rows, keys, &scores, &w->scores));
    TRY(make_product(s, &shares, values, &mixed, &w->mix));
    TRY(primitive_pack(&w->scores, &keys, &w->pack_k));
    TRY(primitive_pack(&w->mix, &values, &w->pack_v));
    TRY(refuse_reference(&w->pack_k));
    return refuse_reference(&w->pack_v);
}

static size_t claim(size_t *end, size_t bytes)
{
    size_t at = *end;
    *end += (bytes + 63) / 64 * 64;
    return at;
}

static void place(struct attention *k)
{
    const struct worker *w = k->worker;
    const struct primitive *const all[] = {&w->scores, &w->mix, &w->pack_k, &w->pack_v};
    const size_t size = dtypes[k->dtype].bytes, scores = (size_t)(k->tile * k->keys);
    size_t library = 0;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        size_t bytes = primitive_bytes(all[i], ROLE_SCRATCH);
        library = bytes > library ? bytes : library;
    }
    struct scratch_parts *at = &k->at;
    at->keys = claim(&at->bytes, primitive_bytes(&w->scores, ROLE_WEIGHTS));
    at->values = claim(&at->bytes, primitive_bytes(&w->mix, ROLE_WEIGHTS));
    at->rows = claim(&at->bytes, (size_t)(k->tile * k->width) * size);
    at->scores = claim(&at->bytes, scores * sizeof(float));
    at->shares = k->dtype == DTYPE_f32 ? at->scores : claim(&at->bytes, scores * size);
    at->mixed = claim(&at->bytes, (size_t)(k->tile * k->width) * sizeof(float));
    at->library = claim(&at->bytes, library);
    at->bytes += 4096 - at->bytes % 4096; /* threads write to pages of their own */
}

/* As large as the cache allows, and such that the last is nearly as large as the others. */
static void choose_tile(struct attention *k)
{
    int64_t most = SCORES / k->keys / TILE_OF * TILE_OF;
    most = most < TILE_OF ? TILE_OF : most > LARGEST_TILE ? LARGEST_TILE : most;
    k->tiles = (k->queries + most - 1) / most;
    k->tile = (k->queries + k->tiles - 1) / k->tiles;
}

static struct err describe(const struct site *s, struct attention *k)
{
    const struct value *const value[] = {site_input(s, Q), site_input(s, K), site_input(s, V), site_result(s)};
    const int64_t *q = value[Q]->shape.dim;
    k->images = q[0];
    k->heads = q[1];
    k->queries = q[2];
    k->width = q[3];
    k->keys = value[K]->shape.dim[2];
    k->factor = (float)s->node->params.factor;
    k->causal = s->node->params.causal;
    k->dtype = value[Q]->dtype;
    k->result = site_result(s)->dtype;
    for (size_t i = 0; i < ARRAY_LEN(value); i++) {
        if (value[i]->rate == RATE_LOAD || (value[i]->stride[3] != 1 && k->width > 1))
            return err_fail("needs heads whose elements lie side by side: a reorder is missing");
        memcpy(k->stride[i], value[i]->stride, sizeof k->stride[i]);
    }
    return OK;
}

static struct err plan(const struct site *s, struct attention *k)
{
    TRY(describe(s, k));
    choose_tile(k);
    k->threads = omp_get_max_threads();
    k->worker = calloc((size_t)k->threads, sizeof *k->worker);
    if (!k->worker)
        return err_fail("out of memory");
    struct err e = OK;
    omp_set_num_threads(1); /* primitives take the number of threads of this moment */
    for (int i = 0; i < k->threads && !e.code; i++)
        e = make_worker(s, k, &k->worker[i]);
    omp_set_num_threads(k->threads);
    if (!e.code)
        place(k);
    return e;
}

struct err choose_attention(const struct site *s, struct kernel *out)
{
    static const struct kernel_class class = {NULL, bind, run, attention_free};
    TRY(kernel_make(s->node, &class, sizeof(struct attention), out));
    struct attention *k = out->own;
    TRY(kernel_keep(plan(s, k), out));
    out->scratch_bytes = (size_t)k->threads * k->at.bytes;
    snprintf(out->name, sizeof out->name, "attention own, tiles of %d, %s", (int)k->tile,
             primitive_kernel(&k->worker->scores));
    return OK;
}
