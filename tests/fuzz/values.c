/* A file of reference values, recomputed by a backend that computes nothing: what is fuzzed is how tensors and metadata
 * are taken from the file and become graphs. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

#include "bench/verify/check.h"

/* Opened once: it reads the weights of the tiny model. */
static struct engine *open_engine(void)
{
    static struct engine *engine;
    const struct engine_options options = {.model = "tiny", .backend = "null", .variant = "standard", .threads = 1};
    if (!engine)
        fuzz_require(!fuzz_refused(engine_open(&options, NULL, &engine)), "the engine opens");
    return engine;
}

void fuzz_values(const uint8_t *data, size_t size)
{
    struct options options = {0};
    struct recomputed out = {0};
    struct check c = {.o = &options, .out = &out, .engine = open_engine(), .class = AGREE_FLOAT32};
    c.config = engine_config(c.engine);
    if (fuzz_refused(safetensors_parse(data, size, "input", &c.file)))
        return;
    const char *preset = safetensors_metadata(c.file, "preset");
    if (!fuzz_refused(preset_find(preset ? preset : presets[0].name, &c.preset)))
        fuzz_refused(check_all(&c));
    free(c.context);
    safetensors_free(c.file);
    recomputed_free(&out);
}
