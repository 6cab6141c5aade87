/* Cache states on this machine's own files: what is reached is verified, and what is not says why. */
#include "bench/state/filesystem.h"
#include "bench/state/folder.h"
#include "bench/state/residency.h"
#include "bench/state/state.h"
#include "tests/support/scratch.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 4 << 20, NOBODY = 65534 };

static struct progress quiet;
static struct file_list weights;

static void open_all(void)
{
    scratch_open();
    progress_open(&quiet, true, 0);
}

static void close_all(void)
{
    file_list_free(&weights);
    scratch_close();
}

TestSuite(state, .init = open_all, .fini = close_all, .timeout = 60);

static void write_file(const char *path)
{
    char *bytes = malloc(SIZE);
    memset(bytes, 'w', SIZE);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    cr_assert(fd >= 0 && write(fd, bytes, SIZE) == SIZE && !close(fd), "%s", path);
    free(bytes);
}

/* A checkpoint of one file of SIZE bytes, which lies in the page cache. */
static const char *make_weights(void)
{
    write_file(scratch_path("model.safetensors"));
    cr_assert(!files_of_checkpoint(scratch_path("."), &weights).code);
    return weights.path[0];
}

/* A test that is skipped is not followed by its .fini. */
#define SKIP(...) (close_all(), cr_skip(__VA_ARGS__))

/* Files on a tmpfs stay in memory, and some sandboxes neither evict nor tell. */
static void need_eviction(void)
{
    struct residency r;
    int fd = open(weights.path[0], O_RDONLY | O_CLOEXEC);
    struct filesystem f = filesystem_of(fd);
    close(fd);
    if (f.is_memory || f.hides)
        SKIP("the scratch folder lies on %s, which does not evict", f.name);
    cr_assert(!residency_evict(&weights, &quiet, &r).code);
    if (r.share < 0 || r.share >= EVICTED_LIMIT)
        SKIP("%s does not evict, or does not tell: %.1f %% %s", f.name, 100 * r.share, r.reason);
}

static const struct state_row *row_of(const char *name)
{
    const struct state_row *row;
    cr_assert(!state_find(name, &row).code);
    return row;
}

static struct state_evidence prepare(const char *state, const struct state_subject *what, struct state_environment *env)
{
    struct state_evidence e;
    struct err failed = state_prepare(row_of(state), what, &quiet, &e, env);
    cr_assert(!failed.code, "%s", err_text(failed));
    return e;
}

static void expect_missed(const struct state_evidence *e, const char *const *words)
{
    cr_expect(!e->reached);
    for (; *words; words++)
        cr_expect(strstr(e->reason, *words), "\"%s\" is not in: %s", *words, e->reason);
}

#define EXPECT_MISSED(e, ...) expect_missed(e, (const char *const[]){__VA_ARGS__, NULL})

Test(state, evicted_and_resident)
{
    struct state_environment env;
    struct residency r;
    make_weights();
    need_eviction();
    struct state_subject what = {.backend = "cpu", .weights = weights, .scratch = scratch_path("scratch")};
    struct state_evidence e = prepare("C2", &what, &env);
    cr_expect(e.reached && e.weights_resident >= RESIDENT_LIMIT, "%g %s", e.weights_resident, e.reason);
    cr_expect(e.libraries_resident < 0 && e.plan_files < 0 && e.jit_files < 0 && !env.count, "there are none");
    r = residency_of(&weights);
    cr_expect(r.share == e.weights_resident && r.pages * (uint64_t)sysconf(_SC_PAGESIZE) == SIZE);
    e = prepare("C0", &what, &env);
    cr_expect(e.reached && 0 <= e.weights_resident && e.weights_resident < EVICTED_LIMIT, "%s", e.reason);
    e = prepare("W1", &what, &env);
    cr_expect(e.reached && 0 <= e.weights_resident && e.weights_resident < EVICTED_LIMIT, "it only looks");
    e = prepare("C2", &what, &env);
    cr_expect(e.reached && e.weights_resident >= RESIDENT_LIMIT, "%s", e.reason);
    cr_expect(!*e.reason);
}

/* Libraries are judged apart: the one list may be small beside the other. */
Test(state, a_library_that_another_process_maps)
{
    struct state_environment env;
    struct file_list libraries = {0};
    int ends[2];
    char ready, process[64];
    make_weights();
    need_eviction();
    write_file(scratch_path("lib.so"));
    char *library = realpath(scratch_path("lib.so"), NULL);
    cr_assert(library && !file_list_add(&libraries, library).code && !pipe(ends));
    pid_t child = fork();
    if (!child) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* also where the test fails */
        int fd = open(library, O_RDONLY);
        char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0), sum = 0;
        for (size_t i = 0; map != MAP_FAILED && i < SIZE; i += 4096)
            sum = (char)(sum + ((volatile char *)map)[i]);
        _exit(write(ends[1], "x", 1) + pause() + sum);
    }
    cr_assert(read(ends[0], &ready, 1) == 1);
    struct state_subject what = {.backend = "cpu", .weights = weights, .libraries = libraries, .scratch = "/none"};
    struct state_evidence e = prepare("C1", &what, &env);
    snprintf(process, sizeof process, "lib.so (100.0 %%) is still mapped by process %d (", (int)child);
    EXPECT_MISSED(&e, "libraries are 100.0 % in the page cache", "below 1 %", process);
    cr_expect(e.weights_resident < EVICTED_LIMIT && e.libraries_resident > RESIDENT_LIMIT);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    e = prepare("C1", &what, &env);
    cr_expect(e.reached && e.libraries_resident < EVICTED_LIMIT, "%s", e.reason);
    file_list_free(&libraries);
    free(library);
}

Test(state, weights_that_this_process_maps)
{
    struct state_environment env;
    const char *path = make_weights();
    need_eviction();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    volatile char *map = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);
    cr_assert(fd >= 0 && map != MAP_FAILED);
    char sum = 0;
    for (size_t i = 0; i < SIZE; i += 4096)
        sum = (char)(sum + map[i]);
    cr_assert(sum == (char)(SIZE / 4096 * 'w'));
    struct state_subject what = {.backend = "cpu", .weights = weights, .scratch = "/none"};
    struct state_evidence e = prepare("C0", &what, &env);
    EXPECT_MISSED(&e, "weights are 100.0 %", "model.safetensors (100.0 %) is still mapped by this process");
    munmap((void *)(uintptr_t)map, SIZE);
    close(fd);
    e = prepare("C0", &what, &env);
    cr_expect(e.reached, "%s", e.reason);
}

Test(state, memory_is_no_disk)
{
    struct state_environment env;
    char folder[] = "/dev/shm/sdbench-test-XXXXXX", path[64];
    int shm = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool there = shm >= 0 && filesystem_of(shm).is_memory && mkdtemp(folder);
    if (shm >= 0)
        close(shm);
    if (!there)
        SKIP("there is no tmpfs at /dev/shm to write on");
    snprintf(path, sizeof path, "%s/model.safetensors", folder);
    write_file(path);
    cr_assert(!files_of_checkpoint(folder, &weights).code);
    struct state_subject what = {.backend = "cpu", .weights = weights, .scratch = "/none"};
    struct state_evidence e = prepare("C0", &what, &env), resident = prepare("C2", &what, &env);
    folder_remove(folder);
    EXPECT_MISSED(&e, "weights are 100.0 %", "model.safetensors", "lies on tmpfs, which is memory");
    cr_expect(resident.reached, "%s", resident.reason);
}

static struct residency residency_of_one(const char *path)
{
    struct file_list l = {0};
    cr_assert(!file_list_add(&l, path).code);
    struct residency r = residency_of(&l);
    r.most = r.least = NULL; /* they point into the list */
    file_list_free(&l);
    return r;
}

Test(state, files_that_cannot_be_looked_at)
{
    struct residency r = residency_of(&(struct file_list){0});
    cr_expect(r.share < 0 && !r.pages && !*r.reason, "no file: nothing to tell");
    scratch_write("empty", "", 0);
    r = residency_of_one(scratch_path("empty"));
    cr_expect(r.share < 0 && !r.pages && !*r.reason, "no page: nothing to tell");
    r = residency_of_one(scratch_path("vanished"));
    cr_expect(r.share < 0 && !strcmp(r.reason, "vanished No such file or directory"), "%s", r.reason);
    r = residency_of_one(scratch_path("."));
    cr_expect(r.share < 0 && strstr(r.reason, "is not a regular file"), "%s", r.reason);
    cr_assert(!mkfifo(scratch_path("pipe"), 0600));
    r = residency_of_one(scratch_path("pipe"));
    cr_expect(r.share < 0 && !strcmp(r.reason, "pipe is not a regular file"), "%s", r.reason);
}

/* One of two files is gone, and the other can be judged: the state is not. An empty file is no obstacle. */
Test(state, a_file_that_vanished)
{
    struct state_environment env;
    make_weights();
    need_eviction();
    scratch_write("z.safetensors", "", 0);
    file_list_free(&weights);
    cr_assert(!files_of_checkpoint(scratch_path("."), &weights).code && weights.count == 2);
    struct state_subject what = {.backend = "cpu", .weights = weights, .scratch = "/none"};
    struct state_evidence e = prepare("C0", &what, &env);
    cr_expect(e.reached, "%s", e.reason);
    cr_assert(!unlink(scratch_path("z.safetensors")));
    static const char *const states[] = {"C0", "C2"};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        e = prepare(states[i], &what, &env);
        EXPECT_MISSED(&e, "weights: z.safetensors No such file");
        cr_expect(e.weights_resident < 0);
    }
}

/* As a user who neither owns the file nor may write it, on a kernel where cachestat asks for that as well; an older one
 * tells, and then the number has to be right. */
Test(state, files_of_others)
{
    struct residency r, unreadable;
    make_weights();
    need_eviction();
    if (geteuid())
        SKIP("only root can become another user");
    cr_assert(!chmod(scratch_path("."), 0755) && !chmod(weights.path[0], 0644));
    if (seteuid(NOBODY))
        SKIP("this root may not become another user");
    r = residency_of(&weights);
    cr_assert(!seteuid(0) && !chmod(weights.path[0], 0600) && !seteuid(NOBODY));
    unreadable = residency_of(&weights);
    cr_assert(!seteuid(0));
    bool verified = r.share >= 0 && r.share < EVICTED_LIMIT;
    bool unknown = r.share < 0 && strstr(r.reason, "model.safetensors is not verifiable: ");
    cr_expect(verified || unknown, "%g %s", r.share, r.reason);
    cr_expect(unreadable.share < 0 && !strcmp(unreadable.reason, "model.safetensors Permission denied"), "%s",
              unreadable.reason);
}

/* Plans and compiled code of a backend that keeps both. */
static struct state_subject cached_subject(void)
{
    static char plans[1024], jit[1024], scratch[1024];
    snprintf(plans, sizeof plans, "%s", scratch_path("plans"));
    snprintf(jit, sizeof jit, "%s", scratch_path("jit"));
    snprintf(scratch, sizeof scratch, "%s", scratch_path("scratch"));
    cr_assert(!mkdir(plans, 0700) && !mkdir(jit, 0700));
    return (struct state_subject){.backend = "cuda",
                                  .has_plan_cache = true,
                                  .has_jit_cache = true,
                                  .plan_folder = plans,
                                  .jit_folder = jit,
                                  .scratch = scratch};
}

Test(state, caches)
{
    struct state_environment env;
    struct state_subject what = cached_subject();
    struct stat st;
    struct state_evidence e = prepare("C2", &what, &env);
    EXPECT_MISSED(&e, "backend cuda keeps no plans yet");
    state_environment_end(&env);
    scratch_write("plans/one", "x", 1);
    e = prepare("C2", &what, &env);
    cr_expect(e.reached && e.plan_files == 1 && e.jit_files == 0, "%s", e.reason);
    cr_expect(!strcmp(state_environment_get(&env, PLANS_VARIABLE), what.plan_folder));
    cr_expect(!strcmp(state_environment_get(&env, JIT_VARIABLE), what.jit_folder));
    state_environment_end(&env);
    cr_expect(!stat(scratch_path("plans/one"), &st), "the warm ones stay");
    e = prepare("C3", &what, &env);
    cr_expect(e.reached && e.plan_files == 0 && e.jit_files == 0, "%s", e.reason);
    cr_expect(strcmp(state_environment_get(&env, PLANS_VARIABLE), what.plan_folder));
    cr_expect(!strcmp(state_environment_get(&env, JIT_VARIABLE), what.jit_folder));
    state_environment_end(&env);
    scratch_write("jit/index", "x", 1);
    e = prepare("C0", &what, &env);
    cr_expect(e.reached && e.plan_files == 0 && e.jit_files == 0, "%s", e.reason);
    cr_expect(folder_mark(what.scratch).files == 0 && rmdir(what.scratch), "two empty folders are in it");
    state_environment_end(&env);
    cr_expect(!rmdir(what.scratch), "and gone");
}

static void prepare_below(void *argument)
{
    struct state_subject what = {.backend = "cuda", .has_jit_cache = true, .scratch = scratch_path("x/y")};
    struct state_environment env;
    struct state_evidence e;
    *(struct err *)argument = state_prepare(row_of("C0"), &what, &quiet, &e, &env);
}

Test(state, no_place_for_empty_folders)
{
    struct err e;
    scratch_unwritable(prepare_below, &e);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "state C0: ") && strstr(err_text(e), "Permission denied"),
              "%s", err_text(e));
    err_free(&e);
}

/* What a process leaves behind tells whether the state was what it seemed to be. */
static struct state_evidence after(const char *state, const struct state_subject *what, const struct file_list *mapped,
                                   const char *written)
{
    struct state_environment env;
    struct state_evidence e = prepare(state, what, &env);
    cr_assert(e.reached, "%s", e.reason);
    if (written)
        scratch_write(written, "xyz", 3);
    state_check_after(row_of(state), what, &env, mapped, &e);
    state_environment_end(&env);
    return e;
}

Test(state, what_shows_afterwards)
{
    struct state_subject what = cached_subject();
    struct file_list mapped = {0};
    scratch_write("plans/one", "x", 1);
    make_weights();
    need_eviction();
    write_file(scratch_path("lib.so"));
    write_file(scratch_path("program"));
    what.weights = weights;
    cr_assert(!file_list_add(&what.libraries, scratch_path("lib.so")).code);
    cr_assert(!file_list_add(&what.ignored, scratch_path("program")).code);
    cr_assert(!file_list_add(&mapped, weights.path[0]).code && !file_list_add(&mapped, scratch_path("lib.so")).code &&
              !file_list_add(&mapped, scratch_path("program")).code);
    cr_expect(after("C1", &what, &mapped, NULL).reached);
    cr_expect(after("C2", &what, &mapped, NULL).reached);
    cr_expect(after("C3", &what, &mapped, NULL).reached);

    struct state_evidence e = after("C2", &what, &mapped, "plans/one");
    EXPECT_MISSED(&e, "the plan cache was not warm", "1 files before, 1 after");
    e = after("C1", &what, &mapped, "plans/two");
    EXPECT_MISSED(&e, "the plan cache was not warm", "1 files before, 2 after");
    cr_expect(after("C3", &what, &mapped, "plans/three").reached, "not the folder of this state");
    e = after("C3", &what, &mapped, "jit/index");
    EXPECT_MISSED(&e, "the JIT cache was not warm", "0 files before, 1 after");

    cr_assert(!file_list_add(&mapped, "/usr/lib/libextra.so.7").code);
    e = after("C0", &what, &mapped, NULL);
    EXPECT_MISSED(&e, "the process also mapped libextra.so.7, which was not evicted");
    cr_expect(after("C2", &what, &mapped, NULL).reached, "it matters only where files are evicted");
    file_list_free(&what.libraries);
    file_list_free(&what.ignored);
    file_list_free(&mapped);
}

Test(state, an_interrupt_ends_it)
{
    struct state_environment env;
    struct state_evidence e;
    make_weights();
    struct state_subject what = {.backend = "cpu", .weights = weights, .scratch = "/none"};
    raise(SIGTERM);
    struct err failed = state_prepare(row_of("C2"), &what, &quiet, &e, &env);
    cr_expect(failed.code == ERR_CANCELLED, "%d", failed.code);
    err_free(&failed);
}
