/* The vocabulary: 49,408 pieces and the 48,894 merges that make them from bytes.
 *
 * Ids, in order: 256 symbols, one for each byte; the same 256 ending a word ("</w>"); the product of each merge, so
 * that a smaller id is an earlier merge; <|startoftext|>, <|endoftext|>. */
#ifndef SDBENCH_TEXT_VOCABULARY_H
#define SDBENCH_TEXT_VOCABULARY_H

#include "pipeline/base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    VOCABULARY_SYMBOLS = 256,
    VOCABULARY_MERGES = 48894,
    VOCABULARY_SIZE = 2 * VOCABULARY_SYMBOLS + VOCABULARY_MERGES + 2,
};

struct vocabulary {
    uint16_t symbol[VOCABULARY_SYMBOLS];  /* a byte's id inside a word; add VOCABULARY_SYMBOLS at the end of one */
    uint32_t offset[VOCABULARY_SIZE + 1]; /* where each spelling begins in `spellings` */
    char *spellings;                      /* each ends in NUL */
    struct merge *merges;                 /* a hash table */
};

struct err vocabulary_open(struct vocabulary *v);
void vocabulary_free(struct vocabulary *v);

const char *vocabulary_piece(const struct vocabulary *v, uint32_t id);

/* The product of two neighbours, or 0 where they do not merge (0 is a symbol, never a product). */
uint32_t vocabulary_merge(const struct vocabulary *v, uint32_t left, uint32_t right);

#endif
