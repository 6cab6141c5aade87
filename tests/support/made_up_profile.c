#include "tests/support/made_up_profile.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/support/scratch.h"

static const double pattern[] = {0, 1, -1, 0.5, -0.5};

static const char * or (const char *text, const char *usual)
{
    return text ? text : usual;
}

static int repetitions_of(const struct made_profile *m)
{
    return m->repetitions ? m->repetitions : 3;
}

static int calls_of(const struct made_kernel *k)
{
    return k->calls ? k->calls : 1;
}

/* Whole nanoseconds, as in a real file. */
static double time_of(const struct made_profile *m, const struct made_kernel *k, int repetition, int call)
{
    const int i = repetition * calls_of(k) + call, patterns = sizeof pattern / sizeof *pattern;
    const double slow = k->slow > 0 && repetition + 1 == repetitions_of(m) ? k->slow : 1;
    return (double)(long long)((k->ns > 0 ? k->ns : 1000) * slow * (1 + k->spread * pattern[i % patterns]));
}

static cJSON *record_of(const struct made_profile *m, const char *kind)
{
    cJSON *record = cJSON_CreateObject();
    cJSON_AddNumberToObject(record, "schema", 2);
    cJSON_AddStringToObject(record, "kind", kind);
    cJSON_AddStringToObject(record, "run", or (m->run, "one"));
    cJSON_AddStringToObject(record, "variant", or (m->variant, "fused"));
    cJSON_AddStringToObject(record, "backend", or (m->backend, "cpu"));
    cJSON_AddStringToObject(record, "workload", "tiny");
    return record;
}

static void add_line(struct text *out, cJSON *record)
{
    char *line = cJSON_PrintUnformatted(record);
    text_add(out, "%s\n", line);
    cJSON_free(line);
    cJSON_Delete(record);
}

static void add_paths(cJSON *record, const char *paths)
{
    cJSON *list = cJSON_AddArrayToObject(record, "path");
    char *copy = strdup(paths), *rest = copy;
    for (char *path; (path = strsep(&rest, " "));)
        cJSON_AddItemToArray(list, cJSON_CreateString(path));
    free(copy);
}

static void add_three(cJSON *record, const char *name, unsigned first)
{
    cJSON *list = cJSON_AddArrayToObject(record, name);
    for (int i = 0; i < 3; i++)
        cJSON_AddItemToArray(list, cJSON_CreateNumber(i ? 1 : first));
}

static void add_kernel(const struct made_profile *m, const struct made_kernel *k, int launch, struct text *out)
{
    cJSON *record = record_of(m, "kernel"), *times = cJSON_AddArrayToObject(record, "times_ns");
    cJSON_AddStringToObject(record, "kernel", or (k->kernel, "k"));
    cJSON_AddStringToObject(record, "class", or (k->class, k->path ? "gemm" : "unattributed"));
    if (k->path) {
        add_paths(record, k->path);
        cJSON_AddNumberToObject(record, "launch", launch);
        cJSON_AddStringToObject(record, "plan", or (k->plan, "denoise_step"));
        cJSON_AddStringToObject(record, "stage", or (k->stage, "step"));
        cJSON_AddStringToObject(record, "op", or (k->op, "linear"));
        cJSON_AddStringToObject(record, "dtype", or (k->dtype, "f32"));
        cJSON_AddStringToObject(record, "block", "a block");
        cJSON_AddStringToObject(record, "implementation", or (k->kernel, "k"));
    }
    cJSON_AddBoolToObject(record, "main", !k->helper);
    cJSON_AddBoolToObject(record, "in_graph", false);
    cJSON_AddNumberToObject(record, "calls", calls_of(k));
    cJSON_AddNumberToObject(record, "repetitions", repetitions_of(m));
    for (int r = 0; r < repetitions_of(m); r++)
        for (int i = 0; i < calls_of(k); i++)
            cJSON_AddItemToArray(times, cJSON_CreateNumber(time_of(m, k, r, i)));
    cJSON_AddNumberToObject(record, "gap_before_ns", 10);
    cJSON_AddNumberToObject(record, "product_flop", k->flop);
    cJSON_AddNumberToObject(record, "other_flop", 0);
    cJSON_AddNumberToObject(record, "model_bytes", k->bytes);
    if (k->grid) {
        add_three(record, "grid", k->grid);
        add_three(record, "block_threads", 128);
        cJSON_AddNumberToObject(record, "registers", k->registers);
        cJSON_AddNumberToObject(record, "shared_static_bytes", 1024);
        cJSON_AddNumberToObject(record, "shared_dynamic_bytes", 48 * 1024);
        cJSON_AddNumberToObject(record, "local_bytes", 8);
        cJSON_AddNumberToObject(record, "waves", 1.5);
        cJSON_AddNumberToObject(record, "occupancy_share", 0.375);
        cJSON_AddStringToObject(record, "occupancy_limiter", "registers");
    }
    add_line(out, record);
}

static bool is_class(const struct made_kernel *k, const char *class)
{
    return !strcmp(or (k->class, k->path ? "gemm" : "unattributed"), class);
}

static void add_account(const struct made_profile *m, int repetition, struct text *out)
{
    double work = 0, copy = 0, unattributed = 0, unclassified = 0;
    for (int i = 0; i < m->kernels; i++)
        for (int call = 0; call < calls_of(&m->kernel[i]); call++) {
            const double ns = time_of(m, &m->kernel[i], repetition, call);
            work += ns;
            copy += is_class(&m->kernel[i], "transfer") ? ns : 0;
            unattributed += is_class(&m->kernel[i], "unattributed") ? ns : 0;
            unclassified += is_class(&m->kernel[i], "unclassified") ? ns : 0;
        }
    cJSON *record = record_of(m, "account");
    cJSON_AddNumberToObject(record, "repetition", repetition);
    cJSON_AddNumberToObject(record, "span_ns", work - m->overlap_ns + m->gap_ns);
    cJSON_AddNumberToObject(record, "named_ns", work - m->overlap_ns - copy - unattributed - unclassified);
    cJSON_AddNumberToObject(record, "copy_ns", copy);
    cJSON_AddNumberToObject(record, "set_ns", 0);
    cJSON_AddNumberToObject(record, "unattributed_ns", unattributed);
    cJSON_AddNumberToObject(record, "unclassified_ns", unclassified);
    cJSON_AddNumberToObject(record, "idle_in_graph_ns", 0);
    cJSON_AddNumberToObject(record, "host_gap_ns", m->gap_ns);
    cJSON_AddNumberToObject(record, "busy_ns", work - m->overlap_ns);
    cJSON_AddNumberToObject(record, "overlap_ns", m->overlap_ns);
    cJSON_AddStringToObject(record, "validity", "valid");
    add_line(out, record);
}

static void add_step(const struct made_profile *m, int step, struct text *out)
{
    cJSON *record = record_of(m, "step");
    cJSON_AddStringToObject(record, "plan", "denoise_step");
    cJSON_AddStringToObject(record, "stage", "step");
    cJSON_AddNumberToObject(record, "step", step);
    for (int span = 0; span < 2; span++) {
        cJSON *list = cJSON_AddArrayToObject(record, span ? "span_ns" : "busy_ns");
        for (int r = 0; r < repetitions_of(m); r++)
            cJSON_AddItemToArray(list, cJSON_CreateNumber(1e6 * (step + 1) + 1000 * r + 5000 * span));
    }
    add_line(out, record);
}

static void add_roof(const struct made_profile *m, const char *what, double bytes, double rate, struct text *out)
{
    cJSON *record = record_of(m, "roof");
    cJSON_AddStringToObject(record, "what", what);
    cJSON_AddStringToObject(record, "dtype", "f32");
    cJSON_AddNumberToObject(record, "bytes", bytes);
    cJSON_AddNumberToObject(record, "time_ns", 1000);
    cJSON_AddNumberToObject(record, "rate", rate);
    cJSON_AddNumberToObject(record, "again_rate", rate);
    cJSON_AddStringToObject(record, "source", "made up");
    if (rate > 0)
        add_line(out, record);
    else
        cJSON_Delete(record);
}

static void add_summary(const struct made_profile *m, struct text *out)
{
    const double overhead = m->overhead != 0 ? m->overhead : 0.01;
    cJSON *record = record_of(m, "profile");
    cJSON_AddStringToObject(record, "source", or (m->source, "host clock"));
    cJSON_AddStringToObject(record, "source_description", or (m->source, "host clock, made up"));
    cJSON_AddStringToObject(record, "device_description", or (m->device, "a device"));
    cJSON_AddNumberToObject(record, "repetitions", repetitions_of(m));
    cJSON_AddNumberToObject(record, "launches", m->kernels);
    cJSON_AddNumberToObject(record, "callback_ns", 50);
    cJSON_AddNumberToObject(record, "overhead_ratio", overhead);
    cJSON_AddBoolToObject(record, "relative_only", overhead > 0.05);
    cJSON_AddStringToObject(record, "validity", m->invalid ? "invalid" : "valid");
    if (m->invalid)
        cJSON_AddStringToObject(record, "reason", m->invalid);
    add_line(out, record);
}

static void add_environment(const struct made_profile *m, struct text *out)
{
    cJSON *record = record_of(m, "environment"), *job = cJSON_AddObjectToObject(record, "job");
    cJSON_AddStringToObject(job, "model", "tiny");
    cJSON_AddNumberToObject(job, "images", m->images ? m->images : 1);
    cJSON_AddStringToObject(record, "cpu", "A");
    cJSON_AddNumberToObject(record, "cores", 2);
    add_line(out, record);
}

static void add_plan(const struct made_profile *m, struct text *out)
{
    cJSON *record = record_of(m, "plan");
    cJSON_AddStringToObject(record, "device", or (m->device, "a device"));
    cJSON_AddStringToObject(record, "validity", "valid");
    add_line(out, record);
}

static void add_profile(const struct made_profile *m, struct text *out)
{
    add_plan(m, out);
    for (int i = 0; i < m->kernels; i++)
        add_kernel(m, &m->kernel[i], i, out);
    for (int i = 0; i < 4; i++)
        add_step(m, i, out);
    for (int r = 0; r < repetitions_of(m); r++)
        add_account(m, r, out);
    add_roof(m, "product", 0, m->peak, out);
    add_roof(m, "copy", 1e6, 4 * m->copy, out); /* in caches */
    add_roof(m, "copy", 1e9, m->copy, out);
    add_summary(m, out);
}

void made_profile_lines(const struct made_profile *m, struct text *out)
{
    add_environment(m, out);
    add_profile(m, out);
    add_line(out, record_of(m, "end"));
}

struct profile profile_of_lines(const char *lines)
{
    struct profile p = {0};
    char *copy = strdup(lines), *rest = copy;
    for (char *line; (line = strsep(&rest, "\n"));) {
        cJSON *record = cJSON_Parse(line);
        struct err e = profile_take(&p, record);
        cr_assert_eq(e.code, 0, "%s", err_text(e));
        cJSON_Delete(record);
    }
    struct err e = profile_finish(&p);
    cr_assert_eq(e.code, 0, "%s", err_text(e));
    free(copy);
    return p;
}

struct profile made_profile(const struct made_profile *m)
{
    struct text lines = {0};
    made_profile_lines(m, &lines);
    struct profile p = profile_of_lines(text_get(&lines));
    text_free(&lines);
    return p;
}

void made_profile_write(const char *folder, const struct made_profile *profile, int profiles)
{
    struct text lines = {0};
    char file[64];
    mkdir(scratch_path(folder), 0777);
    snprintf(file, sizeof file, "%s/records.jsonl", folder);
    add_environment(&profile[0], &lines);
    for (int i = 0; i < profiles; i++)
        add_profile(&profile[i], &lines);
    text_add(&lines, "{\"schema\":2,\"kind\":\"end\",\"status\":\"complete\"}\n");
    scratch_write(file, text_get(&lines), lines.length);
    text_free(&lines);
}

void expect_columns(const char *text, int most)
{
    cr_expect(text_is_utf8(text, strlen(text)), "no UTF-8: %s", text);
    for (const char *line = text; *line;) {
        const size_t bytes = strcspn(line, "\n");
        int columns = 0;
        for (size_t i = 0; i < bytes; i++) {
            cr_expect((unsigned char)line[i] >= ' ' && line[i] != 0x7f, "a control character in: %.*s", (int)bytes,
                      line);
            columns += ((unsigned char)line[i] & 0xc0) != 0x80;
        }
        cr_expect_leq(columns, most, "%d columns: %.*s", columns, (int)bytes, line);
        line += bytes + (line[bytes] != 0);
    }
}
