/* Conditions of a process: texts of the kernel's files, made up, and this process's own. */
#include "bench/measure/conditions.h"
#include "bench/measure/conditions_text.h"
#include "pipeline/base/error.h"
#include "profiler/sensors/host_files.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static const int64_t none = CONDITION_UNKNOWN;

#define IO "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 5\ncancelled_write_bytes: 6\n"

Test(conditions, counts)
{
    static const struct {
        const char *text;
        int64_t expected;
    } cases[] = {
        {"0\n", 0},
        {"17", 17},
        {"9223372036854775807\n", INT64_MAX},
        {"9223372036854775808\n", CONDITION_UNKNOWN},
        {"", CONDITION_UNKNOWN},
        {"\n", CONDITION_UNKNOWN},
        {"-1\n", CONDITION_UNKNOWN},
        {" 1\n", CONDITION_UNKNOWN},
        {"1 2\n", CONDITION_UNKNOWN},
        {"1x", CONDITION_UNKNOWN},
        {"<unknown>\n", CONDITION_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect(conditions_parse_count(cases[i].text) == cases[i].expected, "%s", cases[i].text);
}

Test(conditions, fields)
{
    static const struct {
        const char *text, *name;
        int64_t expected;
    } cases[] = {
        {IO, "read_bytes:", 4096},
        {IO, "write_bytes:", 5}, /* not that of the line that ends so */
        {IO, "rchar:", 1},
        {IO, "bytes:", CONDITION_UNKNOWN},
        {"MemTotal:       32 kB\nMemAvailable:    8000 kB\n", "MemAvailable:", 8000},
        {"MemAvailable:\t77", "MemAvailable:", 77},
        {"MemTotal:       32 kB\nMemFree:  8 kB\n", "MemAvailable:", CONDITION_UNKNOWN},
        {"MemAvailable: lots\n", "MemAvailable:", CONDITION_UNKNOWN},
        {"MemAvailable:\n5\n", "MemAvailable:", CONDITION_UNKNOWN},
        {"", "MemAvailable:", CONDITION_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        cr_expect(conditions_parse_field(cases[i].text, cases[i].name) == cases[i].expected, "%zu", i);
}

Test(conditions, clocks)
{
    cr_expect(host_parse_khz("2400000\n") == 2.4e9);
    cr_expect(host_parse_khz("0\n") == 0 && host_parse_khz("<unknown>\n") == 0);
    static const char two[] =
        "processor\t: 0\ncpu MHz\t\t: 2000.500\ncache\t: x\n\nprocessor\t: 1\ncpu MHz\t\t: 3000.500\n";
    cr_expect(fabs(host_parse_cpuinfo_hz(two) - 2500.5e6) < 1);
    cr_expect(fabs(host_parse_cpuinfo_hz("cpu MHz : 1000\ncpu MHz : 12") - 1e9) < 1, "a line that is cut");
    static const char *const nothing[] = {"",
                                          "cpu MHz",
                                          "cpu MHz :\n",
                                          "cpu MHz : fast\n",
                                          "cpu MHz : nan\n",
                                          "cpu MHz : -5\n",
                                          "cpu MHz : 1e300\n",
                                          "BogoMIPS : 50\n",
                                          "cpu MHz : 5 x\n"};
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
        cr_expect(host_parse_cpuinfo_hz(nothing[i]) == 0, "%s", nothing[i]);
}

Test(conditions, words)
{
    char out[CONDITION_TEXT];
    conditions_parse_word("schedutil\n", out);
    cr_expect(!strcmp(out, "schedutil"));
    conditions_parse_word("a_word_that_is_longer_than_any_governor", out);
    cr_expect(!*out);
    conditions_parse_word("", out);
    cr_expect(!*out);
    conditions_parse_chosen("always [madvise] never\n", out);
    cr_expect(!strcmp(out, "madvise"));
    static const char *const nothing[] = {
        "always madvise never", "[always", "]always[", "[]", "", "[a_word_that_is_longer_than_any_mode]"};
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++) {
        conditions_parse_chosen(nothing[i], out);
        cr_expect(!*out, "%s", nothing[i]);
    }
}

Test(conditions, autogroups)
{
    cr_expect(conditions_parse_autogroup_nice("/autogroup-123 nice 0\n") == 0);
    cr_expect(conditions_parse_autogroup_nice("/autogroup-1 nice -20") == -20);
    cr_expect(conditions_parse_autogroup_nice("/autogroup-1 nice 19\n") == 19);
    static const char *const nothing[] = {
        "",      "/autogroup-1 nice 20\n", "/autogroup-1 nice\n", "/autogroup-x nice 1\n", "/autogroup-1 nice 1x\n",
        "nice 1"};
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
        cr_expect(conditions_parse_autogroup_nice(nothing[i]) == none, "%s", nothing[i]);
}

Test(conditions, cgroups)
{
    static const struct {
        const char *text;
        bool second;
        const char *expected; /* NULL: there is none */
    } cases[] = {
        {"0::/user.slice/a b\n", true, "/user.slice/a b"},
        {"0::/\n", true, ""},
        {"0::/", true, ""},
        {"0::/x", false, NULL},
        {"12:cpuset:/s\n4:cpu,cpuacct:/docker/1:2\n0::/u\n", false, "/docker/1:2"},
        {"12:cpuset:/s\n4:cpuacct,cpu:/c\n0::/u\n", false, "/c"},
        {"12:cpuset:/s\n4:cpu,cpuacct:/c\n0::/u\n", true, "/u"},
        {"2:cpuset,cpuacct:/s\n1:name=cpu:/n\n", false, NULL},
        {"10::/x\n", true, NULL},
        {"0::relative\n", true, NULL},
        {"0:\n:/x\n", true, NULL},
        {"", true, NULL},
        {"", false, NULL},
    };
    char out[CONDITIONS_LONGEST_GROUP], *longest = calloc(3000, 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool found = conditions_parse_cgroup(cases[i].text, cases[i].second, out);
        cr_expect(found == !!cases[i].expected, "%zu", i);
        cr_expect(!found || !strcmp(out, cases[i].expected), "%zu: %s", i, out);
    }
    memset(longest, 'x', 2999);
    memcpy(longest, "0::/", 4);
    cr_expect(!conditions_parse_cgroup(longest, true, out));
    free(longest);
}

Test(conditions, limits)
{
    cr_expect(conditions_parse_cpu_max("150000 100000\n") == 1.5);
    static const char *const nothing[] = {"max 100000\n", "", "100000\n", "1 0\n", "-1 5\n", "5 x\n", "5 5 5\n"};
    for (size_t i = 0; i < ARRAY_LEN(nothing); i++)
        cr_expect(conditions_parse_cpu_max(nothing[i]) == 0, "%s", nothing[i]);
    cr_expect(conditions_parse_quota("50000\n", "100000\n") == 0.5);
    cr_expect(conditions_parse_quota("-1\n", "100000\n") == 0 && conditions_parse_quota("5\n", "0\n") == 0);
    cr_expect(conditions_parse_quota("", "") == 0);
}

static void expect_same(const struct conditions *a, const struct conditions *b)
{
    cr_expect(a->disk_read_bytes == b->disk_read_bytes && a->major_faults == b->major_faults &&
              a->minor_faults == b->minor_faults && a->throttle_events == b->throttle_events);
    cr_expect(a->clock_hz == b->clock_hz && a->cgroup_cores == b->cgroup_cores && a->nice == b->nice);
    cr_expect(a->autogroup_enabled == b->autogroup_enabled && a->autogroup_nice == b->autogroup_nice &&
              a->memory_free_bytes == b->memory_free_bytes);
    cr_expect(!strcmp(a->governor, b->governor) && !strcmp(a->scheduler, b->scheduler) &&
              !strcmp(a->huge_pages, b->huge_pages));
}

/* Through JSON and back, by its text. */
static struct conditions again(const struct conditions *c, int members)
{
    cJSON *object = cJSON_CreateObject();
    conditions_add(object, c);
    cr_expect(cJSON_GetArraySize(object) == members, "%d members", cJSON_GetArraySize(object));
    char *text = cJSON_PrintUnformatted(object);
    cJSON *read = cJSON_Parse(text);
    struct conditions back = conditions_read(read);
    cJSON_Delete(object);
    cJSON_Delete(read);
    cJSON_free(text);
    return back;
}

Test(conditions, json)
{
    struct conditions all = {1LL << 40, 2,   0,       2.345678901e9, "performance", 6,      1,
                             -7,        -20, "batch", 1.25,          1LL << 50,     "never"};
    struct conditions back = again(&all, 13);
    expect_same(&all, &back);
    struct conditions unknown = {none, none, none, 0, "", none, none, none, none, "", 0, none, ""};
    back = again(&unknown, 0);
    expect_same(&unknown, &back);
    back = conditions_read(NULL);
    expect_same(&unknown, &back);
    cJSON *wrong = cJSON_Parse("{\"nice\": \"1\", \"clock_hz\": -5, \"minor_faults\": 1e300, \"governor\": 4,"
                               "\"huge_pages\": \"a word that is too long for it to be one\"}");
    back = conditions_read(wrong);
    cr_expect(back.nice == none && back.clock_hz == 0 && back.minor_faults == none && !*back.governor);
    cr_expect(strlen(back.huge_pages) < CONDITION_TEXT);
    cJSON_Delete(wrong);
}

static bool is_count(int64_t n)
{
    return n == none || n >= 0;
}

/* What this machine says cannot be known here, but not all can be anything. */
Test(conditions, of_this_process)
{
    enum { PAGES = 1000 };
    struct conditions before = conditions_now();
    size_t bytes = PAGES * (size_t)sysconf(_SC_PAGESIZE);
    char *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert(map != MAP_FAILED);
    madvise(map, bytes, MADV_NOHUGEPAGE);
    memset(map, 1, bytes);
    setpriority(PRIO_PROCESS, 0, 19);
    struct conditions after = conditions_now();
    munmap(map, bytes);
    cr_expect(after.minor_faults - before.minor_faults >= PAGES, "%jd", (intmax_t)after.minor_faults);
    cr_expect(after.nice == 19 && before.nice <= 19, "nice %jd", (intmax_t)after.nice);
    cr_expect(!strcmp(after.scheduler, "other") || !strcmp(after.scheduler, "batch") ||
              !strcmp(after.scheduler, "idle"));
    cr_expect(is_count(after.disk_read_bytes) && is_count(after.major_faults) && is_count(after.throttle_events));
    cr_expect(after.disk_read_bytes >= before.disk_read_bytes && after.major_faults >= before.major_faults);
    cr_expect(after.memory_free_bytes == none || after.memory_free_bytes > 0);
    cr_expect(after.clock_hz == 0 || (after.clock_hz > 1e7 && after.clock_hz < 1e11), "%g Hz", after.clock_hz);
    cr_expect(after.cgroup_cores >= 0 && after.autogroup_enabled <= 1);
}
