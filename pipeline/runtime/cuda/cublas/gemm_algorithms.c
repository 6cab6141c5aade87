#include "pipeline/runtime/cuda/cublas/gemm_algorithms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/hex.h"
#include "pipeline/runtime/cuda/choice/timing.h"

enum { ASKED_FOR = 32 };

/* What each kind of arithmetic must not use, as cuBLASLt's implementation flags. IEEE float32 uses no tensor cores and
 * no 16-bit or TF32 inputs; nothing adds up in 16 bit. */
static const uint64_t refused[NUMERICS_COUNT] = {
    [NUMERICS_ieee] = CUBLASLT_NUMERICAL_IMPL_FLAGS_TENSOR_OP_MASK | CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F |
                      CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16F | CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16BF |
                      CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_TF32,
    [NUMERICS_tf32] = CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F | CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16F |
                      CUBLASLT_NUMERICAL_IMPL_FLAGS_INPUT_16BF,
    [NUMERICS_half] = CUBLASLT_NUMERICAL_IMPL_FLAGS_ACCUMULATOR_16F,
};

/* How the sums of parts of k may be joined: in float32. In place they are joined in the result's own memory and type.
 */
static uint32_t reductions(const struct gemm_problem *p)
{
    return CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE | (p->write == DTYPE_f32 ? CUBLASLT_REDUCTION_SCHEME_INPLACE : 0);
}

/* The largest power of two up to 256 that divides a number of bytes. */
static uint32_t alignment(int64_t bytes)
{
    uint32_t a = 256;
    while (a > 2 && bytes % a)
        a /= 2;
    return a;
}

/* Operands are views: their first element may lie anywhere that pitch and batch distance allow. */
static uint32_t alignment_of(const struct gemm_matrix *m, enum dtype dtype)
{
    const int64_t bytes = (int64_t)dtypes[dtype].bytes;
    uint32_t a = alignment(m->pitch * bytes), b = m->every ? alignment(m->every * bytes) : 256;
    a = a < b ? a : b;
    return a < 16 ? a : 16; /* slices begin at multiples of a head or a projection: 16 bytes where pitches are */
}

static struct err set(cublasLtMatmulPreference_t p, cublasLtMatmulPreferenceAttributes_t what, const void *value,
                      size_t size)
{
    return cublas_check(cublasLtMatmulPreferenceSetAttribute(p, what, value, size),
                        "saying which algorithms may be used");
}

static struct err prefer(const struct gemm *g, cublasLtMatmulPreference_t p)
{
    const struct gemm_problem *q = &g->problem;
    const uint64_t implementations = ~refused[q->numerics], workspace = GEMM_WORKSPACE;
    const uint32_t schemes = reductions(q);
    const uint32_t a = alignment_of(&q->b, q->read), b = alignment_of(&q->a, q->read),
                   d = alignment_of(&q->d, q->write), c = q->adds ? alignment_of(&q->c, q->write) : d;
    TRY(set(p, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace, sizeof workspace));
    TRY(set(p, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, &schemes, sizeof schemes));
    TRY(set(p, CUBLASLT_MATMUL_PREF_IMPL_MASK, &implementations, sizeof implementations));
    TRY(set(p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, &a, sizeof a));
    TRY(set(p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, &b, sizeof b));
    TRY(set(p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, &c, sizeof c));
    return set(p, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, &d, sizeof d);
}

/* The masks are a wish; what an algorithm says of itself decides. One that says nothing is taken at the masks' word,
 * but not for IEEE arithmetic. */
static bool allowed(const struct gemm *g, const cublasLtMatmulAlgo_t *a)
{
    uint64_t flags = 0;
    uint32_t scheme = CUBLASLT_REDUCTION_SCHEME_NONE;
    size_t got;
    if (cublasLtMatmulAlgoCapGetAttribute(a, CUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS, &flags, sizeof flags, &got))
        return g->problem.numerics != NUMERICS_ieee;
    if (cublasLtMatmulAlgoConfigGetAttribute(a, CUBLASLT_ALGO_CONFIG_REDUCTION_SCHEME, &scheme, sizeof scheme, &got))
        scheme = CUBLASLT_REDUCTION_SCHEME_NONE;
    return !(flags & refused[g->problem.numerics]) && !(scheme & ~reductions(&g->problem));
}

static struct err ask(struct gemm *g)
{
    cublasLtMatmulPreference_t p = NULL;
    int got = 0, kept = 0;
    g->algorithm = calloc(ASKED_FOR, sizeof *g->algorithm);
    if (!g->algorithm)
        return err_fail("out of memory");
    TRY(cublas_check(cublasLtMatmulPreferenceCreate(&p), "saying which algorithms may be used"));
    struct err e = prefer(g, p);
    if (!e.code)
        e = cublas_check(cublasLtMatmulAlgoGetHeuristic(g->cuda->products, g->operation, g->b, g->a, g->c, g->d, p,
                                                        ASKED_FOR, g->algorithm, &got),
                         "asking for algorithms");
    cublasLtMatmulPreferenceDestroy(p);
    for (int i = 0; i < got && !e.code; i++)
        if (g->algorithm[i].state == CUBLAS_STATUS_SUCCESS && allowed(g, &g->algorithm[i].algo))
            g->algorithm[kept++] = g->algorithm[i];
    g->algorithms = kept;
    return e.code || kept ? e
                          : err_fail("none of cuBLASLt's %d algorithms keeps to the numerics of %s", got,
                                     numerics_names[g->problem.numerics]);
}

static void name(struct gemm *g)
{
    static const cublasLtMatmulAlgoConfigAttributes_t what[] = {CUBLASLT_ALGO_CONFIG_ID, CUBLASLT_ALGO_CONFIG_TILE_ID,
                                                                CUBLASLT_ALGO_CONFIG_STAGES_ID,
                                                                CUBLASLT_ALGO_CONFIG_SPLITK_NUM};
    int32_t value[ARRAY_LEN(what)] = {0};
    size_t got;
    for (size_t i = 0; i < ARRAY_LEN(what); i++)
        if (cublasLtMatmulAlgoConfigGetAttribute(&g->chosen, what[i], &value[i], sizeof value[i], &got) !=
            CUBLAS_STATUS_SUCCESS)
            value[i] = -1;
    snprintf(g->name, sizeof g->name, "cublaslt %d tile %d stages %d splitk %d", value[0], value[1], value[2],
             value[3]);
}

static struct err make(void *context, int candidate)
{
    struct gemm *g = context;
    g->chosen = g->algorithm[candidate].algo;
    g->chosen_workspace = g->algorithm[candidate].workspaceSize;
    name(g);
    return OK;
}

static bool compiles(void *context, int candidate)
{
    (void)context, (void)candidate;
    return false;
}

static size_t matrix_bytes(const struct gemm_problem *p, const struct gemm_matrix *m, int64_t rows, enum dtype dtype)
{
    return (size_t)(m->pitch * rows + m->every * (p->batch - 1)) * dtypes[dtype].bytes;
}

struct timed {
    struct gemm *gemm;
    struct gemm_operands operands;
};

static struct err run_once(void *context)
{
    struct timed *t = context;
    return gemm_run(t->gemm, &t->operands);
}

static struct err time_candidate(void *context, int candidate, int runs, int64_t *ns)
{
    struct gemm *g = context;
    const struct gemm_problem *p = &g->problem;
    void *at[TIMING_OPERANDS];
    const size_t bytes[TIMING_OPERANDS] = {matrix_bytes(p, &p->a, p->m, p->read),
                                           matrix_bytes(p, &p->b, p->b_rows ? p->n : p->k, p->read),
                                           matrix_bytes(p, &p->d, p->m, p->write),
                                           p->adds ? matrix_bytes(p, &p->c, p->m, p->write) : 0,
                                           p->bias ? (size_t)p->n * dtypes[p->write].bytes : 0,
                                           GEMM_WORKSPACE};
    TRY(make(g, candidate));
    TRY(timing_operands(g->cuda->timing, bytes, at));
    struct timed t = {g,
                      {.a = at[0],
                       .b = at[1],
                       .d = at[2],
                       .c = p->adds ? at[3] : NULL,
                       .bias = p->bias ? at[4] : NULL,
                       .workspace = at[5],
                       .alpha = 1}};
    return timing_run(g->cuda->timing, run_once, &t, runs, ns);
}

static struct err tell(void *context, char **choice, char **detail)
{
    const struct gemm *g = context;
    struct text words = {0};
    text_add(&words, "%zu ", g->chosen_workspace);
    hex_add(&words, &g->chosen, sizeof g->chosen);
    *choice = strdup(g->name);
    *detail = words.bytes;
    return *choice && *detail ? OK : err_fail("out of memory");
}

/* The library looks at the words again: they come from a file. */
static struct err recall(void *context, const struct plan_entry *entry)
{
    struct gemm *g = context;
    cublasLtMatmulHeuristicResult_t checked;
    char *end;
    g->chosen_workspace = (size_t)strtoull(entry->detail, &end, 10);
    if (end == entry->detail || *end != ' ' || !hex_read(end + 1, &g->chosen, sizeof g->chosen))
        return err_fail("no algorithm's words");
    TRY(cublas_check(
        cublasLtMatmulAlgoCheck(g->cuda->products, g->operation, g->b, g->a, g->c, g->d, &g->chosen, &checked),
        "looking at a saved algorithm"));
    if (checked.state != CUBLAS_STATUS_SUCCESS || checked.workspaceSize > GEMM_WORKSPACE || !allowed(g, &g->chosen))
        return err_fail("a saved algorithm does not fit");
    g->chosen_workspace = checked.workspaceSize;
    name(g);
    return strcmp(g->name, entry->choice) ? err_fail("a saved algorithm is not the one that it is called") : OK;
}

struct err gemm_choose(struct gemm *g, const char *signature)
{
    TRY(ask(g));
    const struct candidates set = {.context = g,
                                   .count = g->algorithms,
                                   .can_be_timed = true,
                                   .compiles = compiles,
                                   .make = make,
                                   .time = time_candidate,
                                   .recall = recall,
                                   .tell = tell};
    return choices_choose(g->cuda->choices, signature, &set);
}
