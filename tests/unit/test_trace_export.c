/* profiler/export: a trace as events for Perfetto, judged by the rules of its importer. */
#include "profiler/export/layers.h"
#include "profiler/export/trace_export.h"
#include "tests/support/event_file.h"
#include "tests/support/model_trace.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

TestSuite(trace_export, .init = scratch_open, .fini = scratch_close);

static struct trace_export_size write_trace(const struct trace_export *x)
{
    struct trace_export_size size;
    struct stat st;
    struct err e = trace_export_write(x, scratch_path("t.json.gz"), &size);
    cr_assert(!e.code, "%s", err_text(e));
    cr_assert(!stat(scratch_path("t.json.gz"), &st));
    cr_expect_eq((uint64_t)st.st_size, size.bytes);
    cr_expect_eq(scratch_count(), 1);
    return size;
}

static struct event_file read_trace(void)
{
    struct event_file f = event_file_read(scratch_path("t.json.gz"));
    cr_expect(!*f.mistake, "%s", f.mistake);
    return f;
}

static int count(const struct event_file *f, char phase, const char *name)
{
    int n = 0;
    for (int i = 0; i < f->events; i++)
        n += f->event[i].phase == phase && !strncmp(f->event[i].name, name, strlen(name));
    return n;
}

/* Slices that lie in one of that name. */
static int inside(const struct event_file *f, const char *name, const char *around)
{
    int n = 0;
    for (int i = 0; i < f->events; i++)
        n += f->event[i].phase == 'X' && !strcmp(f->event[i].name, name) && !strcmp(f->event[i].inside, around);
    return n;
}

Test(trace_export, fifty_steps_fit_in_12_MB)
{
    struct model_trace m = model_trace_make((struct model_trace_how){.steps = 50, .repetitions = 1});
    cr_expect(m.kernels_a_step >= 1600, "only %jd kernels a step", (intmax_t)m.kernels_a_step);
    struct trace_export_size size = write_trace(&(struct trace_export){.trace = m.trace});
    cr_expect(size.bytes <= 12000000, "%ju bytes", (uintmax_t)size.bytes);
    cr_expect_eq(size.left_out, 0);
    struct event_file f = read_trace();
    cr_expect(f.arrows >= 50 * m.kernels_a_step);
    cr_expect_eq(count(&f, 'X', "denoise_step step"), 100); /* on the host and on the device */
    event_file_free(&f);

    size = write_trace(&(struct trace_export){.trace = m.trace, .steps = 2});
    cr_expect(size.bytes <= 1000000, "%ju bytes", (uintmax_t)size.bytes);
    f = read_trace();
    cr_expect_eq(count(&f, 'X', "denoise_step step"), 4);
    cr_expect_eq(count(&f, 'X', "decoder"), 2 + 2); /* ... and vae > decoder; its run stage, which launches nothing */
    event_file_free(&f);
    trace_free(m.trace);
}

Test(trace_export, layers_nest_as_the_model_does)
{
    struct model_trace m = model_trace_make((struct model_trace_how){.steps = 3, .repetitions = 2});
    write_trace(&(struct trace_export){.trace = m.trace, .steps = 1});
    struct event_file f = read_trace();
    cr_expect_eq(inside(&f, "unet", "denoise_step step 0"), 1);
    cr_expect_eq(inside(&f, "down_blocks.0", "unet"), 1);
    cr_expect_eq(inside(&f, "attentions.1", "down_blocks.0"), 1);
    cr_expect_eq(inside(&f, "transformer_blocks.0", "attentions.1"), 6); /* 3 levels down, 3 up; not the middle */
    cr_expect_eq(inside(&f, "to_q", "attn1"), 16);
    cr_expect_eq(inside(&f, "to_out.0", "attn1"), 16);
    cr_expect_eq(inside(&f, "net.0", "ff"), 16);
    cr_expect_eq(inside(&f, "proj", "net.0"), 16);
    cr_expect_eq(inside(&f, "cudaLaunchKernel", ""), f.arrows);
    cr_expect_eq(inside(&f, "cuLaunchKernel", "cudaLaunchKernel"), f.arrows);
    cr_expect_eq(inside(&f, "wait", "cudaStreamSynchronize"), 1);
    cr_expect_eq(f.tracks, 4, "layers, stream, plans and thread, but there are %d", f.tracks);
    cr_expect_eq(f.deepest, 8, "run, unet, down_blocks, attentions, transformer_blocks, ff, net, proj: %d", f.deepest);
    int64_t step_end = 0, kernel_end = 0;
    for (int i = 0; i < f.events; i++) {
        const struct file_event *e = &f.event[i];
        if (!strncmp(e->name, "void sd::device::", 17))
            kernel_end = e->t_ns + e->duration_ns;
        if (!e->depth && e->phase == 'X' && !strcmp(e->name, "decoder"))
            step_end = e->t_ns + e->duration_ns;
    }
    cr_expect_eq(step_end, kernel_end, "to the nanosecond: %jd, %jd", (intmax_t)step_end, (intmax_t)kernel_end);
    event_file_free(&f);

    write_trace(&(struct trace_export){.trace = m.trace, .repetitions = 5});
    f = read_trace();
    cr_expect_eq(count(&f, 'X', "repetition"), 2);
    cr_expect_eq(inside(&f, "unet", "denoise_step step 2"), 2);
    event_file_free(&f);
    trace_free(m.trace);
}

Test(trace_export, replays_have_a_track_and_one_arrow)
{
    struct model_trace m = model_trace_make((struct model_trace_how){.steps = 3, .repetitions = 1, .captured = true});
    write_trace(&(struct trace_export){.trace = m.trace});
    struct event_file f = read_trace();
    int replayed = 0;
    for (int i = 0; i < f.events; i++)
        if (f.event[i].phase == 's' && !strcmp(f.event[i].inside, "cudaGraphLaunch"))
            replayed++;
    cr_expect_eq(replayed, 3);
    cr_expect_eq(count(&f, 'X', "cudaGraphLaunch"), 3);
    cr_expect_eq(f.tracks, 5, "replays too, but there are %d", f.tracks);
    event_file_free(&f);
    trace_free(m.trace);
}

static const cJSON *event_with(const cJSON *file, const char *phase, const char *name)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, cJSON_GetObjectItemCaseSensitive(file, "traceEvents"))
    {
        const cJSON *ph = cJSON_GetObjectItemCaseSensitive(e, "ph"), *n = cJSON_GetObjectItemCaseSensitive(e, "name");
        if (!strcmp(ph->valuestring, phase) && !strcmp(n->valuestring, name))
            return e;
    }
    cr_assert_fail("no event %s %s", phase, name);
    return NULL;
}

static void expect_member(const cJSON *object, const char *name, const char *json)
{
    char *text = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(object, name));
    cr_expect(text && !strcmp(text, json), "%s: %s, not %s", name, text ? text : "absent", json);
    free(text);
}

/* A plan of two launches, the first with a folded path; a repetition of 10 us that begins at 1000 ns. */
static struct trace *small_trace(void)
{
    struct trace *t = trace_new();
    cr_assert(t);
    trace_add_plan(t, &(struct traced_plan){.name = trace_text(t, "denoise_step"), .launches = 2});
    for (int i = 0; i < 2; i++) {
        struct traced_launch l = {.index = i, .stage = STAGE_STEP, .op = i ? OP_silu : OP_conv};
        l.implementation = trace_text(t, "engine \"38\"\\n\n");
        l.paths = i ? 1 : 2;
        l.path = calloc(2, sizeof *l.path);
        l.path[0] = trace_text(t, i ? "unet/conv.out" : "unet/conv_in");
        l.path[1] = trace_text(t, "unet/silu");
        l.cost = (struct cost){.product_flop = 5e9, .bytes = 77};
        trace_add_launch(t, &l);
    }
    trace_add_repetition(t, &(struct repetition){1000, 11000});
    trace_add_run(t, &(struct traced_run){.stage = STAGE_STEP, .begin_ns = 1500, .end_ns = 2500});
    return t;
}

static struct activity kernel(struct trace *t, int64_t begin_ns, int64_t end_ns, int32_t launch)
{
    return (struct activity){.kind = ACTIVITY_kernel,
                             .name = trace_text(t, "void k<(int)\"2\">\t\xff\\"),
                             .begin_ns = begin_ns,
                             .end_ns = end_ns,
                             .launch = launch,
                             .shape = -1};
}

Test(trace_export, a_kernel_says_what_is_known)
{
    struct trace *t = small_trace();
    struct activity a = kernel(t, 2000, 3001, 0);
    a.shape = trace_shape(
        t, &(struct kernel_shape){
               .grid = {9, 8, 7}, .block = {256, 1, 1}, .registers = 40, .shared_dynamic = 4096, .local = 16});
    trace_add_activity(t, &a);
    const struct trace_property p[] = {{"name", "NVIDIA \"X\""}, {"memory", "80 GB"}};
    const struct trace_counter c[] = {{"SM clock", "MHz", 2500, 1410.5},
                                      {"SM clock", "MHz", 999, 1}, /* before all else */
                                      {"power", "W", 11000, 0},
                                      {"power", "W", 10000, NAN},
                                      {"power", "W", 12000, 1}};
    struct trace_export_size size = write_trace(&(struct trace_export){.trace = t,
                                                                       .title = "standard, \"article\"",
                                                                       .device = "NVIDIA X\n",
                                                                       .property = p,
                                                                       .properties = 2,
                                                                       .counter = c,
                                                                       .counters = 5});
    cJSON *json = event_file_json(scratch_path("t.json.gz"));
    cr_expect_eq((uint64_t)cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, "traceEvents")), size.events);
    expect_member(json, "schemaVersion", "1");
    expect_member(json, "displayTimeUnit", "\"ns\"");
    expect_member(json, "baseTimeNanoseconds", "1000");
    expect_member(json, "deviceProperties", "[{\"name\":\"NVIDIA \\\"X\\\"\",\"memory\":\"80 GB\"}]");
    expect_member(json, "otherData",
                  "{\"title\":\"standard, \\\"article\\\"\",\"repetitions\":1,\"steps\":0,\"left_out\":0,\"dropped\":0,"
                  "\"bad_times\":0}");
    const cJSON *e = event_with(json, "X", "void k<(int)\"2\">\t?\\");
    cr_expect_eq(cJSON_GetObjectItemCaseSensitive(e, "ts")->valuedouble, 1);
    cr_expect_eq(cJSON_GetObjectItemCaseSensitive(e, "dur")->valuedouble, 1.001);
    expect_member(e, "args",
                  "{\"layer\":\"unet/conv_in\",\"folded\":[\"unet/silu\"],\"op\":\"conv\",\"dtype\":\"f32\","
                  "\"implementation\":\"engine \\\"38\\\"\\\\n\\n\",\"product_flop\":5000000000,\"model_bytes\":77,"
                  "\"grid\":[9,8,7],\"block\":[256,1,1],\"registers\":40,\"shared_dynamic_bytes\":4096,"
                  "\"local_bytes\":16,\"in_graph\":false}");
    expect_member(event_with(json, "C", "SM clock"), "args", "{\"MHz\":1410.5}");
    expect_member(event_with(json, "C", "power"), "args", "{\"W\":0}");
    expect_member(event_with(json, "M", "process_name"), "args", "{\"name\":\"NVIDIA X\\n\"}");
    cJSON_Delete(json);
    struct event_file f = read_trace();
    cr_expect_eq(f.counters, 2);
    cr_expect_eq(f.slices, 1 + 3 + 2); /* the kernel; run, unet, conv_in; repetition and run on the host */
    event_file_free(&f);
    trace_free(t);
}

Test(trace_export, steps_left_out_leave_nothing)
{
    static const struct {
        int64_t begin_ns;
        int32_t run;
        bool shown;
    } calls[] = {{999, -1, false}, {1200, -1, true},  {1600, 0, true},  {1600, -1, true},  {2600, -1, true},
                 {3100, 1, false}, {3100, -1, false}, {4000, -1, true}, {11000, -1, true}, {11001, -1, false}};
    struct trace *t = small_trace();
    trace_add_run(t, &(struct traced_run){.stage = STAGE_STEP, .step = 1, .begin_ns = 3000, .end_ns = 4000});
    trace_add_run(t, &(struct traced_run){.stage = STAGE_STEP, .repetition = -1, .begin_ns = 20000, .end_ns = 21000});
    int shown = 0;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++) {
        struct activity a = {.kind = ACTIVITY_call, .launch = -1, .run = calls[i].run, .shape = -1};
        a.begin_ns = calls[i].begin_ns;
        a.end_ns = a.begin_ns + 10;
        trace_add_activity(t, &a);
        shown += calls[i].shown;
    }
    write_trace(&(struct trace_export){.trace = t, .steps = 1});
    struct event_file f = read_trace();
    cr_expect_eq(count(&f, 'X', "call"), shown);
    cr_expect_eq(f.slices, shown + 2, "and the repetition, with the first step: %d", f.slices);
    for (int i = 0; i < f.events; i++) /* times are from the repetition's beginning on, at 1000 */
        cr_expect(f.event[i].t_ns < 2000 || f.event[i].t_ns >= 3000, "at %jd", (intmax_t)f.event[i].t_ns);
    event_file_free(&f);
    trace_free(t);
}

Test(trace_export, what_overlaps_still_nests)
{
    static const struct {
        int64_t begin_ns, end_ns;
        int32_t launch;
    } work[] = {{2000, 5000, 0}, {2000, 2500, 1}, {3000, 4000, 1}, {4500, 7000, -1}, {6000, 8000, 0},
                {7000, 7000, 1}, {7500, 9000, 0}, {8000, 9000, 1}, {8500, 8900, 0}};
    struct trace *t = small_trace();
    for (size_t i = 0; i < ARRAY_LEN(work); i++) {
        struct activity a = kernel(t, work[i].begin_ns, work[i].end_ns, work[i].launch);
        trace_add_activity(t, &a);
    }
    struct activity backwards = kernel(t, 8600, 8500, 0);
    trace_add_activity(t, &backwards);
    struct activity call = {.kind = ACTIVITY_call, .launch = -1, .run = 0, .shape = -1, .stream = 1, .begin_ns = 1600};
    for (int i = 0; i < 3; i++) { /* each cuts the one before it in two */
        call.end_ns = call.begin_ns + 1000;
        trace_add_activity(t, &call);
        call.begin_ns += 400;
    }
    trace_sort(t);
    struct trace_export_size size = write_trace(&(struct trace_export){.trace = t});
    cr_expect_eq(size.left_out, 1);
    struct event_file f = read_trace();
    cr_expect_eq(count(&f, 'X', "void k"), (int)ARRAY_LEN(work));
    cr_expect_eq(count(&f, 'X', "call"), 3);
    cr_expect_eq(inside(&f, "unet", "denoise_step"), 2, "what is of no launch ends the layers");
    event_file_free(&f);
    trace_free(t);
}

/* Launches whose paths have up to 40 groups of two names, so that many are alike. */
static void add_random_launches(struct trace *t, int launches)
{
    trace_add_plan(t, &(struct traced_plan){.name = trace_text(t, "plan"), .launches = launches});
    for (int i = 0; i < launches; i++) {
        char path[128] = "";
        for (int groups = rand() % 40, k = 0; k < groups; k++)
            strcat(path, rand() % 4 ? "a/" : "b.");
        struct traced_launch l = {.index = i, .op = OP_add, .path = calloc(1, sizeof *l.path), .paths = rand() % 9 > 0};
        l.path[0] = trace_text(t, path);
        trace_add_launch(t, &l);
    }
}

static void add_random_work(struct trace *t, int launches)
{
    int64_t now = 0;
    trace_add_repetition(t, &(struct repetition){0, 1000000});
    for (int32_t run = 0; run < 20; run++) {
        trace_add_run(t, &(struct traced_run){.stage = run % 2, .step = run, .begin_ns = now, .end_ns = now + 50});
        for (int i = 0; i < 50; i++) {
            struct activity a = kernel(t, now, now + rand() % 40, rand() % launches);
            now += rand() % 20;
            a.run = rand() % 20 ? run : -1;
            a.stream = (uint32_t)rand() % 3;
            a.in_graph = rand() % 2;
            a.correlation = (uint64_t)(rand() % 5000);
            if (rand() % 3 == 0)
                a.kind = (uint8_t)(rand() % ACTIVITY_COUNT);
            trace_add_activity(t, &a);
        }
    }
    trace_sort(t);
}

Test(trace_export, whatever_overlaps_nests)
{
    enum { TRACES = 50, LAUNCHES = 12 };
    for (unsigned seed = 0; seed < TRACES; seed++) {
        struct trace *t = trace_new();
        srand(seed);
        add_random_launches(t, LAUNCHES);
        add_random_work(t, LAUNCHES);
        struct trace_export_size size = write_trace(&(struct trace_export){.trace = t, .steps = seed % 3 ? 0 : 7});
        struct event_file f = event_file_read(scratch_path("t.json.gz"));
        cr_expect(!*f.mistake, "seed %u: %s", seed, f.mistake);
        cr_expect_eq(size.left_out, 0);
        int layers = 0;
        for (int i = 0; i < f.events; i++) { /* what is on the device's tracks and no kernel is a layer */
            const struct file_event *e = &f.event[i];
            if (e->phase != 'X' || e->pid != 1 || !strncmp(e->name, "void k", 6))
                continue;
            cr_expect(!layers || layers == e->tid, "seed %u: layers on two tracks", seed);
            layers = e->tid;
        }
        cr_expect(layers);
        event_file_free(&f);
        trace_free(t);
    }
}

Test(trace_export, groups_of_a_path)
{
    static const char *const paths[][5] = {
        {"unet/down_blocks.0/attn1/to_out.0", "unet", "down_blocks.0", "attn1", "to_out.0"},
        {"down_blocks.0.resnets.1.conv1", "down_blocks.0", "resnets.1", "conv1"},
        {"end./x", "end", "x"},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        const char *at = paths[i][0];
        int group = 1;
        while (*at) {
            const char *end = layer_group_end(at);
            if (end == at) {
                at++;
                continue;
            }
            cr_assert(group < 5 && paths[i][group], "%s: too many", paths[i][0]);
            cr_expect(strlen(paths[i][group]) == (size_t)(end - at) && !memcmp(at, paths[i][group], (size_t)(end - at)),
                      "%s: %.*s, not %s", paths[i][0], (int)(end - at), at, paths[i][group]);
            at = *end ? end + 1 : end;
            group++;
        }
        cr_expect(group == 5 || !paths[i][group], "%s: too few", paths[i][0]);
    }
}

Test(trace_export, says_why_it_cannot_write)
{
    struct trace *t = trace_new();
    struct err e = trace_export_write(&(struct trace_export){.trace = t}, scratch_path("a.json.gz"), NULL);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "no whole run"), "%s", err_text(e));
    err_free(&e);
    trace_free(t);

    struct model_trace m = model_trace_make((struct model_trace_how){.steps = 1, .repetitions = 1});
    const struct trace_export x = {.trace = m.trace};
    e = trace_export_write(&x, scratch_path("missing/a.json.gz"), NULL);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "a.json.gz: cannot be created: No such file"), "%s",
              err_text(e));
    err_free(&e);
    e = trace_export_write(&x, "/dev/full", NULL);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "No space left on device"), "%s", err_text(e));
    cr_expect(!strchr(err_text(e), '\n'));
    err_free(&e);
    cr_expect_eq(scratch_count(), 0);
    trace_free(m.trace);
}
