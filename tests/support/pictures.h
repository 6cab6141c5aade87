/* Pictures in the scratch folder, as the program wrote them. */
#ifndef SDBENCH_TESTS_SUPPORT_PICTURES_H
#define SDBENCH_TESTS_SUPPORT_PICTURES_H

#include "pipeline/image/picture.h"

#include <stdbool.h>

/* The caller frees it. A file that cannot be read ends the test. */
struct picture picture_of(const char *file);

/* Size and every pixel. */
bool pictures_equal(const char *file, const char *other);

/* The PNG's "parameters" text, malloc'ed. */
char *picture_parameters(const char *file);

#endif
