/* Checkpoints as large as the real ones that take no disk: right headers, and zeros that no block holds. */
#ifndef SDBENCH_TESTS_SUPPORT_SPARSE_CHECKPOINT_H
#define SDBENCH_TESTS_SUPPORT_SPARSE_CHECKPOINT_H

#include <stddef.h>

/* Makes a CompVis file in float16 of all tensors of sd14 at a path of the scratch folder. */
void sparse_make(const char *file);

/* Changes text of the header behind the name of a tensor: the first `from` after it becomes `to`, which may not be
 * longer. To change the name itself, `from` and `to` are names and `tensor` is "". */
void sparse_edit(const char *file, const char *tensor, const char *from, const char *to);

/* Moves both data_offsets of a tensor. */
void sparse_move(const char *file, const char *tensor, long long bytes);

/* Writes a float16 of these bits as value `index` of a tensor. */
void sparse_poke(const char *file, const char *tensor, long long index, unsigned short bits);

/* Makes the file longer or shorter. */
void sparse_resize(const char *file, long long bytes_more);

#endif
