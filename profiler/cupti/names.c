#include "profiler/cupti/names.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Names of codes: those of NVIDIA's own tools. */
struct word {
    uint32_t code;
    const char *text;
};

static const struct word copies[] = {
    {CUPTI_ACTIVITY_MEMCPY_KIND_HTOD, "memcpy HtoD"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_DTOH, "memcpy DtoH"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_HTOA, "memcpy HtoA"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_ATOH, "memcpy AtoH"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_ATOA, "memcpy AtoA"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_ATOD, "memcpy AtoD"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_DTOA, "memcpy DtoA"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_DTOD, "memcpy DtoD"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_HTOH, "memcpy HtoH"},
    {CUPTI_ACTIVITY_MEMCPY_KIND_PTOP, "memcpy PtoP"},
    {0, NULL},
};

static const struct word waits[] = {
    {CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_EVENT_SYNCHRONIZE, "wait for an event"},
    {CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_WAIT_EVENT, "stream waits for an event"},
    {CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_STREAM_SYNCHRONIZE, "wait for a stream"},
    {CUPTI_ACTIVITY_SYNCHRONIZATION_TYPE_CONTEXT_SYNCHRONIZE, "wait for the device"},
    {0, NULL},
};

static const struct word overheads[] = {
    {CUPTI_ACTIVITY_OVERHEAD_DRIVER_COMPILER, "driver: compiler"},
    {CUPTI_ACTIVITY_OVERHEAD_CUPTI_BUFFER_FLUSH, "CUPTI: buffer flush"},
    {CUPTI_ACTIVITY_OVERHEAD_CUPTI_INSTRUMENTATION, "CUPTI: instrumentation"},
    {CUPTI_ACTIVITY_OVERHEAD_CUPTI_RESOURCE, "CUPTI: resources"},
    {CUPTI_ACTIVITY_OVERHEAD_RUNTIME_TRIGGERED_MODULE_LOADING, "driver: module loading"},
    {CUPTI_ACTIVITY_OVERHEAD_LAZY_FUNCTION_LOADING, "driver: lazy loading of a function"},
    {CUPTI_ACTIVITY_OVERHEAD_COMMAND_BUFFER_FULL, "driver: command buffer full"},
    {7u << 16, "CUPTI: buffer request"}, /* headers name these two from some version on */
    {8u << 16, "driver: unified memory"},
    {0, NULL},
};

static const struct word compilations[] = {
    {COMPILE_CODE(1, CUPTI_ACTIVITY_JIT_OPERATION_CACHE_LOAD), "PTX: load from the cache"},
    {COMPILE_CODE(1, CUPTI_ACTIVITY_JIT_OPERATION_CACHE_STORE), "PTX: store in the cache"},
    {COMPILE_CODE(1, CUPTI_ACTIVITY_JIT_OPERATION_COMPILE), "PTX: compile"},
    {COMPILE_CODE(2, CUPTI_ACTIVITY_JIT_OPERATION_CACHE_LOAD), "NVVM IR: load from the cache"},
    {COMPILE_CODE(2, CUPTI_ACTIVITY_JIT_OPERATION_CACHE_STORE), "NVVM IR: store in the cache"},
    {COMPILE_CODE(2, CUPTI_ACTIVITY_JIT_OPERATION_COMPILE), "NVVM IR: compile"},
    {0, NULL},
};

/* By what; links and kernels have other names. `other` is for codes that are not in the table. */
static const struct {
    const struct word *words;
    const char *other;
} tables[RECORD_COUNT] = {
    [RECORD_copy] = {copies, "memcpy"},
    [RECORD_set] = {NULL, "memset"},
    [RECORD_wait] = {waits, "wait"},
    [RECORD_overhead] = {overheads, "overhead"},
    [RECORD_compile] = {compilations, "compile"},
};

void names_open(struct names *n, struct trace *t, const struct cupti *c)
{
    *n = (struct names){.trace = t, .cupti = c};
    /* CUDA's libraries are C++ and have it in the process; nothing is linked against it for this. */
    void *library = dlopen("libstdc++.so.6", RTLD_NOW | RTLD_LOCAL);
    void *found = library ? dlsym(library, "__cxa_demangle") : NULL;
    memcpy(&n->demangle, &found, sizeof found);
}

void names_close(struct names *n)
{
    id_map_free(&n->kernel);
    id_map_free(&n->call);
}

/* The parenthesis that the last one closes, counted backwards: template arguments may hold some, too. */
static char *parameters(char *name)
{
    size_t i = strlen(name);
    int depth = 0;
    if (!i || name[i - 1] != ')')
        return NULL;
    while (i--) {
        depth += (name[i] == ')') - (name[i] == '(');
        if (!depth)
            return name + i;
    }
    return NULL;
}

/* A file's own names say nothing by being its own. */
static void drop_anonymous(char *name)
{
    static const char words[] = "(anonymous namespace)::";
    for (char *at; (at = strstr(name, words));)
        memmove(at, at + sizeof words - 1, strlen(at) - (sizeof words - 1) + 1);
}

void names_shorten(char *demangled)
{
    static const char result[] = "void ";
    drop_anonymous(demangled);
    char *list = parameters(demangled);
    if (list && list != demangled)
        *list = 0;
    if (!strncmp(demangled, result, sizeof result - 1))
        memmove(demangled, demangled + sizeof result - 1, strlen(demangled) - (sizeof result - 1) + 1);
}

static uint32_t kernel_text(struct names *n, const char *mangled)
{
    int status = 0;
    char *demangled = n->demangle && !strncmp(mangled, "_Z", 2) ? n->demangle(mangled, NULL, NULL, &status) : NULL;
    if (demangled)
        names_shorten(demangled);
    const uint32_t text = trace_text(n->trace, demangled ? demangled : mangled);
    free(demangled);
    return text;
}

/* Without the version that the runtime's names end in: "cudaLaunchKernel_v7000". */
static uint32_t call_text(struct names *n, const struct record *r)
{
    const bool of_runtime = r->kind == CUPTI_ACTIVITY_KIND_RUNTIME;
    const char *found = NULL;
    char name[128];
    snprintf(name, sizeof name, "%s call %u", of_runtime ? "runtime" : "driver", r->code);
    if (n->cupti && n->cupti->GetCallbackName &&
        n->cupti->GetCallbackName(of_runtime ? CUPTI_CB_DOMAIN_RUNTIME_API : CUPTI_CB_DOMAIN_DRIVER_API, r->code,
                                  &found) == CUPTI_SUCCESS &&
        found)
        snprintf(name, sizeof name, "%s", found);
    char *version = of_runtime ? strrchr(name, '_') : NULL;
    if (version && version[1] == 'v' && version[2] && strspn(version + 2, "0123456789") == strlen(version + 2))
        *version = 0;
    return trace_text(n->trace, name);
}

/* Each name is made once; where no memory is left to remember it, again and again. */
static uint32_t remembered(struct names *n, struct id_map *m, uint64_t key, const struct record *r)
{
    const struct id_entry *known = id_map_find(m, key);
    if (known)
        return (uint32_t)known->first;
    const uint32_t text = r->what == RECORD_kernel ? kernel_text(n, r->name) : call_text(n, r);
    struct id_entry *e = id_map_add(m, key);
    if (e)
        e->first = (int32_t)text;
    return text;
}

uint32_t names_of(struct names *n, const struct record *r)
{
    if (r->what == RECORD_kernel)
        return r->name ? remembered(n, &n->kernel, (uintptr_t)r->name, r) : trace_text(n->trace, "unnamed kernel");
    if (r->what == RECORD_call)
        return remembered(n, &n->call, (uint64_t)r->kind << 32 | r->code, r);
    const char *text = tables[r->what].other;
    for (const struct word *w = tables[r->what].words; w && w->text; w++)
        if (w->code == r->code)
            text = w->text;
    return trace_text(n->trace, text ? text : "");
}
