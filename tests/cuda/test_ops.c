/* Every case on the cuda backend, compiled for the host (tests/cuda/host), against the reference: a test an operation.
 * The second run takes threads and blocks in another order. Repeats one case:
 *
 *     SDBENCH_CASE=conv/3x3/fb build/tests/run --filter 'op_cuda/conv' --verbose */
#include <stdlib.h>

#include <criterion/criterion.h>

#include "tests/cuda/on_host.h"
#include "tests/op/compare.h"

static bool same_bits(enum op op)
{
    (void)op;
    return true;
}

static float *in_another_order(const struct op_case *c, size_t *n);

static const struct compared cuda = {.name = "cuda",
                                     .tests = "op_cuda",
                                     .half = DTYPE_f16,
                                     .stepwise = true,
                                     .same_bits = same_bits,
                                     .again = in_another_order};

static float *in_another_order(const struct op_case *c, size_t *n)
{
    setenv("SDBENCH_SCHEDULE", "7", 1);
    float *out = compare_run(&cuda, c, cuda.name, 1, n);
    unsetenv("SDBENCH_SCHEDULE");
    return out;
}

/* Where the sanitized backend is there, cuda_sanitized runs these tests on it, and once is enough. */
static void open_backend(void)
{
    if (getenv("SDBENCH_SANITIZED_CUDA"))
        cr_skip_test("run by cuda_sanitized, with sanitizers");
    cuda_on_host();
}

#define OP(name, kind, inputs, summary) TEST_##kind(name)
#define TEST_PRODUCT(name)                    \
    Test(op_cuda, name, .init = open_backend) \
    {                                         \
        compare_operation(&cuda, OP_##name);  \
    }
#define TEST_NORM(name)        TEST_PRODUCT(name)
#define TEST_ELEMENTWISE(name) TEST_PRODUCT(name)
#define TEST_MOVE(name)        TEST_PRODUCT(name)
#define TEST_VIEW(name)
#define TEST_LOAD(name)
#include "pipeline/graph/ops.def"
#undef OP
