/* Noise and latents of a file: what an error leaves. */
#include "bench/generate/latent_file.h"

#include <string.h>

#include <criterion/criterion.h>

#include "tests/support/scratch.h"

TestSuite(latent_file, .init = scratch_open, .fini = scratch_close);

Test(latent_file, an_error_leaves_nothing)
{
    static const char *const files[] = {"absent.safetensors", "torn.safetensors"};
    scratch_write("torn.safetensors", "\x10\0\0\0\0\0\0\0{", 9);
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        float value, *noise = &value, *latent = &value;
        int images = 5;
        struct err e = latent_file_read_noise(scratch_path(files[i]), 64, 64, &images, &noise);
        cr_expect(e.code == ERR_FAILED && !noise && !images && !strncmp(err_text(e), "--noise: ", 9), "%s",
                  err_text(e));
        err_free(&e);
        e = latent_file_read_latent(scratch_path(files[i]), 4, &latent);
        cr_expect(e.code == ERR_FAILED && !latent, "%s", err_text(e));
        err_free(&e);
    }
}
