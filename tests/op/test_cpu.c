/* Every case on the cpu backend against the reference: a test an operation. Repeats one case:
 *
 *     SDBENCH_CASE=conv/3x3/fb build/tests/run --filter 'op_cpu/conv' --verbose */
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/runtime/backend.h"
#include "tests/op/compare.h"

/* oneDNN's products give the same bits with any number of threads on AVX-512; its AVX2 code splits some sums by thread.
 */
static bool products_keep_bits;
static struct err no_half; /* why this CPU takes no 16-bit products */

static bool same_bits(enum op op)
{
    return products_keep_bits || ops[op].kind != KIND_PRODUCT;
}

static float *with_two_threads(const struct op_case *c, size_t *n);

static struct err refuses(const struct op_case *c)
{
    if (!no_half.code || ops[c->op].kind != KIND_PRODUCT || c->read == DTYPE_f32)
        return OK;
    return err_make(no_half.code, "%s", err_text(no_half));
}

static const struct compared cpu = {.name = "cpu",
                                    .tests = "op_cpu",
                                    .half = DTYPE_bf16,
                                    .same_bits = same_bits,
                                    .again = with_two_threads,
                                    .refuses = refuses};

static float *with_two_threads(const struct op_case *c, size_t *n)
{
    return compare_run(&cpu, c, cpu.name, 2, n);
}

static void check_operation(enum op op)
{
    const struct backend *b;
    const struct backend_options options = {.threads = 1};
    void *state = NULL;
    struct err e = backend_find(cpu.name, &b);
    if (!e.code)
        e = b->open(&options, &state);
    if (e.code == ERR_ABSENT)
        cr_skip_test("%s", err_text(e));
    cr_assert(!e.code, "%s", err_text(e));
    no_half = b->check_half(state);
    struct text description = {0};
    b->describe(state, &description);
    products_keep_bits = strstr(text_get(&description), "avx512") != NULL;
    text_free(&description);
    b->close(state);
    compare_operation(&cpu, op);
    err_free(&no_half);
}

#define OP(name, kind, inputs, summary) TEST_##kind(name)
#define TEST_PRODUCT(name)          \
    Test(op_cpu, name)              \
    {                               \
        check_operation(OP_##name); \
    }
#define TEST_NORM(name)        TEST_PRODUCT(name)
#define TEST_ELEMENTWISE(name) TEST_PRODUCT(name)
#define TEST_MOVE(name)        TEST_PRODUCT(name)
#define TEST_VIEW(name)
#define TEST_LOAD(name)
#include "pipeline/graph/ops.def"
#undef OP
