#include "pipeline/runtime/cpu/cpu.h"

#include <omp.h>
#include <stdlib.h>

#include "pipeline/base/phase.h"
#include "pipeline/runtime/cpu/kernels.h"
#include "pipeline/runtime/host.h"

static struct err cpu_open(const struct backend_options *options, void **state)
{
    struct cpu *cpu = calloc(1, sizeof *cpu);
    *state = NULL;
    if (!cpu)
        return err_fail("out of memory");
    cpu->options = *options;
    enum phase before = phase_enter(PHASE_handles);
    omp_set_num_threads(options->threads > 0 ? options->threads : omp_get_num_procs());
    struct err e = onednn_open(&cpu->library);
    phase_return(before);
    if (e.code) {
        free(cpu);
        return e;
    }
    *state = cpu;
    return OK;
}

static void cpu_close(void *state)
{
    struct cpu *cpu = state;
    if (cpu)
        onednn_close(&cpu->library);
    free(cpu);
}

static void cpu_describe(void *state, struct text *out)
{
    (void)state;
    onednn_describe(out);
}

static struct err cpu_check_half(void *state)
{
    const struct cpu *cpu = state;
    if (onednn_has_bf16())
        return OK;
    if (!onednn_emulates_bf16())
        return err_make(ERR_ABSENT, "this CPU has no bfloat16 instructions (avx512_bf16), and none (avx512) to emulate "
                                    "them with");
    if (cpu->options.force)
        return OK;
    return err_make(ERR_ABSENT, "this CPU has no bfloat16 instructions (avx512_bf16): mixed precision would be several "
                                "times slower than float32; --force runs it emulated");
}

static struct err refuse_f16(const struct value *v, const char *what, int index)
{
    return v->dtype != DTYPE_f16 ? OK : err_fail("%s %d is f16: the CPU backend computes in f32 and bf16", what, index);
}

static struct err cpu_choose(void *state, const struct graph *g, node_id node, struct kernel *out)
{
    const struct cpu *cpu = state;
    const struct site s = {cpu, g, &g->node[node]};
    *out = (struct kernel){0};
    for (int i = 0; i < s.node->n_inputs; i++)
        if (s.node->input[i] != NO_VALUE)
            TRY(refuse_f16(site_input(&s, i), "input", i));
    for (int i = 0; i < s.node->n_outputs; i++)
        TRY(refuse_f16(node_result(g, s.node, i), "result", i));
    return choose_kernel(&s, s.node->op, out);
}

const struct backend backend_cpu = {
    .name = "cpu",
    .summary = "oneDNN, channels last, all cores",
    .half = DTYPE_bf16,
    .computes = true,
    .open = cpu_open,
    .close = cpu_close,
    .describe = cpu_describe,
    .check_half = cpu_check_half,
    .free_bytes = host_free_bytes,
    .allocate = host_allocate,
    .release = host_release,
    .copy_in = host_copy_in,
    .copy_out = host_copy_out,
    .choose = cpu_choose,
};
