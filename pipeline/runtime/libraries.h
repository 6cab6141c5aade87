/* Finding shared libraries that are not where the loader looks: CUDA's lie in a toolkit, in a folder of a container, or
 * in Python's packages.
 *
 * A library is loaded by its full path ahead of the object that is linked against it; the loader then takes the one
 * that is there already, since their SONAMEs are the same. Order of search: the folders in an environment variable
 * (colon-separated, each also with lib64 and lib behind it), those of a toolkit named by a second one, the loader's own
 * path, and the `nvidia` packages of the python3 on the PATH. */
#ifndef SDBENCH_RUNTIME_LIBRARIES_H
#define SDBENCH_RUNTIME_LIBRARIES_H

#include <stdbool.h>

struct library_needs {
    const char *variable, *toolkit; /* names of the two environment variables */
    const char *package;            /* folder among Python's packages: the lib folders below it are searched */
    const char *driver; /* SONAME of the driver's library, without which nothing runs; it is looked for quickly */
    const char *below;  /* a further folder below those named, "/extras/CUPTI/lib64"; NULL: none */
    const char
        *beside;       /* pattern of files that are loaded, too, from every folder in which a library was found; NULL */
    const char *names; /* SONAMEs with spaces between, in the order in which they must be loaded; "?" before one
                          that may be missing */
};

/* Loads what is there and is not loaded yet. Returns NULL, or the names of what is missing and where it was looked for
 * (malloc'ed): no error yet, since the loader may still find it when the object that needs it is opened. */
char *libraries_load(const struct library_needs *needs);

/* Whether the driver's library can be loaded: quick to tell, where loading the others takes a tenth of a second. */
bool libraries_have_driver(const struct library_needs *needs);

#endif
