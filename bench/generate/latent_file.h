/* Noise and latents as safetensors, so that a run can be repeated elsewhere: tensors `noise` and `latent`, both
 * images x 4 x height/8 x width/8, float32. */
#ifndef SDBENCH_BENCH_GENERATE_LATENT_FILE_H
#define SDBENCH_BENCH_GENERATE_LATENT_FILE_H

#include "pipeline/stable_diffusion.h"

/* The tensor `noise` for pictures of width x height; *images is their number, *noise malloc'ed; 0 and NULL
 * after an error. */
struct err latent_file_read_noise(const char *path, int width, int height, int *images, float **noise);

/* What was made, and the noise that it was made from. */
struct err latent_file_write(const char *path, const struct sd_request *request, const struct sd_images *made);

/* The tensor `latent`, malloc'ed; count is the number of values that it must have. */
struct err latent_file_read_latent(const char *path, size_t count, float **latent);

#endif
