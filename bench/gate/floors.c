#include "bench/gate/floors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xxhash.h>

#include "bench/gate/folder_lock.h"
#include "bench/gate/json_rows.h"
#include "bench/json.h"
#include "bench/statistics/outliers.h"
#include "bench/statistics/summary.h"
#include "bench/version.h"
#include "pipeline/base/file.h"

static const char *const names[] = {"machine",  "backend", "workload", "variant",     "row", "floor",
                                    "sessions", "date",    "sdbench",  "differences", NULL};

void floor_machine(const struct machine *m, const struct device_facts *device, char out[20])
{
    struct text facts = {0};
    text_add(&facts, "%s|%d|%llu|%s|%s", m->cpu, m->cores,
             (unsigned long long)((m->memory_bytes + (1u << 30) - 1) >> 30), device ? device->name : "",
             device ? device->slice : "");
    snprintf(out, 20, "%016llx", (unsigned long long)XXH64(text_get(&facts), facts.length, 0));
    text_free(&facts);
}

struct err floor_of(const double *difference, int n, double *floor)
{
    double sorted[MAX_FLOOR_SESSIONS];
    if (n < MIN_FLOOR_SESSIONS)
        return err_fail("a noise floor needs %d sessions or more, and there are %d valid ones: calibrate longer",
                        MIN_FLOOR_SESSIONS, n);
    if (n > MAX_FLOOR_SESSIONS)
        return err_fail("a noise floor is of %d sessions at most, and there are %d", MAX_FLOOR_SESSIONS, n);
    for (int i = 0; i < n; i++) {
        if (!isfinite(difference[i]))
            return err_fail("session %d of %d has no finite difference", i + 1, n);
        sorted[i] = fabs(difference[i]);
    }
    sort_ascending(sorted, n);
    *floor = fences_of(sorted, n).outer_high;
    return OK;
}

struct err floors_path(char **path)
{
    const char *own = getenv("SDBENCH_FLOORS"), *xdg = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    int length;
    if (own && *own)
        length = asprintf(path, "%s", own);
    else if (xdg && *xdg)
        length = asprintf(path, "%s/sdbench/floors.json", xdg);
    else if (home && *home)
        length = asprintf(path, "%s/.config/sdbench/floors.json", home);
    else
        return err_fail("no place for noise floors: set SDBENCH_FLOORS to a file, or XDG_CONFIG_HOME or HOME");
    return length < 0 ? err_fail("out of memory") : OK;
}

static bool is_key(const struct floor_key *a, const struct floor_key *b)
{
    return !strcmp(a->machine, b->machine) && !strcmp(a->backend, b->backend) && !strcmp(a->workload, b->workload) &&
           !strcmp(a->variant, b->variant) && !strcmp(a->row, b->row);
}

const struct noise_floor *floors_find(const struct floor_file *f, const struct floor_key *key)
{
    for (int i = 0; i < f->count; i++)
        if (is_key(&f->entry[i].key, key))
            return &f->entry[i];
    return NULL;
}

static struct err read_differences(const cJSON *object, struct noise_floor *out)
{
    const cJSON *list = cJSON_GetObjectItemCaseSensitive(object, "differences"), *item;
    int n = cJSON_GetArraySize(list);
    if (!cJSON_IsArray(list) || n < MIN_FLOOR_SESSIONS || n > MAX_FLOOR_SESSIONS)
        return err_fail("differences is no list of %d to %d numbers", MIN_FLOOR_SESSIONS, MAX_FLOOR_SESSIONS);
    out->difference = calloc((size_t)n, sizeof *out->difference);
    if (!out->difference)
        return err_fail("out of memory");
    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0) || !isfinite(item->valuedouble))
            return err_fail("differences has something that is no number from 0");
        out->difference[out->sessions++] = item->valuedouble;
    }
    return OK;
}

/* A floor that its own differences do not give was changed by hand, and would let regressions through. */
static struct err check_floor(const cJSON *object, struct noise_floor *out)
{
    const cJSON *floor = cJSON_GetObjectItemCaseSensitive(object, "floor");
    uint64_t sessions;
    TRY(json_row_count(object, "sessions", &sessions));
    TRY(floor_of(out->difference, out->sessions, &out->floor));
    if (sessions != (uint64_t)out->sessions)
        return err_fail("sessions is not the number of differences, %d", out->sessions);
    if (!cJSON_IsNumber(floor) || !(fabs(floor->valuedouble - out->floor) <= 1e-9 * (1 + out->floor)))
        return err_fail("floor is not that of the differences, %.6g: calibrate again", out->floor);
    return OK;
}

static struct err parse(const cJSON *object, struct noise_floor *out)
{
    TRY(json_row_text(object, "machine", out->key.machine, sizeof out->key.machine));
    TRY(json_row_text(object, "backend", out->key.backend, sizeof out->key.backend));
    TRY(json_row_text(object, "workload", out->key.workload, sizeof out->key.workload));
    TRY(json_row_text(object, "variant", out->key.variant, sizeof out->key.variant));
    TRY(json_row_text(object, "row", out->key.row, sizeof out->key.row));
    TRY(json_row_text(object, "date", out->date, sizeof out->date));
    TRY(json_row_text(object, "sdbench", out->version, sizeof out->version));
    TRY(json_row_only(object, names));
    TRY(read_differences(object, out));
    return check_floor(object, out);
}

/* Owns the differences of `add` from here on. */
static struct err append(struct floor_file *f, const struct noise_floor *add)
{
    struct noise_floor *more = realloc(f->entry, (size_t)(f->count + 1) * sizeof *more);
    if (!more) {
        free(add->difference);
        return err_fail("out of memory");
    }
    f->entry = more;
    f->entry[f->count++] = *add;
    return OK;
}

static struct err read_row(void *context, const cJSON *object)
{
    struct noise_floor n = {0};
    struct err e = parse(object, &n);
    if (!e.code && floors_find(context, &n.key))
        e = err_fail("a second floor for %s, %s, %s, %s", n.key.backend, n.key.workload, n.key.variant, n.key.row);
    if (!e.code)
        return append(context, &n);
    free(n.difference);
    return e;
}

struct err floors_read(const char *path, struct floor_file *out)
{
    *out = (struct floor_file){0};
    struct err e = json_rows_read(path, read_row, out);
    if (e.code)
        floors_free(out);
    return e;
}

void floors_free(struct floor_file *f)
{
    for (int i = 0; i < f->count; i++)
        free(f->entry[i].difference);
    free(f->entry);
    *f = (struct floor_file){0};
}

static cJSON *row_of(const void *context, size_t i)
{
    const struct noise_floor *n = &((const struct floor_file *)context)->entry[i];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "machine", n->key.machine);
    cJSON_AddStringToObject(object, "backend", n->key.backend);
    cJSON_AddStringToObject(object, "workload", n->key.workload);
    cJSON_AddStringToObject(object, "variant", n->key.variant);
    cJSON_AddStringToObject(object, "row", n->key.row);
    cJSON_AddNumberToObject(object, "floor", n->floor);
    cJSON_AddNumberToObject(object, "sessions", n->sessions);
    cJSON_AddStringToObject(object, "date", n->date);
    cJSON_AddStringToObject(object, "sdbench", n->version);
    cJSON_AddItemToObject(object, "differences", cJSON_CreateDoubleArray(n->difference, n->sessions));
    return object;
}

/* The entry as it goes into the file: |d|, with its own floor, of today. */
static struct err entry_of(const struct noise_floor *measured, struct noise_floor *out)
{
    time_t now = time(NULL);
    struct tm day;
    *out = *measured;
    TRY(floor_of(measured->difference, measured->sessions, &out->floor));
    strftime(out->date, sizeof out->date, "%Y-%m-%d", gmtime_r(&now, &day));
    snprintf(out->version, sizeof out->version, "%s", SDBENCH_VERSION);
    out->difference = calloc((size_t)out->sessions, sizeof *out->difference);
    if (!out->difference)
        return err_fail("out of memory");
    for (int i = 0; i < out->sessions; i++)
        out->difference[i] = fabs(measured->difference[i]);
    return OK;
}

static struct err put(const char *path, const struct noise_floor *measured)
{
    struct floor_file f;
    struct noise_floor entry;
    TRY(floors_read(path, &f));
    struct err e = entry_of(measured, &entry);
    if (!e.code) {
        int i = 0;
        while (i < f.count && !is_key(&f.entry[i].key, &entry.key))
            i++;
        if (i == f.count) {
            e = append(&f, &entry);
        } else {
            free(f.entry[i].difference);
            f.entry[i] = entry;
        }
    }
    if (!e.code)
        e = json_rows_write(path, (size_t)f.count, row_of, &f);
    floors_free(&f);
    return e;
}

struct err floors_put(const char *path, const struct noise_floor *measured)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int lock = -1;
    struct err e = folder ? file_make_folder(folder) : err_fail("out of memory");
    if (!e.code)
        e = folder_lock(folder, "another calibration writes its floors", &lock);
    if (!e.code)
        e = put(path, measured);
    folder_unlock(lock);
    free(folder);
    return e;
}
