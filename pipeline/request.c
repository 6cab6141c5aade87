#include "pipeline/request.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/base/name.h"
#include "pipeline/base/text.h"

enum { MAX_SIZE = 16384 };

struct err size_check(const struct preset *p, int width, int height)
{
    const int m = p->size_multiple;
    if (width < 1 || height < 1 || width > MAX_SIZE || height > MAX_SIZE)
        return err_fail("--size %dx%d: width and height must be between %d and %d", width, height, m, MAX_SIZE);
    if (width % m == 0 && height % m == 0)
        return OK;
    if (width % LATENT_SCALE == 0 && height % LATENT_SCALE == 0) /* KerasCV rounds half to even, as rint does */
        return err_fail("--size %dx%d: preset %s takes multiples of %d (KerasCV itself would make %.0fx%.0f of it); --preset "
                        "diffusers takes any multiple of 8",
                        width, height, p->name, m, m * rint((double)width / m), m * rint((double)height / m));
    return err_fail("--size %dx%d: width and height must be multiples of %d", width, height, m);
}

struct err sampler_by_name(const char *name, const struct sampler **out)
{
    const char *names[16] = {0};
    size_t i = 0;
    for (size_t k = 0; samplers[k].name && k + 1 < ARRAY_LEN(names); k++)
        names[k] = samplers[k].name;
    TRY(name_find("sampler", name, names, &i));
    *out = &samplers[i];
    return OK;
}

char *picture_parameters_text(const struct picture_parameters *p)
{
    struct text t = {0};
    text_add(&t, "%s\n", p->prompt ? p->prompt : "");
    if (p->negative && *p->negative)
        text_add(&t, "Negative prompt: %s\n", p->negative);
    text_add(&t, "Steps: %d, Sampler: %s, CFG scale: %g, ", p->steps, p->sampler, p->guidance);
    if (p->noise_given)
        text_add(&t, "Noise: from a file, ");
    else
        text_add(&t, "Seed: %" PRIu64 ", ", p->seed);
    text_add(&t, "Size: %dx%d, Model: %s, Preset: %s, Variant: %s, Backend: %s", p->width, p->height, p->model, p->preset,
             p->variant, p->backend);
    return t.bytes;
}
