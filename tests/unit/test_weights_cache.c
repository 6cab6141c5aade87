/* The cache of synthetic checkpoints: made once, reused, made again where damaged, shared by processes, cleaned. */
#include "pipeline/weights/cache.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/base/file.h"
#include "pipeline/weights/synthetic.h"
#include "tests/support/checkpoint_case.h"
#include "tests/support/scratch.h"

static void use_scratch(void)
{
    scratch_open();
    setenv("SDBENCH_CACHE", scratch_path("cache"), 1);
}

TestSuite(weights_cache, .init = use_scratch, .fini = scratch_close);

static const char unet[] = "cache/weights/case-seed3/unet/diffusion_pytorch_model.safetensors";
static const char text_encoder[] = "cache/weights/case-seed3/text_encoder/model.safetensors";

static struct err ask(uint64_t seed, char **path)
{
    return weights_cache("case", seed, case_spec, CASE_TENSORS, &case_rules, (struct weights_progress){0}, path);
}

/* Asks for seed 3 and checks what it gets, values included. */
static void expect_good(const char *when)
{
    char *path;
    struct err e = ask(3, &path);
    if (e.code)
        cr_assert_fail("%s: %s", when, err_text(e));
    cr_expect_str_eq(path, scratch_path("cache/weights/case-seed3"), "%s", when);
    struct checkpoint *c = case_open("cache/weights/case-seed3");
    for (size_t i = 0; i < CASE_TENSORS; i++) {
        float is[1024], should[1024];
        int64_t n = shape_count(case_spec[i].shape);
        cr_assert_leq(n, 1024);
        checkpoint_read_f32(checkpoint_find(c, case_spec[i].name), 0, n, is);
        synthetic_fill(3, case_spec[i].name, case_spec[i].shape, 0, n, should);
        cr_expect(!memcmp(is, should, (size_t)n * sizeof *is), "%s: %s", when, case_spec[i].name);
    }
    checkpoint_free(c);
    free(path);
}

static ino_t inode(const char *file)
{
    struct stat st;
    cr_assert(!stat(scratch_path(file), &st), "%s is not there", file);
    return st.st_ino;
}

Test(weights_cache, made_once_and_reused)
{
    expect_good("first");
    ino_t first = inode(unet);
    expect_good("again");
    cr_expect_eq(inode(unet), first, "it was made again");
    char *path;
    cr_assert_eq(ask(4, &path).code, ERR_NONE);
    cr_expect(!strcmp(path, scratch_path("cache/weights/case-seed4")) && inode(unet) == first, "%s", path);
    free(path);
}

Test(weights_cache, made_again_where_damaged)
{
    size_t n;
    char *bytes;
    expect_good("first");
    cr_assert(!truncate(scratch_path(unet), 1000));
    expect_good("truncated");

    bytes = scratch_read(text_encoder, &n);
    bytes[20] ^= 1;
    scratch_write(text_encoder, bytes, n);
    free(bytes);
    expect_good("header changed");

    cr_assert(!remove(scratch_path(text_encoder)));
    expect_good("a file missing");

    scratch_write("cache/weights/case-seed3/unet/config.json", "{\"in_channels\": 9}", 18);
    expect_good("another model's config.json");

    char *path; /* seed 4's files in seed 3's place */
    cr_assert_eq(ask(4, &path).code, ERR_NONE);
    free(path);
    bytes = scratch_read("cache/weights/case-seed4/text_encoder/model.safetensors", &n);
    scratch_write(text_encoder, bytes, n);
    free(bytes);
    expect_good("another seed's weights");

    case_write(text_encoder, (struct tensor_spec[]){{"text_model.final_layer_norm.weight", {1, {16}}}}, 1, DTYPE_f32);
    expect_good("another list");
}

Test(weights_cache, leftovers_of_a_killed_writer_go)
{
    expect_good("first");
    scratch_write("cache/weights/case-seed3/unet/diffusion_pytorch_model.safetensors.1.tmp", "half", 4);
    cr_assert(!remove(scratch_path(text_encoder)));
    expect_good("again");
    cr_expect(!file_exists(scratch_path("cache/weights/case-seed3/unet/diffusion_pytorch_model.safetensors.1.tmp")));
}

/* All ask at once for what is not there; each must get it whole. */
Test(weights_cache, many_processes_at_once)
{
    enum { PROCESSES = 6 };
    pid_t child[PROCESSES];
    for (int i = 0; i < PROCESSES; i++)
        if (!(child[i] = fork())) {
            char *path;
            struct checkpoint *c = NULL;
            struct err e = ask(3, &path);
            if (!e.code)
                e = checkpoint_open(path, case_spec, CASE_TENSORS, &case_rules, &c);
            _exit(e.code ? 1 : 0);
        }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        cr_assert_eq(waitpid(child[i], &status, 0), child[i]);
        cr_expect(WIFEXITED(status) && !WEXITSTATUS(status), "process %d failed", i);
    }
    expect_good("afterwards");
}

Test(weights_cache, listed_and_cleaned)
{
    struct cache_entry *list;
    size_t count;
    uint64_t bytes, sum;
    struct err e = weights_cache_list(&list, &count);
    cr_assert(!e.code && !count && !list, "%s", err_text(e));
    weights_cache_list_free(list, count);
    char *path;
    for (uint64_t seed = 0; seed < 3; seed++) {
        cr_assert_eq(ask(seed, &path).code, ERR_NONE);
        free(path);
    }
    cr_assert_eq(weights_cache_list(&list, &count).code, ERR_NONE);
    cr_assert_eq(count, 3);
    sum = list[0].bytes + list[2].bytes;
    for (size_t i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "case-seed%zu", i);
        cr_expect(!strcmp(list[i].name, name) && file_is_folder(list[i].path), "entry %zu is %s", i, list[i].name);
        cr_expect(list[i].bytes > 4 * (288 + 8 + 64 + 16 + 1024 + 64 + 8 + 16) && list[i].bytes < 20000, "%s", name);
    }
    weights_cache_list_free(list, count);

    e = weights_cache_clean("case-seed1", &bytes);
    cr_expect(!e.code && !file_exists(scratch_path("cache/weights/case-seed1")), "%s", err_text(e));
    e = weights_cache_clean("case-seed1", &bytes);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "case-seed1: no such entry"), "%s", err_text(e));
    err_free(&e);
    e = weights_cache_clean(NULL, &bytes);
    cr_expect(!e.code && bytes == sum, "%s, %llu bytes", err_text(e), (unsigned long long)bytes);
    cr_assert(!weights_cache_list(&list, &count).code && !count);
    weights_cache_list_free(list, count);
    expect_good("after cleaning");
}

/* The cache may share its folder with a person's own files. */
Test(weights_cache, foreign_files_stay)
{
    uint64_t bytes;
    expect_good("first");
    scratch_write("cache/weights/notes.txt", "mine", 4);
    cr_assert(!mkdir(scratch_path("cache/weights/mine"), 0777));
    scratch_write("cache/weights/case-seed3/unet/mine.txt", "mine", 4);
    struct err e = weights_cache_clean(NULL, &bytes);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "case-seed3: cannot be removed") && !bytes, "%s",
              err_text(e));
    err_free(&e);
    cr_expect(file_exists(scratch_path("cache/weights/case-seed3/unet/mine.txt")) &&
              file_exists(scratch_path("cache/weights/notes.txt")) && file_exists(scratch_path("cache/weights/mine")));
    expect_good("after it");
}

Test(weights_cache, an_entry_in_the_making_is_not_cleaned)
{
    uint64_t bytes;
    expect_good("first");
    int lock = open(scratch_path("cache/weights/case-seed3.lock"), O_RDWR);
    cr_assert(lock >= 0 && !flock(lock, LOCK_EX));
    struct err e = weights_cache_clean(NULL, &bytes);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "another process is making it"), "%s", err_text(e));
    err_free(&e);
    expect_good("locked, but good: no need to wait");
    close(lock);
    cr_expect_eq(weights_cache_clean(NULL, &bytes).code, ERR_NONE);
}

static void ask_unwritable(void *error)
{
    char *path;
    *(struct err *)error = ask(9, &path);
}

Test(weights_cache, a_cache_that_cannot_be_written)
{
    struct err e = OK;
    scratch_unwritable(ask_unwritable, &e);
    cr_expect(e.code == ERR_FAILED && strstr(err_text(e), "SDBENCH_CACHE"), "%s", err_text(e));
    err_free(&e);
    scratch_write("cache", "a file", 6);
    char *path;
    e = ask(9, &path);
    cr_expect(e.code == ERR_FAILED && !path && strstr(err_text(e), "is not a folder"), "%s", err_text(e));
    err_free(&e);
}
