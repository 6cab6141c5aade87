#include "pipeline/text/vocabulary_data.h"

/* C17 has no #embed. The path counts from the project's root, where the compiler runs. pushsection leaves the
 * compiler's own sections as they were, and with them its note that the stack is not executable. */
// clang-format off
__asm__(".pushsection .rodata\n"
        ".balign 8\n"
        ".global vocabulary_data_bytes\n"
        ".hidden vocabulary_data_bytes\n"
        ".type vocabulary_data_bytes, %object\n"
        ".size vocabulary_data_bytes, 8\n"
        "vocabulary_data_bytes:\n"
        ".8byte 2f - 1f\n"
        ".global vocabulary_data\n"
        ".hidden vocabulary_data\n"
        ".type vocabulary_data, %object\n"
        ".size vocabulary_data, 2f - 1f\n"
        "vocabulary_data:\n"
        "1: .incbin \"pipeline/text/bpe_simple_vocab_16e6.txt.gz\"\n"
        "2:\n"
        ".popsection\n");
// clang-format on
