/* The config.json files of a diffusers folder; the input is all of them at once. */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/weights/checkpoint_config.h"

/* Names in the folder for the one file that all inputs are put into. */
static void link_all(const char *input)
{
    static const char *const files[] = {"unet/config.json", "text_encoder/config.json", "vae/config.json",
                                        "scheduler/scheduler_config.json"};
    static bool linked;
    for (size_t i = 0; i < ARRAY_LEN(files) && !linked; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%.*s", fuzz_folder(), (int)strcspn(files[i], "/"), files[i]);
        fuzz_require(!mkdir(path, 0777), "a folder can be made");
        snprintf(path, sizeof path, "%s/%s", fuzz_folder(), files[i]);
        fuzz_require(!symlink(input, path), "a link can be made");
    }
    linked = true;
}

void fuzz_config(const uint8_t *data, size_t size)
{
    static const struct checkpoint_rules rules = {.context_width = 768, .text_heads = 12, .unet_heads = 8};
    link_all(fuzz_file(data, size));
    fuzz_refused(checkpoint_config_check(fuzz_folder(), &rules));
}
