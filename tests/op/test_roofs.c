/* profiler/roof: roofs are measured on every backend that can run here. No test asks how fast one is. */
#include "profiler/roof/roofs.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "pipeline/runtime/watch.h"
#include "tests/cuda/on_host.h"

/* Small ones: the first of each kind of product, three copies. */
static struct roofs_request request(void)
{
    return (struct roofs_request){.seconds = 0.01, .long_ns = 1, .largest_copy = 1 << 18};
}

static void open_backend(const char *name, struct roofs_request *r)
{
    const struct backend_options options = {.threads = 2, .force = true};
    struct err e = backend_find(name, &r->backend);
    if (!e.code)
        e = r->backend->open(&options, &r->state);
    if (e.code == ERR_ABSENT)
        cr_skip_test("%s", err_text(e));
    cr_assert_not(e.code, "%s", err_text(e));
}

static void expect_rate(const struct roof *x)
{
    cr_expect(x->rate > 0 && isfinite(x->rate), "%s: %g a second", x->shape, x->rate);
    cr_expect(x->again > 0 && x->again <= x->rate, "%s: %g again", x->shape, x->again);
    cr_expect(x->bytes > 0 && x->time_ns > 0, "%s: %zu bytes, %lld ns", x->shape, x->bytes, (long long)x->time_ns);
    cr_expect(x->shape[0] && x->kernel[0], "it says what ran");
}

static void expect_roofs(const struct roofs_request *r, const struct roofs *out)
{
    int products = 0;
    double before = INFINITY;
    for (enum dtype d = 0; d < DTYPE_COUNT; d++) {
        const struct roof *product = roofs_product(out, d);
        cr_expect_eq(product != NULL, r->product[d], "%s", dtypes[d].name);
        products += product != NULL;
    }
    cr_expect_gt(out->count, products, "something was copied");
    for (int i = 0; i < out->count; i++)
        expect_rate(&out->roof[i]);
    for (double bytes = 1024; bytes < 1e9; bytes *= 1.5) {
        const double rate = roofs_copy_rate(out, bytes);
        cr_expect(rate > 0 && rate <= before, "%g bytes: %g a second, of fewer %g", bytes, rate, before);
        before = rate;
    }
}

static void measure(const char *name)
{
    struct roofs_request r = request();
    struct roofs out;
    open_backend(name, &r);
    struct err no_half = r.backend->check_half(r.state);
    r.product[DTYPE_f32] = true;
    r.product[r.backend->half] = !no_half.code;
    err_free(&no_half);
    struct err e = roofs_measure(&r, &out);
    cr_assert_not(e.code, "%s", err_text(e));
    expect_roofs(&r, &out);
    r.backend->close(r.state);
}

Test(roofs_measured, cpu)
{
    measure("cpu");
}

Test(roofs_measured, reference)
{
    measure("reference");
}

Test(roofs_measured, cuda_on_host, .init = cuda_on_host)
{
    measure("cuda");
}

Test(roofs_measured, null_has_none)
{
    struct roofs_request r = request();
    struct roofs out = {.count = 7};
    open_backend("null", &r);
    r.product[DTYPE_f32] = true;
    struct err e = roofs_measure(&r, &out);
    cr_expect_not(e.code, "%s", err_text(e));
    cr_expect_eq(out.count, 0);
    r.backend->close(r.state);
}

Test(roofs_measured, grows_as_far_as_it_may)
{
    struct roofs_request r = request();
    struct roofs small, large;
    open_backend("reference", &r);
    r.largest_copy = 1 << 16;
    struct err e = roofs_measure(&r, &small);
    cr_assert_not(e.code, "%s", err_text(e));
    r.largest_copy = 1 << 18;
    r.long_ns = INT64_MAX;
    e = roofs_measure(&r, &large);
    cr_assert_not(e.code, "%s", err_text(e));
    cr_expect_eq(small.count, 1);
    cr_expect_eq(large.count, 3);
    cr_expect_eq(large.roof[0].bytes, 1 << 16);
    cr_expect_eq(large.roof[2].bytes, 1 << 18);
    r.backend->close(r.state);
}

static bool three_times(void *context)
{
    return ++*(int *)context <= 3;
}

Test(roofs_measured, can_be_interrupted)
{
    struct roofs_request r = request();
    struct roofs out;
    int asked = 0;
    open_backend("reference", &r);
    r.product[DTYPE_f32] = true;
    r.goes_on = three_times;
    r.context = &asked;
    struct err e = roofs_measure(&r, &out);
    cr_expect_eq(e.code, ERR_CANCELLED);
    cr_expect_eq(asked, 4);
    err_free(&e);
    r.backend->close(r.state);
}

static void count(void *context, const struct watch_event *e)
{
    (void)e;
    ++*(int *)context;
}

Test(roofs_measured, nobody_watches)
{
    struct roofs_request r = request();
    struct roofs out;
    int events = 0;
    const struct watch watch = {.context = &events, .event = count};
    open_backend("reference", &r);
    watch_attach(&watch);
    struct err e = roofs_measure(&r, &out);
    cr_assert_not(e.code, "%s", err_text(e));
    cr_expect_eq(watch_attached(), &watch);
    cr_expect_eq(events, 0, "%d events", events);
    watch_attach(NULL);
    r.backend->close(r.state);
}

static struct err refuse(void *state, const struct graph *g, node_id node, struct kernel *out)
{
    (void)state, (void)g, (void)node, (void)out;
    return err_make(ERR_ABSENT, "no such product here");
}

Test(roofs_measured, a_backend_that_refuses)
{
    struct roofs_request r = request();
    struct roofs out;
    open_backend("reference", &r);
    struct backend refusing = *r.backend;
    refusing.choose = refuse;
    r.backend = &refusing;
    r.product[DTYPE_bf16] = true;
    struct err e = roofs_measure(&r, &out);
    cr_expect_eq(e.code, ERR_ABSENT);
    cr_expect_not_null(strstr(err_text(e), "roof of linear"), "%s", err_text(e));
    cr_expect_not_null(strstr(err_text(e), "no such product here"), "%s", err_text(e));
    err_free(&e);
    r.backend->close(r.state);
}

static uint64_t little(void *state)
{
    (void)state;
    return 1 << 19;
}

/* Of 512 KiB half may be taken: a copy of 128 KiB has three buffers of 64, one of 256 KiB would need 384. */
Test(roofs_measured, what_does_not_fit_is_left_out)
{
    struct roofs_request r = request();
    struct roofs out;
    open_backend("reference", &r);
    struct backend small = *r.backend;
    small.free_bytes = little;
    r.backend = &small;
    r.long_ns = INT64_MAX;
    struct err e = roofs_measure(&r, &out);
    cr_expect_not(e.code, "%s", err_text(e));
    cr_expect_eq(out.count, 2, "%d copies", out.count);
    r.backend->close(r.state);
}
