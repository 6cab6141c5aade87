/* Noise floors: the rule, the machine's id, and the file. */
#include "bench/gate/floors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <criterion/criterion.h>

#include "pipeline/base/file.h"
#include "tests/support/scratch.h"

TestSuite(gate_floors, .init = scratch_open, .fini = scratch_close);

/* 0.001 to 0.021: quartiles (definition 6) at 0.0055 and 0.0165. */
static double twenty_one[21];
static const double its_floor = 0.0165 + 3 * 0.011;

static struct noise_floor measured(const char *variant, const char *row)
{
    struct noise_floor n = {.key = {.machine = "0123456789abcdef", .backend = "cpu", .workload = "tiny"},
                            .difference = twenty_one,
                            .sessions = 21};
    snprintf(n.key.variant, sizeof n.key.variant, "%s", variant);
    snprintf(n.key.row, sizeof n.key.row, "%s", row);
    for (int i = 0; i < 21; i++)
        twenty_one[i] = (i % 2 ? -0.001 : 0.001) * ((i * 8) % 21 + 1); /* in no order, of both signs */
    return n;
}

static void put(const struct noise_floor *n)
{
    struct err e = floors_put(scratch_path("a/b/floors.json"), n);
    cr_assert(!e.code, "%s", err_text(e));
}

Test(gate_floors, rule)
{
    double floor;
    measured("v", "warm");
    struct err e = floor_of(twenty_one, 21, &floor);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect_float_eq(floor, its_floor, 1e-15);
    /* 0.001 to 0.020 in steps: ranks 5.25 and 15.75 of 1..20, 0.00525 and 0.01575 */
    double twenty[20];
    for (int i = 0; i < 20; i++)
        twenty[i] = 0.001 * (i + 1);
    e = floor_of(twenty, 20, &floor);
    cr_expect(!e.code);
    cr_expect_float_eq(floor, 0.01575 + 3 * 0.0105, 1e-15);
    e = floor_of(twenty, 19, &floor);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "20 sessions or more, and there are 19"), "%s", err_text(e));
    err_free(&e);
    twenty[7] = NAN;
    e = floor_of(twenty, 20, &floor);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "session 8"), "%s", err_text(e));
    err_free(&e);
}

Test(gate_floors, put_and_find)
{
    struct noise_floor warm = measured("fused", "warm"), cold = measured("fused", "cold");
    struct floor_file f;
    put(&warm);
    put(&cold);
    put(&warm); /* in place of the first */
    struct err e = floors_read(scratch_path("a/b/floors.json"), &f);
    cr_assert(!e.code && f.count == 2, "%d %s", f.count, err_text(e));
    const struct noise_floor *n = floors_find(&f, &warm.key);
    cr_assert(n);
    cr_expect_float_eq(n->floor, its_floor, 1e-12);
    cr_expect(n->sessions == 21 && strlen(n->date) == 10 && *n->version);
    for (int i = 0; i < 21; i++)
        cr_expect_float_eq(n->difference[i], fabs(twenty_one[i]), 1e-15);
    snprintf(warm.key.machine, sizeof warm.key.machine, "another");
    cr_expect(!floors_find(&f, &warm.key), "another machine's floor is none of ours");
    floors_free(&f);
    cold.sessions = 5;
    e = floors_put(scratch_path("a/b/floors.json"), &cold);
    cr_expect_eq(e.code, ERR_FAILED, "too few");
    err_free(&e);
}

Test(gate_floors, two_at_once_lose_none)
{
    enum { CHILDREN = 4, EACH = 5 };
    pid_t child[CHILDREN];
    for (int i = 0; i < CHILDREN; i++)
        if (!(child[i] = fork())) {
            int failed = 0;
            for (int k = 0; k < EACH; k++) {
                char variant[32];
                snprintf(variant, sizeof variant, "v%d-%d", i, k);
                struct noise_floor n = measured(variant, "warm");
                failed |= floors_put(scratch_path("a/b/floors.json"), &n).code != 0;
            }
            _exit(failed);
        }
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        cr_assert(waitpid(child[i], &status, 0) == child[i] && WIFEXITED(status) && !WEXITSTATUS(status));
    }
    struct floor_file f;
    struct err e = floors_read(scratch_path("a/b/floors.json"), &f);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect_eq(f.count, CHILDREN * EACH);
    floors_free(&f);
}

/* A file that someone changed: refused, with the line, and kept as it is. */
Test(gate_floors, damaged_files)
{
    static const char *const cases[][3] = {
        {"\"floor\":", "\"floor\":1", "floor is not that"},
        {"\"sessions\":21", "\"sessions\":22", "number of diff"},
        {"\"row\":\"warm\"", "\"row\":\"\"", "row is"},
        {"\"differences\":[", "\"differences\":[-1,", "from 0"},
        {"\"differences\":[", "\"others\":[", "others"},
        {"\"date\":\"", "\"date\":\"about ", "date is longer"},
        {"}\n", "\n", "no JSON"},
    };
    struct noise_floor warm = measured("fused", "warm");
    size_t n, n_after;
    put(&warm);
    char *text = scratch_read("a/b/floors.json", &n);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char damaged[4000];
        const char *at = strstr(text, cases[i][0]);
        cr_assert(at, "%s", cases[i][0]);
        int length = snprintf(damaged, sizeof damaged, "%.*s%s%s", (int)(at - text), text, cases[i][1],
                              at + strlen(cases[i][0]));
        scratch_write("a/b/floors.json", damaged, (size_t)length);
        struct err e = floors_put(scratch_path("a/b/floors.json"), &warm);
        cr_expect(e.code == ERR_FAILED && strstr(err_text(e), cases[i][2]) && strstr(err_text(e), "line "), "%s: %s",
                  cases[i][1], err_text(e));
        err_free(&e);
        char *after = scratch_read("a/b/floors.json", &n_after);
        cr_expect_str_eq(after, damaged);
        free(after);
    }
    free(text);
}

Test(gate_floors, where_they_are)
{
    static const char *const cases[][4] = {{"/x/f.json", "/c", "/h", "/x/f.json"},
                                           {"", "/c", "/h", "/c/sdbench/floors.json"},
                                           {NULL, "", "/h", "/h/.config/sdbench/floors.json"},
                                           {NULL, NULL, NULL, NULL}};
    static const char *const names[] = {"SDBENCH_FLOORS", "XDG_CONFIG_HOME", "HOME"};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (int k = 0; k < 3; k++)
            if (!cases[i][k])
                unsetenv(names[k]);
            else
                setenv(names[k], cases[i][k], 1);
        char *path = NULL;
        struct err e = floors_path(&path);
        if (cases[i][3])
            cr_expect(!e.code && !strcmp(path, cases[i][3]), "%s", path);
        else
            cr_expect_eq(e.code, ERR_FAILED);
        err_free(&e);
        free(path);
    }
}

Test(gate_floors, a_machine_is_what_it_is_made_of)
{
    struct machine m = {.cpu = "CPU", .kernel = "Linux 6", .cores = 4, .cores_online = 8, .memory_bytes = 16ull << 30};
    struct device_facts d = {.name = "GPU"};
    char id[20], other[20];
    floor_machine(&m, NULL, id);
    cr_expect(strlen(id) == 16 && strspn(id, "0123456789abcdef") == 16, "%s", id);
    m.memory_bytes -= 300 << 20; /* another kernel keeps another part */
    snprintf(m.kernel, sizeof m.kernel, "Linux 7");
    floor_machine(&m, NULL, other);
    cr_expect_str_eq(id, other);
    floor_machine(&m, &d, other);
    cr_expect_str_neq(id, other);
    m.cores = 3;
    floor_machine(&m, NULL, other);
    cr_expect_str_neq(id, other);
}
