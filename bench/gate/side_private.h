/* What the files of a side share. */
#ifndef SDBENCH_BENCH_GATE_SIDE_PRIVATE_H
#define SDBENCH_BENCH_GATE_SIDE_PRIVATE_H

#include "bench/gate/side.h"

/* Whether a folder holds our sources: a Makefile, and bench/. */
bool tree_is_source(const char *folder);

/* `make all` in a source tree, into its folder build; *log is a file for what it says. The lock on the tree is held by
 * tree_build itself. */
struct err tree_build(const char *tree, const char *log);

/* The same where the lock is held. */
struct err tree_make(const char *tree, const char *log);

/* Commit and dirtiness of a tree, where it is the top of a git repository's. */
void tree_revision(const char *tree, struct gate_side *out);

/* Exports a revision of the current folder's repository and builds it, unless that was done before. Sets the revision
 * and the title; *tree, malloc'ed, is where it lies. */
struct err revision_build(const char *revision, const char *log, char **tree, struct gate_side *out);

/* Text from outside as a title: of what cannot be printed each byte becomes '?'. malloc'ed; NULL without memory. */
__attribute__((format(printf, 1, 2))) char *side_title(const char *format, ...);

#endif
