#include "tests/support/made_up_sides.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/base/file.h"
#include "pipeline/base/text.h"
#include "tests/support/scratch.h"

static const char usual[] = "{\"version\":\"1.2\",\"variants\":[\"standard\"],\"warm_ms\":[1000],\"pixels\":[\"aa\"],"
                            "\"choices\":[\"c1\"],\"graph\":\"61\",\"launches\":7}";

static const char makefile[] = "all:\n\t@test -x build/sdbench\n";

void sides_copy_program(const char *file)
{
    const char *program = getenv("SDBENCH_PROGRAM");
    char real[PATH_MAX], fake[PATH_MAX + 32];
    struct file_map map;
    cr_assert(realpath(program ? program : "build/sdbench", real));
    snprintf(fake, sizeof fake, "%.*s/tests/fake-sdbench", (int)(strrchr(real, '/') - real), real);
    struct err e = file_map(fake, &map);
    cr_assert(!e.code, "%s", err_text(e));
    scratch_write(file, map.bytes, map.size);
    file_unmap(&map);
    cr_assert(!chmod(scratch_path(file), 0755));
}

static void be(const char *folder, const char *facts)
{
    char file[64];
    cJSON *all = cJSON_Parse(usual);
    struct text own = {0};
    text_add(&own, "{%s}", facts ? facts : "");
    cJSON *others = cJSON_Parse(text_get(&own));
    cr_assert(others, "%s", text_get(&own));
    while (others->child) {
        cJSON *one = cJSON_DetachItemViaPointer(others, others->child);
        cJSON_DeleteItemFromObjectCaseSensitive(all, one->string);
        cJSON_AddItemToObject(all, one->string, one);
    }
    char *text = cJSON_Print(all);
    snprintf(file, sizeof file, "%s/sdbench.facts", folder);
    scratch_write(file, text, strlen(text));
    snprintf(file, sizeof file, "%s/sdbench.starts", folder);
    unlink(scratch_path(file));
    text_free(&own);
    cJSON_free(text);
    cJSON_Delete(others);
    cJSON_Delete(all);
}

void sides_base(const char *facts)
{
    be("base", facts);
}

void sides_new(const char *facts)
{
    be("tree/build", facts);
}

void sides_open(void)
{
    static const char *const folders[] = {"tree", "tree/bench", "tree/build", "base"};
    scratch_open();
    for (size_t i = 0; i < ARRAY_LEN(folders); i++)
        cr_assert(!mkdir(scratch_path(folders[i]), 0777));
    scratch_write("tree/Makefile", makefile, strlen(makefile));
    sides_copy_program("tree/build/sdbench");
    sides_copy_program("base/sdbench");
    sides_base(NULL);
    sides_new(NULL);
    scratch_write("weights", "none", 4);
    setenv("SDBENCH_FLOORS", scratch_path("floors.json"), 1);
}

static void remove_run(void)
{
    static const char *const files[] = {"records.jsonl", "gate.md", "build-new.log", "build-base.log", ""};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char file[64];
        snprintf(file, sizeof file, "r/%s", files[i]);
        remove(scratch_path(file));
    }
    cr_assert(!file_exists(scratch_path("r")), "a gate left another file behind");
}

static void check_no_path(const char *line)
{
    const char *source = getenv("SDBENCH_SOURCE"), *home = getenv("HOME");
    cr_expect(!strstr(line, scratch_path("")) && !strstr(line, "sdbench-test-"), "a path: %s", line);
    cr_expect(!source || strlen(source) < 2 || !strstr(line, source), "a path: %s", line);
    cr_expect(!home || strlen(home) < 2 || !strstr(line, home), "a path: %s", line);
}

static cJSON *read_records(void)
{
    size_t n;
    cJSON *records = cJSON_CreateArray(), *record = NULL;
    if (!file_exists(scratch_path("r/records.jsonl")))
        return records;
    char *lines = scratch_read("r/records.jsonl", &n), *rest = lines;
    for (char *line; (line = strsep(&rest, "\n")) && *line;) {
        check_no_path(line);
        cr_assert((record = cJSON_Parse(line)), "no JSON: %s", line);
        cJSON_AddItemToArray(records, record);
    }
    free(lines);
    cr_expect(!record || !strcmp(json_text(record, "kind"), "end"), "no end record");
    return records;
}

static void check_markdown(void)
{
    size_t n;
    if (!file_exists(scratch_path("r/gate.md")))
        return;
    char *text = scratch_read("r/gate.md", &n);
    check_no_path(text);
    free(text);
}

struct gate_result sides_gate(int code, const char *const *argument)
{
    const char *all[48] = {"gate",     "--base",   "../base", "--workload", "tiny",         "--variants",
                           "standard", "--rounds", "4",       "-q",         "--order-seed", "7",
                           "--out",    "../r",     "--model", "../weights", "--json"};
    size_t n = 0;
    while (all[n])
        n++;
    for (; *argument; argument++)
        all[n++] = *argument;
    remove_run();
    struct gate_result r = {program_run(all, &(struct program_setting){.folder = scratch_path("tree")}), NULL, NULL};
    cr_assert_eq(r.program.code, code, "exit %d, not %d: %s %s", r.program.code, code, r.program.log, r.program.output);
    r.json = cJSON_Parse(r.program.output);
    r.records = read_records();
    check_markdown();
    return r;
}

void gate_result_free(struct gate_result *r)
{
    program_result_free(&r->program);
    cJSON_Delete(r->json);
    cJSON_Delete(r->records);
}

const cJSON *gate_row(const struct gate_result *r)
{
    const cJSON *row = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(r->json, "rows"), 0);
    cr_assert(row, "no row: %s", r->program.output);
    return row;
}

const char *json_text(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, name));
    return text ? text : "";
}

int count_records(const cJSON *records, const char *kind, const char *side)
{
    int n = 0;
    const cJSON *record;
    cJSON_ArrayForEach(record, records) n +=
        !strcmp(json_text(record, "kind"), kind) && (!side || !strcmp(json_text(record, "side"), side));
    return n;
}
