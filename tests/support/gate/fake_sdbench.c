/* A made-up sdbench for tests of `gate`: it speaks as a measured process does (bench/generate/report.h) and computes
 * nothing. What it says is in the JSON file "sdbench.facts" beside it:
 *
 *     {"version": "1.2", "variants": ["standard"], "warm_ms": [100, 105], "pixels": ["aa"], "choices": ["c1"],
 *      "graph": "61", "launches": 7}
 *
 * Lists go by its starts, from the first one that makes pictures, and begin again at their end; hashes are hexadecimal.
 * More members make it fail:
 *
 *     "absent": why     this machine lacks what it needs
 *     "old": true       it knows no --probe
 *     "dies_at": N      start N ends with a signal
 *
 * Times are no real ones: a sample begins now, which its parent relies on, and ends when the file says so. */
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cjson/cJSON.h>

enum { FAILED = 3, ABSENT = 77 };

#define COLD_NS 2e8

struct fake {
    char folder[4096];
    cJSON *facts;
    int fd, start; /* from 0, of those that make pictures */
    double slow_down;
};

static const char *argument(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--"))
            return NULL;
        else if (!strcmp(argv[i], name))
            return i + 1 < argc ? argv[i + 1] : "";
    return NULL;
}

static void read_facts(struct fake *f)
{
    char path[4200], text[1 << 16] = "";
    ssize_t n = readlink("/proc/self/exe", f->folder, sizeof f->folder - 1);
    f->folder[n > 0 ? n : 0] = 0;
    *strrchr(f->folder, '/') = 0;
    snprintf(path, sizeof path, "%s/sdbench.facts", f->folder);
    int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, text, sizeof text - 1) <= 0 || !(f->facts = cJSON_Parse(text))) {
        fprintf(stderr, "fake sdbench: no facts\n");
        exit(FAILED);
    }
    close(fd);
}

/* Counts in a file: a byte for each start before. */
static int count_start(const struct fake *f)
{
    char path[4200], one = '.';
    snprintf(path, sizeof path, "%s/sdbench.starts", f->folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    off_t before = lseek(fd, 0, SEEK_END);
    if (fd < 0 || before < 0 || write(fd, &one, 1) != 1)
        exit(FAILED);
    close(fd);
    return (int)before;
}

static const cJSON *fact(const struct fake *f, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(f->facts, name);
    int n = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    return n ? cJSON_GetArrayItem(value, f->start % n) : value;
}

static uint64_t hash_fact(const struct fake *f, const char *name)
{
    const char *text = cJSON_GetStringValue(fact(f, name));
    return text ? strtoull(text, NULL, 16) : 0;
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void tell_pipeline(const struct fake *f)
{
    const cJSON *launches = fact(f, "launches");
    dprintf(f->fd,
            "{\"pipeline\":{\"backend\":\"null\",\"variant\":\"standard\",\"description\":\"made up\","
            "\"graph_hash\":\"%016" PRIx64 "\",\"choice_hash\":\"%016" PRIx64 "\",\"launches\":%d,\"flop\":1000,"
            "\"evaluations\":5,\"weights_bytes\":2000,\"arena_bytes\":3000}}\n{\"mapped\":[]}\n",
            hash_fact(f, "graph"), hash_fact(f, "choices"), launches ? launches->valueint : 7);
}

/* All of it in one phase. No processors are told: then nobody's load is judged. */
static void tell_sample(const struct fake *f, const char *name, const char *phase, double ns)
{
    int64_t begin_ns = now_ns(), time_ns = (int64_t)ns;
    dprintf(f->fd,
            "{\"sample\":\"%s\",\"settled\":true,\"begin\":{\"time_ns\":%" PRId64 "},\"end\":{\"time_ns\":%" PRId64
            "},\"write_ns\":0,\"phases\":[{\"name\":\"%s\",\"begin_ns\":%" PRId64 ",\"time_ns\":%" PRId64
            ",\"entries\":1}],\"unaccounted_ns\":0,\"peak_resident_bytes\":4096,\"pixels_hash\":\"%016" PRIx64
            "\",\"latents_hash\":\"%016" PRIx64 "\"}\n",
            name, begin_ns, begin_ns + time_ns, phase, begin_ns, time_ns, hash_fact(f, "pixels"),
            hash_fact(f, "pixels"));
}

static int tell_error(const struct fake *f, int code, const char *text)
{
    dprintf(f->fd, "{\"error\":\"%s\",\"code\":%d}\n", text, code);
    return code;
}

static int probe(const struct fake *f)
{
    dprintf(f->fd, "{\"probe\":{\"backend\":\"null\",\"computes\":false,\"synthetic\":false,\"keeps_plans\":false,"
                   "\"has_device\":false}}\n{\"mapped\":[]}\n");
    return 0;
}

static int make_pictures(struct fake *f, const char *then)
{
    const char *warm = then ? strstr(then, "W1:") : NULL;
    f->start = count_start(f);
    const cJSON *ms = fact(f, "warm_ms"), *dies_at = fact(f, "dies_at");
    if (dies_at && dies_at->valueint == f->start)
        raise(SIGKILL);
    tell_pipeline(f);
    tell_sample(f, "cold", "step 1", COLD_NS);
    for (int i = warm ? atoi(warm + 3) : 0; i > 0; i--)
        tell_sample(f, "W1", "other steps", round((ms ? ms->valuedouble : 100) * 1e6 * (1 + f->slow_down)));
    return 0;
}

static int generate(struct fake *f, int argc, char **argv)
{
    const char *fd = argument(argc, argv, "--phases"), *slower = argument(argc, argv, "--slow-down");
    const char *absent = cJSON_GetStringValue(fact(f, "absent"));
    bool is_probe = argument(argc, argv, "--probe");
    f->fd = fd ? atoi(fd) : -1;
    f->slow_down = slower ? atof(slower) : 0;
    if (is_probe && fact(f, "old")) {
        fprintf(stderr, "fake sdbench: no option is called --probe\n");
        return FAILED;
    }
    if (absent)
        return tell_error(f, ABSENT, absent);
    return is_probe ? probe(f) : make_pictures(f, argument(argc, argv, "--then"));
}

static int list_variants(const struct fake *f)
{
    cJSON *answer = cJSON_CreateObject(), *rows = cJSON_AddArrayToObject(answer, "variants");
    const cJSON *name;
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(f->facts, "variants"))
    {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "name", name->valuestring);
        cJSON_AddItemToArray(rows, row);
    }
    char *text = cJSON_Print(answer);
    puts(text);
    free(text);
    cJSON_Delete(answer);
    return 0;
}

int main(int argc, char **argv)
{
    struct fake f = {.fd = -1};
    const char *verb = argc > 1 ? argv[1] : "";
    int code = FAILED;
    read_facts(&f);
    if (!strcmp(verb, "--version"))
        code = printf("sdbench %s\n", cJSON_GetStringValue(fact(&f, "version"))) < 0;
    else if (!strcmp(verb, "list") && argc > 2 && !strcmp(argv[2], "variants"))
        code = list_variants(&f);
    else if (!strcmp(verb, "generate"))
        code = generate(&f, argc, argv);
    cJSON_Delete(f.facts);
    return code;
}
