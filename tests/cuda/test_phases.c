/* Where the time of a start on the CUDA backend goes, on the backend that is compiled for the host: which phases there
 * are, and their bytes. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "tests/cuda/on_host.h"
#include "tests/support/phases.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

static void open_host(void)
{
    cuda_on_host();
    scratch_open();
}

TestSuite(cuda_phases, .init = open_host, .fini = scratch_close, .timeout = 400);

static cJSON *generate(const char *backend, const char *variant, const char *without)
{
    struct program_result r = PROGRAM("generate", "x", "--model", "tiny", "--size", "128x128", "--steps", "2",
                                      "--backend", backend, "--variant", variant, "--json", "-q", "-o",
                                      scratch_path("x.png"), without ? "--without" : NULL, without);
    cr_assert_eq(r.code, 0, "exit %d: %s", r.code, r.log);
    cJSON *json = cJSON_Parse(r.output);
    cr_assert(json, "%s", r.output);
    program_result_free(&r);
    return json;
}

#define BEFORE "library load", "driver init", "context", "handles", "weight open", "tokenizer", "plan"
#define AFTER  "text", "step 1", "other steps", "decode", "write", NULL

/* At least each weight that a plan uses; the biases of subpixel convolutions, one in a thousand bytes at most, are
 * looked at for each parity. */
static void expect_bytes(const cJSON *json, double read)
{
    const double sent = phases_number(json, "upload", "bytes");
    const double bytes = phases_number(json, "weight read", "bytes");
    cr_expect(read <= bytes && bytes < 1.001 * read, "%.0f bytes, the plans use %.0f", bytes, read);
    cr_expect(0 < sent && sent <= 4 * read, "%.0f bytes sent of %.0f", sent, read);
}

/* The first start makes the weights, in no phase, and times what it may choose from; the second one knows. What the
 * plans use is what the reference reads: it has every weight from the file. */
Test(cuda_phases, fused)
{
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1);
    cJSON *first = generate("cuda", "fused-mixed", NULL), *second = generate("cuda", "fused-mixed", NULL);
    cJSON *eager = generate("cuda", "fused-mixed", "capture"), *cpu = generate("reference", "standard", NULL);
    phases_are_exact(first, (const char *const[]){BEFORE, "tuning", "weight read", "weight transform", "upload",
                                                  "modules", "capture", "instantiate", AFTER});
    phases_are_exact(second, (const char *const[]){BEFORE, "weight read", "weight transform", "upload", "modules",
                                                   "capture", "instantiate", AFTER});
    phases_are_exact(eager, (const char *const[]){BEFORE, "weight read", "weight transform", "upload", AFTER});
    const double read = phases_number(cpu, "weight read", "bytes");
    expect_bytes(first, read);
    expect_bytes(second, read);
    expect_bytes(eager, read);
    cr_expect_eq(phases_number(second, "modules", "entries"), 3, "one a graph");
    cr_expect_eq(phases_number(second, "capture", "entries"), 3);
    cr_expect_geq(phases_number(second, "instantiate", "entries"), 3, "one a recording");
    cJSON_Delete(first);
    cJSON_Delete(second);
    cJSON_Delete(eager);
    cJSON_Delete(cpu);
}
