/* A folder of its own for each test, as fixtures of a suite:
 *
 *     TestSuite(png, .init = scratch_open, .fini = scratch_close);
 */
#ifndef SDBENCH_TESTS_SUPPORT_SCRATCH_H
#define SDBENCH_TESTS_SUPPORT_SCRATCH_H

#include <stddef.h>

void scratch_open(void);  /* makes it, below TMPDIR or /tmp */
void scratch_close(void); /* removes it with all that is in it */

/* The path of a file in it. The text lives until the eighth call after this one. */
const char *scratch_path(const char *file);

void scratch_write(const char *file, const void *bytes, size_t n);
char *scratch_read(const char *file, size_t *n); /* malloc'ed, with a NUL after the n bytes */

/* Files and folders in it: 0 after a failure that left nothing behind. */
size_t scratch_count(void);

/* Runs action(argument) as a user who may write nothing in the scratch folder, also where the tests run as root. Skips
 * the test where that cannot be done. The action must not assert: it leaves what it saw in *argument. */
void scratch_unwritable(void (*action)(void *argument), void *argument);

#endif
