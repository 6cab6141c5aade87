/* Shared objects of this program: what needs a library that not every machine has is opened on demand. They lie in the
 * folder that SDBENCH_BACKENDS names; where it names none, beside the program (build/), in ../lib/sdbench (installed),
 * or one folder up (the tests' programs). */
#ifndef SDBENCH_RUNTIME_OBJECTS_H
#define SDBENCH_RUNTIME_OBJECTS_H

#include <stddef.h>

/* dlopen's handle of the object of that file name; NULL, and why holds the reason. */
void *object_open(const char *object, char *why, size_t size);

#endif
