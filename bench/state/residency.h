/* How much of some files lies in the page cache, and files into it and out of it.
 *
 * mincore(2) tells it of the pages of a mapping that nobody touched. Of a file that is neither ours nor writable for us
 * it says that all pages are there; cachestat(2) tells of these too where a kernel has it (6.5) and does not ask whose
 * file it is (it has since). What neither tells is "not verifiable", never a number. */
#ifndef SDBENCH_BENCH_STATE_RESIDENCY_H
#define SDBENCH_BENCH_STATE_RESIDENCY_H

#include "bench/progress.h"
#include "bench/state/files.h"

#include <stdint.h>

#define EVICTED_LIMIT  0.01 /* evicted: a smaller share of the pages is in the page cache */
#define RESIDENT_LIMIT 0.99 /* resident: at least this share is */

struct residency {
    double share; /* of all pages of all files, 0 to 1; below 0 where unknown, or where there are no pages */
    uint64_t pages, resident; /* of those files that could be verified */
    /* The file of which most pages are there, and that of which most are missing: paths of the list, NULL without. */
    const char *most, *least;
    double most_share, least_share;
    char reason[256]; /* why the share is unknown, with the first such file; else "" */
};
struct residency residency_of(const struct file_list *files);

/* Each puts files where it can and tells what came of it; an error is only that the user cancelled, or no memory. Files
 * may be missing or unreadable: *after says so.
 *
 * Out of the page cache: pages that some process maps and has touched stay, and so does what lies on a tmpfs. Dirty
 * pages are written first. In: each file is read once from end to end. */
struct err residency_evict(const struct file_list *files, struct progress *progress, struct residency *after);
struct err residency_load(const struct file_list *files, struct progress *progress, struct residency *after);

/* Why a file is still there, as far as can be known: " is still mapped by process 12 (name)". */
void residency_why(const char *path, char *out, size_t size);

#endif
