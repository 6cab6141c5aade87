/* Files of reference values that cannot be what they say: one line that says why, exit 3. */
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "pipeline/weights/safetensors_writer.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

TestSuite(cli_verify_bad, .init = scratch_open, .fini = scratch_close);

enum { MOST = 4 };

/* Tensors of zeros. */
static const struct bad_file {
    struct bad_tensor {
        const char *name;
        enum dtype dtype;
        struct shape shape;
    } tensor[MOST];
    const char *words;
} files[] = {
// clang-format off
#define IDS    {"text/ids", DTYPE_u8, {2, {2, 77}}}
#define LATENT {"unet/0/latent", DTYPE_f32, {4, {1, 4, 8, 8}}}
    {{{"text/ids", DTYPE_u8, {2, {0, 77}}}, {"text/context", DTYPE_f32, {3, {0, 77, 64}}}},
     "one or more rows of 77 ids"},
    {{{"text/ids", DTYPE_u8, {2, {1, 76}}}}, "one or more rows of 77 ids"},
    {{IDS, {"text/context", DTYPE_f32, {1, {0}}}}, "text/context: has 0 values, the model makes 9856"},
    {{IDS, {"text/context", DTYPE_f32, {1, {77}}}}, "text/context: has 77 values, the model makes 9856"},
    {{IDS, LATENT}, "unet/0 has no timestep"},
    {{IDS, LATENT, {"unet/0/timestep", DTYPE_i32, {1, {0}}}}, "unet/0 has no timestep"},
    {{IDS, {"unet/0/latent", DTYPE_f32, {4, {1, 3, 8, 8}}}, {"unet/0/timestep", DTYPE_i32, {1, {1}}}},
     "unet/0/latent: must be N x 4 x H x W"},
    {{IDS, {"unet/0/latent", DTYPE_f32, {4, {0, 4, 8, 8}}}, {"unet/0/timestep", DTYPE_i32, {1, {1}}}},
     "unet/0/latent: must be N x 4 x H x W"},
    {{IDS, {"vae/0/latent", DTYPE_f32, {4, {1, 4, 0, 1 << 30}}}}, "vae/0/latent: must be N x 4 x H x W"},
    {{IDS, {"vae/0/latent", DTYPE_f32, {4, {1, 2, 2, 2}}}}, "vae/0/latent: must be N x 4 x H x W"},
    {{IDS, {"run/0/noise", DTYPE_f32, {4, {1, 1, 8, 8}}}}, "run/0/noise: must be N x 4 x H x W"},
    {{IDS, {"run/0/noise", DTYPE_f32, {3, {4, 8, 8}}}}, "run/0/noise: must have 4 dimensions"},
#undef IDS
#undef LATENT
    // clang-format on
};

static void write_file(const struct bad_file *file)
{
    static const float zeros[4096];
    static const struct safetensors_text metadata[] = {
        {"model", "tiny"}, {"preset", "kerascv"}, {"run", "[{\"steps\": 1, \"guidance\": 1}]"}};
    struct stored_tensor tensor[MOST];
    size_t count = 0;
    for (; count < MOST && file->tensor[count].name; count++)
        tensor[count] =
            stored_tensor_make(file->tensor[count].name, file->tensor[count].dtype, file->tensor[count].shape, zeros);
    struct err e = safetensors_save(scratch_path("bad.safetensors"), tensor, count, metadata, ARRAY_LEN(metadata));
    cr_assert(!e.code, "%s", err_text(e));
}

Test(cli_verify_bad, refused)
{
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        write_file(&files[i]);
        const char *path = scratch_path("bad.safetensors");
        program_refuses((const char *const[]){"verify", path, "--backend", "reference", "--variant", "standard", NULL},
                        ERR_FAILED, (const char *const[]){"bad.safetensors: ", files[i].words, NULL});
    }
}
