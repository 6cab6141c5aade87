/* The files that `generate` writes: pictures, contact sheet, latents. */
#ifndef SDBENCH_BENCH_GENERATE_OUTPUTS_H
#define SDBENCH_BENCH_GENERATE_OUTPUTS_H

#include "bench/options.h"

/* The path of picture i of `count`: --output, with "-%02d" in front of its ending where there are several. malloc'ed.
 */
char *outputs_path(const struct options *o, int i, int count);

/* Whether everything can be written, found out before the long computation: folders are there and take files, no path
 * is a folder, none is named twice. */
struct err outputs_check(const struct options *o, int count);

/* One picture, whole or not at all. */
struct err outputs_write_picture(const struct options *o, const struct sd_images *images, int i);

/* The contact sheet and the latents, where they are asked for. */
struct err outputs_write_others(const struct options *o, const struct sd_request *request,
                                const struct sd_images *images);

#endif
