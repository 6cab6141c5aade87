/* What the program was built from and with. The Makefile writes the values, and only this object is compiled again
 * where they change. */
#ifndef SDBENCH_BENCH_BUILD_FACTS_H
#define SDBENCH_BENCH_BUILD_FACTS_H

struct build_facts {
    const char *revision; /* of git; "unknown" outside a repository */
    const char *source;   /* "clean", "modified" (some file is not as in the revision), or "unknown" */
    const char *compiler; /* "gcc 12.2.0" */
    const char *flags;    /* all of C, as they were given: may hold paths; the backends have a few more */
};
extern const struct build_facts build_facts;

#endif
