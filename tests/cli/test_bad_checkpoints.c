/* Checkpoints that are damaged or of something else, as `weights check` and `generate` meet them: one clear line that
 * names the file, exit 3, no picture. Files are as large as real ones, but hold nothing (sparse_checkpoint.h). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <criterion/criterion.h>

#include "pipeline/model/manifest.h"
#include "pipeline/weights/checkpoint.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/sparse_checkpoint.h"

static const char file[] = "model.safetensors";

static void open_with_file(void)
{
    scratch_open();
    sparse_make(file);
}

TestSuite(cli_checkpoints, .init = open_with_file, .fini = scratch_close);

static void expect_refused(const char *verb, const struct program_result *r, const char *path, const char *const *words)
{
    const char *end = strchr(r->log, '\n');
    cr_expect_eq(r->code, ERR_FAILED, "%s: exit %d: %s", verb, r->code, r->log);
    cr_expect(!strncmp(r->log, "sdbench: ", 9) && end && !end[1], "%s: not one line: %s", verb, r->log);
    cr_expect(strstr(r->log, path), "%s: no path %s in: %s", verb, path, r->log);
    for (; *words; words++)
        cr_expect(strstr(r->log, *words), "%s: no \"%s\" in: %s", verb, *words, r->log);
}

/* A path of the scratch folder, refused by both verbs with these words. */
static void refused(const char *name, const char *const *words)
{
    char path[1024], picture[1024];
    snprintf(path, sizeof path, "%s", scratch_path(name));
    snprintf(picture, sizeof picture, "%s", scratch_path("picture.png"));
    struct program_result r = PROGRAM("weights", "check", path);
    expect_refused("weights check", &r, path, words);
    program_result_free(&r);
    r = PROGRAM("generate", "x", "--model", path, "--backend", "reference", "--steps", "1", "--size", "128x128", "-o",
                picture, "--quiet");
    expect_refused("generate", &r, path, words);
    program_result_free(&r);
    struct stat st;
    cr_expect(stat(picture, &st), "generate wrote a picture");
}
#define REFUSED(name, ...) refused(name, (const char *const[]){__VA_ARGS__, NULL})

static const char conv_in[] = "model.diffusion_model.input_blocks.0.0.weight";
static const char linear[] = "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight";
static const char embedding[] = "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight";
static const char bias[] = "first_stage_model.decoder.conv_in.bias";
static const char last[] = "first_stage_model.decoder.conv_out.bias";

/* What the others change is right: it fits. */
Test(cli_checkpoints, sound)
{
    struct arena arena = {0};
    struct manifest m = manifest_make(model_config_find("sd14"), &arena);
    struct checkpoint_rules v1 = {768, 12, 8};
    struct checkpoint *c;
    struct err e = checkpoint_open(scratch_path(file), m.spec, m.count, &v1, &c);
    cr_assert(!e.code, "%s", err_text(e));
    cr_expect(checkpoint_bytes(c) > 2 * (uint64_t)m.values);
    checkpoint_free(c);
    arena_free(&arena);
}

Test(cli_checkpoints, truncated)
{
    sparse_resize(file, -1000);
    REFUSED(file, "truncated", "it should have 2132", "and it has 2132");
}

Test(cli_checkpoints, too_long)
{
    sparse_resize(file, 16);
    REFUSED(file, "too long");
}

Test(cli_checkpoints, header_of_2_to_63)
{
    static const unsigned char bytes[64] = {[7] = 0x80, [8] = '{', [9] = '}'};
    scratch_write("huge.safetensors", bytes, sizeof bytes);
    REFUSED("huge.safetensors", "9223372036854775808", "64");
}

Test(cli_checkpoints, overlapping)
{
    sparse_move(file, linear, -8);
    REFUSED(file, "overlap", linear);
}

Test(cli_checkpoints, out_of_range)
{
    sparse_move(file, last, 1000000000);
    REFUSED(file, "1000000000 bytes before tensor", last);
}

Test(cli_checkpoints, wrong_dtype)
{
    sparse_edit(file, linear, "F16", "I16");
    REFUSED(file, "1 of another dtype", linear, "is I16");
}

/* Every tensor that does not fit is named, not just the first. */
Test(cli_checkpoints, missing_extra_misshaped)
{
    sparse_edit(file, "", "first_stage_model.decoder.conv_in.bias", "first_stage_model.decoder.conv_in.bios");
    sparse_edit(file, "", "model.diffusion_model.out.0.weight", "model.diffusion_model.out.7.weight");
    sparse_edit(file, linear, "[320,320]", "[640,160]");
    sparse_edit(file, conv_in, "[320,4,3,3]", "[320,3,4,3]");
    REFUSED(file, "2 missing", "conv_in.bias", "model.diffusion_model.out.0.weight", "2 not of this model",
            "conv_in.bios", "model.diffusion_model.out.7.weight", "2 misshaped", linear, "is 640x160, not 320x320",
            conv_in, "is 320x3x4x3, not 320x4x3x3");
}

/* In the first tensor that is packed, so that nothing else has to be read before. */
Test(cli_checkpoints, nan_while_loading)
{
    sparse_poke(file, embedding, 12345, 0x7e00);
    struct program_result r =
        PROGRAM("generate", "x", "--model", scratch_path(file), "--backend", "reference", "--steps", "1", "--size",
                "128x128", "-o", scratch_path("picture.png"), "--quiet");
    expect_refused("generate", &r, "token_embedding.weight", (const char *const[]){"12345", "NaN or infinity", NULL});
    program_result_free(&r);
    cr_expect_eq(scratch_count(), 1);
}

/* All damaged tensors are named, with the first bad value of each. */
Test(cli_checkpoints, nan_and_infinity)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", scratch_path("tiny.safetensors"));
    struct program_result r =
        PROGRAM("weights", "make", "--model", "tiny", "--layout", "compvis", "--dtype", "f16", "-o", path);
    cr_assert_eq(r.code, 0, "%s", r.log);
    program_result_free(&r);
    sparse_poke("tiny.safetensors", embedding, 12345, 0x7e00);
    sparse_poke("tiny.safetensors", bias, 3, 0xfc00);
    sparse_poke("tiny.safetensors", bias, 5, 0x7c00);
    r = PROGRAM("weights", "check", path, "--model", "tiny");
    expect_refused("weights check", &r, path,
                   (const char *const[]){"NaN or infinity in 2 tensors", "token_embedding.weight (value 12345)",
                                         "vae/decoder.conv_in.bias (value 3)", NULL});
    program_result_free(&r);
}

Test(cli_checkpoints, not_a_checkpoint)
{
    static const char pickle[] = "\x80\x02}q\x00(X\x0a\x00\x00\x00state_dictq\x01", text[] = "hello, world, what a day";
    scratch_write("sd-v1-4.ckpt", pickle, sizeof pickle - 1);
    scratch_write("zip.ckpt", "PK\3\4\0\0\0\0\0\0archive/data.pkl", 26);
    scratch_write("notes.safetensors", text, sizeof text - 1);
    scratch_write("empty.safetensors", "", 0);
    REFUSED("sd-v1-4.ckpt", "pickle", "convert it to safetensors");
    REFUSED("zip.ckpt", "pickle", "convert it to safetensors");
    REFUSED("notes.safetensors", "not a safetensors file");
    REFUSED("empty.safetensors", "not a safetensors file", "0 bytes");
    REFUSED("missing.safetensors", "file or");
}

Test(cli_checkpoints, folders)
{
    cr_assert(!mkdir(scratch_path("empty"), 0777) && !mkdir(scratch_path("half"), 0777));
    cr_assert(!mkdir(scratch_path("half/unet"), 0777) && !mkdir(scratch_path("half/vae"), 0777));
    REFUSED("empty", "not a diffusers checkpoint", "text_encoder, unet, vae");
    REFUSED("half", "not a diffusers checkpoint", ": text_encoder");
    cr_assert(!mkdir(scratch_path("half/text_encoder"), 0777));
    REFUSED("half", "text_encoder", "model.safetensors");
    scratch_write("half/text_encoder/pytorch_model.bin", "PK\3\4", 4);
    REFUSED("half", "pytorch_model.bin", "pickle");
}

/* A whole checkpoint, but of the second version: its own config.json says so. */
Test(cli_checkpoints, not_version_1)
{
    static const char config[] = "{\"cross_attention_dim\": 1024, \"use_linear_projection\": true}";
    struct program_result r = PROGRAM("weights", "make", "--model", "tiny", "-o", scratch_path("v2"), "--dtype", "f16");
    cr_assert_eq(r.code, 0, "%s", r.log);
    program_result_free(&r);
    scratch_write("v2/unet/config.json", config, sizeof config - 1);
    REFUSED("v2", "cross_attention_dim 1024", "use_linear_projection true");
}
