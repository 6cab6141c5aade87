/* Names that a person types: looked up in a table's list, and refused with the nearest one. */
#ifndef SDBENCH_BASE_NAME_H
#define SDBENCH_BASE_NAME_H

#include "pipeline/base/error.h"

#include <stddef.h>

/* The index of `word` in names, which ends with NULL. Where it is not there the error says so, with the nearest name
 * or, where none is near, with all: "no layout is called "compviz"; did you mean "compvis"?" */
struct err name_find(const char *what, const char *word, const char *const *names, size_t *index);

#endif
