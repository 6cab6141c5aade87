#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/verify/reference_values.h"
#include "bench/verbs.h"
#include "pipeline/weights/safetensors_writer.h"

static void print_row(const struct agreement *a)
{
    const char *verdict = a->holds ? "holds" : "FAILS";
    if (a->kind != AGREE_PIXELS) {
        printf("  %-32s %10.2e %10.2e %12.9f %10.1e  %s\n", a->name, a->relative_l2, a->largest, a->cosine, a->bound,
               verdict);
        return;
    }
    char psnr[32];
    snprintf(psnr, sizeof psnr, isinf(a->psnr_db) ? "equal" : "%.2f dB", a->psnr_db);
    printf("  %-32s %9.3f%% differ, by %.0f at most; PSNR %s; bound %g%s  %s\n", a->name, 100 * a->share, a->largest,
           psnr, a->bound <= 1 ? 100 * a->bound : a->bound, a->bound <= 1 ? "%, by 1" : " dB", verdict);
}

static void print_table(const char *path, const struct recomputed *r)
{
    printf("%s: %s\n  %-32s %10s %10s %12s %10s\n", path, r->title, "", "rel. L2", "largest", "cosine", "bound");
    for (size_t i = 0; i < r->rows; i++)
        print_row(&r->row[i]);
}

static void add_json(cJSON *list, const char *path, const struct recomputed *r)
{
    cJSON *file = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(file, "values");
    cJSON_AddStringToObject(file, "file", path);
    cJSON_AddStringToObject(file, "what", r->title);
    for (size_t i = 0; i < r->rows; i++) {
        const struct agreement *a = &r->row[i];
        cJSON *row = cJSON_CreateObject();
        cJSON_AddItemToArray(rows, row);
        cJSON_AddStringToObject(row, "name", a->name);
        cJSON_AddNumberToObject(row, "bound", a->bound);
        cJSON_AddBoolToObject(row, "holds", a->holds);
        if (a->kind == AGREE_PIXELS) {
            cJSON_AddNumberToObject(row, "share_ratio", a->share);
            cJSON_AddNumberToObject(row, "largest_difference", a->largest);
            if (isfinite(a->psnr_db))
                cJSON_AddNumberToObject(row, "psnr_db", a->psnr_db);
        } else if (isfinite(a->relative_l2)) {
            cJSON_AddNumberToObject(row, "relative_l2", a->relative_l2);
            cJSON_AddNumberToObject(row, "largest_ratio", a->largest);
            cJSON_AddNumberToObject(row, "cosine", a->cosine);
        }
    }
    cJSON_AddItemToArray(list, file);
}

/* Our own values under the names of the reference's, with what else a reader of the file needs. */
static struct err write_own(const char *path, const char *from, const struct recomputed *r)
{
    struct safetensors *file;
    TRY(safetensors_open(from, &file));
    size_t stored = safetensors_count(file), n = 0;
    struct stored_tensor *tensor = calloc(stored + r->owns + 1, sizeof *tensor);
    struct err e = tensor ? OK : err_fail("out of memory");
    for (size_t i = 0; !e.code && i < r->owns; i++)
        tensor[n++] = (struct stored_tensor){.name = r->own[i].name, .shape = r->own[i].shape, .dtype = r->own[i].dtype,
                                             .data = r->own[i].data,
                                             .bytes = (size_t)shape_count(r->own[i].shape) * dtypes[r->own[i].dtype].bytes};
    for (size_t i = 0; !e.code && i < stored; i++) {
        const struct stored_tensor *t = safetensors_at(file, i);
        bool ours = t->unusable != NULL;
        for (size_t k = 0; k < r->owns; k++)
            ours |= !strcmp(t->name, r->own[k].name);
        if (!ours)
            tensor[n++] = *t;
    }
    static const char *const keys[] = {"model", "preset", "weights_seed", "run", "noise_seed"};
    struct safetensors_text notes[ARRAY_LEN(keys) + 2];
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (safetensors_metadata(file, keys[i]))
            notes[count++] = (struct safetensors_text){keys[i], safetensors_metadata(file, keys[i])};
    notes[count++] = (struct safetensors_text){"reference", "float32"};
    notes[count++] = (struct safetensors_text){"made_by", r->title};
    if (!e.code)
        e = safetensors_save(path, tensor, n, notes, count);
    free(tensor);
    safetensors_free(file);
    return e;
}

struct err verb_verify(const struct options *o)
{
    size_t failed = 0, rows = 0;
    struct err e = OK;
    if (!o->arguments)
        return err_fail("verify needs a file of reference values (example: sdbench verify tests/golden/tiny-kerascv.safetensors)");
    if (o->write && o->arguments > 1)
        return err_fail("--write takes the values of one file, %d were given", o->arguments);
    cJSON *json = o->json ? cJSON_CreateArray() : NULL;
    for (int i = 0; i < o->arguments && !e.code; i++) {
        struct recomputed r;
        e = reference_values_check(o->argument[i], o, &r);
        for (size_t k = 0; k < r.rows; k++)
            failed += !r.row[k].holds;
        rows += r.rows;
        if (!e.code && o->json)
            add_json(json, o->argument[i], &r);
        else if (!e.code)
            print_table(o->argument[i], &r);
        fflush(stdout);
        if (!e.code && o->write)
            e = write_own(o->write, o->argument[i], &r);
        recomputed_free(&r);
    }
    if (!e.code && json) {
        char *text = cJSON_Print(json);
        printf("%s\n", text ? text : "[]");
        free(text);
    }
    cJSON_Delete(json);
    if (e.code)
        return e;
    if (failed)
        return err_make(ERR_MISMATCH, "%zu of %zu values are further from the reference than their bounds", failed, rows);
    if (!rows)
        return err_fail("the file holds no value that can be checked");
    if (!o->json)
        printf("all %zu values hold\n", rows);
    return OK;
}
