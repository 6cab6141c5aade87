/* Finding shared libraries that are not where the loader looks: CUDA's lie in a toolkit, in a folder of a container, or in
 * Python's packages.
 *
 * A library is loaded by its full path ahead of the object that is linked against it; the loader then takes the one that is
 * there already, since their SONAMEs are the same. Order of search: the folders in an environment variable
 * (colon-separated, each also with lib64 and lib behind it), those of a toolkit named by a second one, the loader's own
 * path, and the `nvidia` packages of the python3 on the PATH. */
#ifndef SDBENCH_RUNTIME_LIBRARIES_H
#define SDBENCH_RUNTIME_LIBRARIES_H

#include "pipeline/base/error.h"

#include <stdbool.h>

struct library_needs {
    const char *variable, *toolkit; /* names of the two environment variables */
    const char *package;            /* folder in Python's packages whose */
    const char *names;              /* SONAMEs with spaces between, in the order in which they must be loaded; "?" before one
                                       that may be missing, "|" between those of which any will do */
};

/* Loads what is there and is not loaded yet. What is missing is not an error here: the loader says it when the object that
 * needs it is opened; *missing (malloc'ed, or NULL) then names the libraries and where they were looked for. */
struct err libraries_load(const struct library_needs *needs, char **missing);

#endif
