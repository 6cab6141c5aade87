/* The CLIP tokenizer of transformers 5: Unicode NFC, white space, lower case; nothing is decoded or stripped. Its lower
 * case is Rust's char::to_lowercase of each code point alone, so that a sigma is never final. Its NFC is of Unicode 9;
 * ours knows a hundred combining marks of rare scripts more, and these are put in order among others. */
#include "pipeline/text/flavor.h"
#include "pipeline/text/letters.h"
#include "pipeline/text/nfc.h"

struct err clean_diffusers(const char *raw, size_t bytes, struct text *out)
{
    struct code_points text;
    TRY(code_points_decode(raw, bytes, &text));
    struct err e = nfc(&text);
    if (!e.code) {
        collapse_white_space(&text);
        for (size_t i = 0; i < text.count; i++)
            lower_add(out, text.at[i]);
    }
    code_points_free(&text);
    return e;
}
