/* Records of profiles: whatever they hold, tables are narrow, sums close, and a profile is the same as itself. */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/compare/profile_pair.h"
#include "bench/profile/cells.h"
#include "bench/profile/print.h"
#include "bench/profile/profiled_run.h"

static void require_narrow(const struct text *t)
{
    const char *text = text_get(t);
    fuzz_require(text_is_utf8(text, strlen(text)), "tables are UTF-8");
    for (int columns = 0; *text; text++) {
        const unsigned char byte = (unsigned char)*text;
        fuzz_require(byte == '\n' || (byte >= ' ' && byte != 0x7f), "tables hold no control characters");
        columns = byte == '\n' ? 0 : columns + ((byte & 0xc0) != 0x80);
        fuzz_require(columns <= PROFILE_COLUMNS, "lines are at most 120 columns wide");
    }
}

static void print_all(const struct profile *p)
{
    static const char *const views[] = {NULL, "kernel", "block", "step", "launch"};
    for (size_t i = 0; i < ARRAY_LEN(views); i++) {
        struct text out = {0};
        cJSON *json = NULL;
        fuzz_require(!fuzz_refused(profile_text(p, views[i], 3, &out)), "what was read can be printed");
        require_narrow(&out);
        fuzz_require(!fuzz_refused(profile_json(p, views[i], 3, &json)), "what was read can be told");
        char *line = cJSON_PrintUnformatted(json);
        cJSON *again = cJSON_Parse(line);
        fuzz_require(again != NULL, "it is JSON");
        cJSON_Delete(again);
        cJSON_free(line);
        cJSON_Delete(json);
        text_free(&out);
    }
}

/* Sums of numbers of very different size are only as exact as the largest. */
static bool is_near(double a, double b, double scale)
{
    return fabs(a - b) <= 1e-6 * (fabs(scale) + 1);
}

static void group_all(const struct profile *p)
{
    for (int i = 0; i < GROUPINGS; i++) {
        struct profile_groups g;
        double sum = 0;
        int members = 0;
        fuzz_require(!fuzz_refused(profile_groups_make(p, &groupings[i], &g)), "rows can be grouped");
        for (int k = 0; k < g.groups; k++) {
            sum += g.group[k].total_ns;
            members += g.group[k].members;
            fuzz_require(!k || g.group[k].total_ns <= g.group[k - 1].total_ns, "the longest comes first");
        }
        for (int r = 0; r < RESTS; r++)
            sum += g.rest_ns[r];
        fuzz_require(members <= p->kernels && is_near(sum, p->work_ns, p->work_ns), "groups make up all work");
        profile_groups_free(&g);
    }
}

static void compare(const struct profile *a, const struct profile *b)
{
    struct profile_pair pair;
    struct text out = {0};
    cJSON *json = NULL;
    struct err e = profile_pair_make(a, b, grouping_find("layer"), (struct floors){0.01, 0}, &pair);
    fuzz_require(!fuzz_refused(e), "profiles can be compared");
    for (int i = 0; i < pair.rows.rows && a == b; i++)
        fuzz_require(pair.rows.row[i].status == ROW_SAME, "a profile is the same as itself");
    fuzz_require(!fuzz_refused(profile_pair_text(&pair, 3, &out)), "a comparison can be printed");
    require_narrow(&out);
    fuzz_require(!fuzz_refused(profile_pair_json(&pair, 3, &json)), "a comparison can be told");
    cJSON_Delete(json);
    text_free(&out);
    profile_pair_free(&pair);
}

void fuzz_profile(const uint8_t *data, size_t size)
{
    struct profiled_run *run = calloc(1, sizeof *run);
    fuzz_require(run != NULL, "there is memory");
    fuzz_require(!fuzz_refused(profiled_run_read(fuzz_file(data, size), run)), "no content is an error");
    for (int i = 0; i < run->profiles; i++) {
        print_all(&run->profile[i]);
        group_all(&run->profile[i]);
        compare(&run->profile[i], &run->profile[i]);
        compare(&run->profile[0], &run->profile[i]);
    }
    profiled_run_free(run);
    free(run);
}
