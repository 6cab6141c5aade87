/* Noise and latents of a user's file. */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdlib.h>

#include "bench/generate/latent_file.h"

enum { SIDE = 16, EACH = 4 * (SIDE / 8) * (SIDE / 8), COUNT = 2 * EACH };

void fuzz_latents(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    float *values;
    int images;
    bool refused = fuzz_refused(latent_file_read_noise(path, SIDE, SIDE, &images, &values));
    fuzz_require(refused == !values && refused == !images, "there is noise or there is an error");
    for (size_t i = 0; i < (size_t)images * EACH; i++)
        fuzz_require(isfinite(values[i]), "noise is finite");
    free(values);

    refused = fuzz_refused(latent_file_read_latent(path, COUNT, &values));
    fuzz_require(refused == !values, "there are latents or there is an error");
    volatile float sum = 0;
    for (size_t i = 0; values && i < COUNT; i++)
        sum = sum + values[i];
    free(values);
}
