#include <dlfcn.h>
#include <link.h>
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

/* What opening a backend loaded: its own shared object first, then its libraries. */
static void add_libraries(struct findings *f, const struct backend_row *row, const struct objects *before)
{
    struct objects now = {0};
    dl_iterate_phdr(add_object, &now);
    for (size_t i = 0; i < now.count; i++)
        if (!has_object(before, now.path[i]))
            findings_add(f, "backends", row->name, true, "loaded %s", now.path[i]);
    arena_free(&now.arena);
}

/* Why a variant does not run natively on an open backend, if it does not. */
static void add_variants(struct findings *f, const struct backend *b, void *state)
{
    for (const struct variant *v = variants; v->name; v++) {
        struct err e = v->half ? b->check_half(state) : OK;
        findings_add(f, "variants", v->name, !e.code, "on %s%s%s", b->name, e.code ? ": " : "",
                     e.code ? err_text(e) : "");
        err_free(&e);
    }
}

static struct err add_backend(struct findings *f, const struct backend_row *row, struct findings *variant_findings,
                              bool *computes)
{
    const struct backend *b;
    void *state;
    struct objects before = {0};
    struct text line = {0};
    dl_iterate_phdr(add_object, &before);
    struct err e = backend_find(row->name, &b);
    if (!e.code)
        e = b->open(&(struct backend_options){0}, &state);
    if (!e.code) {
        b->describe(state, &line);
        findings_add(f, "backends", row->name, true, "%s", text_get(&line));
        add_libraries(f, row, &before);
        *computes = b->computes;
        if (b->computes)
            add_variants(variant_findings, b, state);
        b->close(state);
    }
    text_free(&line);
    arena_free(&before.arena);
    return e;
}

int doctor_backends(struct findings *f)
{
    struct findings of_variants = {0};
    int count = 0;
    for (const struct backend_row *row = backend_rows; row->name; row++) {
        bool computes = false;
        struct err e = add_backend(f, row, &of_variants, &computes);
        if (e.code)
            findings_add(f, "backends", row->name, false, "%s%s", err_text(e),
                         row->object ? "; make deps installs its library" : "");
        err_free(&e);
        count += computes;
    }
    for (const struct finding *x = of_variants.first; x; x = x->next)
        findings_add(f, x->section, x->name, x->good, "%s", x->text);
    findings_free(&of_variants);
    return count;
}
