/* Around a request: checking sizes and names, describing a picture. */
#ifndef SDBENCH_REQUEST_H
#define SDBENCH_REQUEST_H

#include "pipeline/preset.h"

/* Width and height in pixels that a preset takes; an error says what it would take instead. */
struct err size_check(const struct preset *p, int width, int height);

/* An unknown sampler is an error with the nearest one. */
struct err sampler_by_name(const char *name, const struct sampler **out);

/* What a picture was made from, in the form in which other programs write and read it: prompt, "Negative prompt:", then
 * one line of "Steps: .., Sampler: .., ...". malloc'ed; NULL without memory. */
struct picture_parameters {
    const char *prompt, *negative, *sampler, *model, *preset, *variant, *backend;
    uint64_t seed;
    bool noise_given;
    int steps, width, height;
    double guidance;
};
char *picture_parameters_text(const struct picture_parameters *p);

#endif
