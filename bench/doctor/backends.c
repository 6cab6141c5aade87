#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#include "bench/doctor/findings.h"
#include "pipeline/runtime/backend.h"
#include "variants/variant.h"

/* Paths of the shared objects that are loaded now. */
struct objects {
    struct arena arena;
    const char *path[256];
    size_t count;
};

static int add_object(struct dl_phdr_info *info, size_t size, void *context)
{
    struct objects *o = context;
    (void)size;
    if (info->dlpi_name && *info->dlpi_name && o->count < ARRAY_LEN(o->path))
        o->path[o->count++] = arena_strdup(&o->arena, info->dlpi_name);
    return 0;
}

static bool has_object(const struct objects *o, const char *path)
{
    for (size_t i = 0; i < o->count; i++)
        if (!strcmp(o->path[i], path))
            return true;
    return false;
}

/* What opening a backend loaded: its own shared object first, then its libraries. Behind the links that a path goes
 * through lies a file whose name has the version in full. */
static void add_libraries(struct findings *f, const struct backend_row *row, const struct objects *before)
{
    struct objects now = {0};
    dl_iterate_phdr(add_object, &now);
    for (size_t i = 0; i < now.count; i++) {
        if (has_object(before, now.path[i]))
            continue;
        char *file = realpath(now.path[i], NULL);
        bool other = file && strcmp(file, now.path[i]);
        findings_add(f, "backends", row->name, true, "loaded %s%s%s%s", now.path[i], other ? " (" : "",
                     other ? file : "", other ? ")" : "");
        free(file);
    }
    arena_free(&now.arena);
}

/* The device that an open backend computes on. */
static void add_device(struct findings *f, const struct backend *b, void *state)
{
    struct device_facts d = {.other_processes = -1};
    if (!b->device)
        return;
    b->device(state, &d);
    findings_add(f, "gpu", "device", true, "%s%s%s", *d.name ? d.name : "unknown", *d.slice ? ", MIG slice " : "",
                 d.slice);
    if (d.capability)
        findings_add(f, "gpu", "chip", true, "sm_%d, %d multiprocessors", d.capability, d.multiprocessors);
    if (d.memory_bytes)
        findings_add(f, "gpu", "memory", true, "%.1f GB free of %.1f GB", (double)b->free_bytes(state) * 1e-9,
                     (double)d.memory_bytes * 1e-9);
    findings_add(f, "gpu", "driver", *d.driver, "%s", *d.driver ? d.driver : "its version is unknown");
    if (d.other_processes > 0)
        findings_add(f, "gpu", "others", false, "other processes use the device: %d; times would be theirs too",
                     d.other_processes);
    else
        findings_add(f, "gpu", "others", true, "%s",
                     d.other_processes ? "unknown" : "no other process uses the device");
    if (d.described)
        return;
    doctor_sensors_gpu(f, d.bus);
    doctor_trace(f);
    doctor_metrics(f);
}

/* What is wrong among its libraries, whether a device is there or not. */
static void check_libraries(struct findings *f, const struct backend *b)
{
    struct text versions = {0};
    if (!b->check_libraries)
        return;
    struct err e = b->check_libraries(&versions);
    findings_add(f, "gpu", "libraries", !e.code, "%s%s%s", text_get(&versions), e.code ? ": " : "",
                 e.code ? err_text(e) : "");
    err_free(&e);
    text_free(&versions);
}

/* Why a variant does not run natively on an open backend, if it does not. */
static void add_variants(struct findings *f, const struct backend *b, void *state)
{
    for (const struct variant *v = variants; v->name; v++) {
        struct err e = v->half ? b->check_half(state) : OK;
        if (v->tf32 && !b->has_tf32)
            e = err_make(ERR_ABSENT, "it has no TF32 arithmetic");
        findings_add(f, "variants", v->name, !e.code, "on %s%s%s", b->name, e.code ? ": " : "",
                     e.code ? err_text(e) : "");
        err_free(&e);
    }
}

/* Findings are printed section by section: what belongs to later ones waits. */
struct sections {
    struct findings gpu, variants;
};

static struct err add_backend(struct findings *f, const struct backend_row *row, const struct options *o,
                              struct sections *later, bool *computes)
{
    const struct backend *b;
    void *state;
    struct objects before = {0};
    struct text line = {0};
    dl_iterate_phdr(add_object, &before);
    struct err e = backend_find(row->name, &b);
    const bool found = !e.code;
    if (found)
        e = b->open(&(struct backend_options){.device = o->device}, &state);
    if (e.code)
        findings_add(f, "backends", row->name, false, "%s%s", err_text(e),
                     row->object && !row->needs ? "; make deps installs its library" : "");
    else {
        b->describe(state, &line);
        findings_add(f, "backends", row->name, true, "%s", text_get(&line));
    }
    if (found)
        add_libraries(f, row, &before);
    if (e.code && row->needs)
        findings_add(&later->gpu, "gpu", "device", false, "none that can be used: %s", err_text(e));
    if (!e.code) {
        add_device(&later->gpu, b, state);
        *computes = b->computes;
        if (b->computes)
            add_variants(&later->variants, b, state);
        b->close(state);
    }
    if (found)
        check_libraries(&later->gpu, b);
    text_free(&line);
    arena_free(&before.arena);
    return e;
}

static void append(struct findings *f, struct findings *later)
{
    for (const struct finding *x = later->first; x; x = x->next)
        findings_add(f, x->section, x->name, x->good, "%s", x->text);
    findings_free(later);
}

int doctor_backends(struct findings *f, const struct options *o)
{
    struct sections later = {0};
    int count = 0;
    for (const struct backend_row *row = backend_rows; row->name; row++) {
        bool computes = false;
        struct err e = add_backend(f, row, o, &later, &computes);
        err_free(&e);
        count += computes;
    }
    append(f, &later.gpu);
    append(f, &later.variants);
    return count;
}
