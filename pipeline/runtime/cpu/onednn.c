#include "pipeline/runtime/cpu/onednn.h"

#include <omp.h>
#include <string.h>


static struct err check(dnnl_status_t status, const char *what)
{
    static const char *const words[] = {"success", "out of memory", "invalid arguments", "no implementation for this"};
    return status ? err_fail("oneDNN: %s: %s (status %d)", what,
                             (size_t)status < ARRAY_LEN(words) ? words[status] : "failed", (int)status)
                  : OK;
}

struct err onednn_open(struct onednn *out)
{
    *out = (struct onednn){0};
    TRY(check(dnnl_engine_create(&out->engine, dnnl_cpu, 0), "opening the CPU"));
    struct err e = check(dnnl_stream_create(&out->stream, out->engine, dnnl_stream_default_flags), "making a stream");
    if (e.code)
        onednn_close(out);
    return e;
}

void onednn_close(struct onednn *o)
{
    dnnl_stream_destroy(o->stream);
    dnnl_engine_destroy(o->engine);
    *o = (struct onednn){0};
}

/* Instruction sets are sets of bits, each holding those below it. */
static bool has_isa(dnnl_cpu_isa_t isa)
{
    return (dnnl_get_effective_cpu_isa() & isa) == isa;
}

bool onednn_has_bf16(void)
{
    return has_isa(dnnl_cpu_isa_avx512_core_bf16);
}

bool onednn_emulates_bf16(void)
{
    return has_isa(dnnl_cpu_isa_avx512_core);
}

static const char *isa_name(void)
{
    static const struct {
        dnnl_cpu_isa_t isa;
        const char *name;
    } rows[] = {
#if DNNL_VERSION_MAJOR >= 3
        {dnnl_cpu_isa_avx512_core_amx_fp16, "avx512_core_amx_fp16"},
#endif
        {dnnl_cpu_isa_avx512_core_amx, "avx512_core_amx"},
        {dnnl_cpu_isa_avx512_core_bf16, "avx512_core_bf16"},
        {dnnl_cpu_isa_avx512_core_vnni, "avx512_core_vnni"},
        {dnnl_cpu_isa_avx512_core, "avx512_core"},
        {dnnl_cpu_isa_avx2_vnni, "avx2_vnni"},
        {dnnl_cpu_isa_avx2, "avx2"},
        {dnnl_cpu_isa_avx, "avx"},
        {dnnl_cpu_isa_sse41, "sse41"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (has_isa(rows[i].isa))
            return rows[i].name;
    return "generic";
}

void onednn_describe(struct text *out)
{
    const dnnl_version_t *v = dnnl_version();
    text_add(out, "oneDNN %d.%d.%d, %s, %d thread%s, %s", v->major, v->minor, v->patch, isa_name(),
             omp_get_max_threads(), omp_get_max_threads() == 1 ? "" : "s",
             v->cpu_runtime == DNNL_RUNTIME_OMP ? "OpenMP" : "not built for OpenMP: threads may differ");
}

static struct err describe_tensor(const struct tensor *t, md_t *out)
{
    dnnl_dims_t dims = {0}, strides = {0};
    for (int i = 0; i < t->rank; i++) {
        dims[i] = t->dim[i];
        strides[i] = t->stride[i];
    }
    static const dnnl_format_tag_t tags[] = {
        [ARRANGED_BY_LIBRARY] = dnnl_format_tag_any, [ARRANGED_IN_16S] = dnnl_nChw16c, [ARRANGED_IN_8S] = dnnl_nChw8c};
    dnnl_data_type_t type = t->dtype == DTYPE_bf16 ? dnnl_bf16 : dnnl_f32;
    bool by_strides = t->arrangement == ARRANGED_BY_STRIDES;
    return check(md_create(out, t->rank, dims, type, by_strides ? strides : NULL, tags[t->arrangement]),
                 "describing a tensor");
}

/* The memory descriptor of a role in a primitive; NULL, or one of no bytes, where it has none. */
static const_md_t role_md(const struct primitive *p, enum role role)
{
    static const dnnl_query_t queries[ROLE_COUNT] = {[ROLE_X] = dnnl_query_src_md,
                                                     [ROLE_WEIGHTS] = dnnl_query_weights_md,
                                                     [ROLE_BIAS] = dnnl_query_weights_md,
                                                     [ROLE_Y] = dnnl_query_dst_md,
                                                     [ROLE_SCRATCH] = dnnl_query_scratchpad_md};
    if (role == ROLE_OTHER)
        return p->other;
    return dnnl_primitive_desc_query_md(p->desc, queries[role], role == ROLE_BIAS);
}

size_t primitive_bytes(const struct primitive *p, enum role role)
{
    const_md_t md = role_md(p, role);
    return md ? dnnl_memory_desc_get_size(md) : 0;
}

/* With the description made: the code, and memory objects that still lack addresses. */
static struct err finish(struct primitive *p)
{
    const int args[ROLE_COUNT] = {
        [ROLE_X] = DNNL_ARG_SRC,
        [ROLE_WEIGHTS] = DNNL_ARG_WEIGHTS,
        [ROLE_BIAS] = DNNL_ARG_BIAS,
        [ROLE_Y] = DNNL_ARG_DST,
        [ROLE_SCRATCH] = DNNL_ARG_SCRATCHPAD,
        [ROLE_OTHER] = DNNL_ARG_ATTR_MULTIPLE_POST_OP(p->other_index) | DNNL_ARG_SRC_1,
    };
    TRY(check(dnnl_primitive_create(&p->handle, p->desc), "generating code"));
    for (enum role role = 0; role < ROLE_COUNT; role++)
        if (primitive_bytes(p, role)) {
            TRY(check(dnnl_memory_create(&p->memory[role], role_md(p, role), p->library->engine, DNNL_MEMORY_NONE),
                      "making a memory object"));
            p->arg[p->args++] = (dnnl_exec_arg_t){args[role], p->memory[role]};
        }
    return OK;
}

static dnnl_status_t append_activation(dnnl_post_ops_t post, enum op activation)
{
    switch (activation) {
    case OP_silu:
        return append_eltwise(post, dnnl_eltwise_swish, 1.f);
    case OP_gelu_quick:
        return append_eltwise(post, dnnl_eltwise_swish, 1.702f);
    case OP_gelu_erf:
        return append_eltwise(post, dnnl_eltwise_gelu_erf, 0);
    case OP_gelu_tanh:
        return append_eltwise(post, dnnl_eltwise_gelu_tanh, 0);
    default:
        return dnnl_unimplemented;
    }
}

/* Appends the epilogue's operations; keeps the descriptor of its operand. */
static dnnl_status_t append_epilogue(dnnl_post_ops_t post, const struct epilogue *e, struct primitive *p)
{
    dnnl_status_t status = dnnl_success;
    const struct tensor *other = e->multiply ? e->multiply : e->add;
    if (e->accumulate)
        status = append_sum(post);
    if (!status && e->activation)
        status = append_activation(post, e->activation);
    if (status || !other)
        return status;
    if (!p->other) {
        struct err error = describe_tensor(other, &p->other);
        if (error.code) {
            err_free(&error);
            return dnnl_out_of_memory;
        }
    }
    p->other_index = e->accumulate + (e->activation != 0);
    return dnnl_post_ops_append_binary(post, e->multiply ? dnnl_binary_mul : dnnl_binary_add, p->other);
}

/* epilogue and p NULL: none. */
static struct err make_attributes(const struct epilogue *epilogue, struct primitive *p, dnnl_primitive_attr_t *out)
{
    dnnl_post_ops_t post = NULL;
    dnnl_status_t status = dnnl_primitive_attr_create(out);
    if (!status)
        status = dnnl_primitive_attr_set_scratchpad_mode(*out, dnnl_scratchpad_mode_user);
    if (!status && epilogue)
        status = dnnl_post_ops_create(&post);
    if (!status && epilogue)
        status = append_epilogue(post, epilogue, p);
    if (!status && epilogue)
        status = dnnl_primitive_attr_set_post_ops(*out, post);
    dnnl_post_ops_destroy(post);
    return check(status, "attributes");
}

/* Convolution and matmul differ only in one call. window NULL: matmul. */
static struct err make_product(const struct onednn *library, const struct tensor *const tensors[ROLE_SCRATCH],
                               const struct window *w, const struct epilogue *epilogue, struct primitive *out)
{
    md_t md[ROLE_SCRATCH] = {0};
    dnnl_primitive_attr_t attr = NULL;
    struct err e = OK;
    *out = (struct primitive){.library = library};
    for (enum role role = 0; role < ROLE_SCRATCH && !e.code; role++)
        if (tensors[role])
            e = describe_tensor(tensors[role], &md[role]);
    if (!e.code)
        e = make_attributes(epilogue, out, &attr);
    if (!e.code)
        e = check(w ? conv_desc_create(&out->desc, library->engine, md[ROLE_X], md[ROLE_WEIGHTS], md[ROLE_BIAS],
                                       md[ROLE_Y], w->stride, w->before, w->after, attr)
                    : matmul_desc_create(&out->desc, library->engine, md[ROLE_X], md[ROLE_WEIGHTS], md[ROLE_BIAS],
                                         md[ROLE_Y], attr),
                  w ? "planning a convolution" : "planning a product of matrices");
    if (!e.code)
        e = finish(out);
    dnnl_primitive_attr_destroy(attr);
    for (enum role role = 0; role < ROLE_SCRATCH; role++)
        if (md[role])
            md_destroy(md[role]);
    if (e.code)
        primitive_free(out);
    return e;
}

struct err primitive_conv(const struct onednn *library, const struct tensor *x, const struct tensor *weights,
                          const struct tensor *bias, const struct tensor *y, const struct window *w,
                          const struct epilogue *epilogue, struct primitive *out)
{
    const struct tensor *const tensors[ROLE_SCRATCH] = {x, weights, bias, y};
    return make_product(library, tensors, w, epilogue, out);
}

struct err primitive_matmul(const struct onednn *library, const struct tensor *x, const struct tensor *weights,
                            const struct tensor *bias, const struct tensor *y, const struct epilogue *epilogue,
                            struct primitive *out)
{
    const struct tensor *const tensors[ROLE_SCRATCH] = {x, weights, bias, y};
    return make_product(library, tensors, NULL, epilogue, out);
}

static struct err make_copy(const struct onednn *library, const_md_t from, const_md_t to, struct primitive *out)
{
    dnnl_primitive_attr_t attr = NULL;
    *out = (struct primitive){.library = library};
    struct err e = make_attributes(NULL, NULL, &attr);
    if (!e.code)
        e = check(dnnl_reorder_primitive_desc_create(&out->desc, from, library->engine, to, library->engine, attr),
                  "planning a copy");
    if (!e.code)
        e = finish(out);
    dnnl_primitive_attr_destroy(attr);
    if (e.code)
        primitive_free(out);
    return e;
}

struct err primitive_pack(const struct primitive *p, const struct tensor *from, struct primitive *out)
{
    md_t plain = NULL;
    TRY(describe_tensor(from, &plain));
    struct err e = make_copy(p->library, plain, role_md(p, ROLE_WEIGHTS), out);
    md_destroy(plain);
    return e;
}

struct err primitive_arrange(const struct onednn *library, const struct tensor *from, const struct tensor *to,
                             struct primitive *out)
{
    md_t a = NULL, b = NULL;
    TRY(describe_tensor(from, &a));
    struct err e = describe_tensor(to, &b);
    if (!e.code) {
        e = make_copy(library, a, b, out);
        md_destroy(b);
    }
    md_destroy(a);
    return e;
}

void primitive_free(struct primitive *p)
{
    for (enum role role = 0; role < ROLE_COUNT; role++)
        dnnl_memory_destroy(p->memory[role]);
    dnnl_primitive_destroy(p->handle);
    dnnl_primitive_desc_destroy(p->desc);
    if (p->other)
        md_destroy(p->other);
    *p = (struct primitive){0};
}

const char *primitive_kernel(const struct primitive *p)
{
    const char *name = NULL;
    dnnl_primitive_desc_query(p->desc, dnnl_query_impl_info_str, 0, &name);
    return name ? name : "unknown";
}

bool primitive_is_reference(const struct primitive *p)
{
    const char *name = primitive_kernel(p);
    return !strncmp(name, "ref", 3) || strstr(name, ":ref");
}

struct err refuse_reference(const struct primitive *p)
{
    if (!primitive_is_reference(p))
        return OK;
    return err_fail("oneDNN has only its reference loop (%s) for this shape and layout on this CPU, hundreds of times "
                    "too slow: a reorder or another layout is needed",
                    primitive_kernel(p));
}

void primitive_set(struct primitive *p, enum role role, const void *address)
{
    if (p->memory[role])
        dnnl_memory_set_data_handle(p->memory[role], (void *)(uintptr_t)address);
}

struct err primitive_run(const struct primitive *p)
{
    return check(dnnl_primitive_execute(p->handle, p->library->stream, p->args, p->arg), "running");
}
