/* What a tokenizer is made of, for the files that share it. */
#ifndef SDBENCH_TEXT_TOKENIZER_PRIVATE_H
#define SDBENCH_TEXT_TOKENIZER_PRIVATE_H

#include "pipeline/text/flavor.h"
#include "pipeline/text/vocabulary.h"
#include "pipeline/text/words.h"

struct tokenizer {
    const struct flavor *flavor;
    struct vocabulary vocabulary;
    struct words *words;
};

#endif
