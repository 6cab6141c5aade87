/* CLIP's file bpe_simple_vocab_16e6.txt.gz (MIT licence, OpenAI), byte for byte. */
#ifndef SDBENCH_TEXT_VOCABULARY_DATA_H
#define SDBENCH_TEXT_VOCABULARY_DATA_H

#include <stdint.h>

#pragma GCC visibility push(hidden)
extern const unsigned char vocabulary_data[];
extern const uint64_t vocabulary_data_bytes;
#pragma GCC visibility pop

#endif
