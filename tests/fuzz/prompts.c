/* A file of prompts. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "bench/generate/prompt_file.h"
#include "pipeline/base/text.h"

static bool is_text(const char *text)
{
    return text_is_utf8(text, strlen(text)) && !strpbrk(text, "\n\t");
}

void fuzz_prompts(const uint8_t *data, size_t size)
{
    struct arena texts = {0};
    struct sd_request *request;
    int count;
    bool refused = fuzz_refused(prompt_file_read(fuzz_file(data, size), "blurred", 7, &texts, &request, &count));
    fuzz_require(refused == !count && refused == !request, "there are requests or there is an error");
    for (int i = 0; i < count; i++) {
        fuzz_require(request[i].prompt && is_text(request[i].prompt), "a prompt is UTF-8 of one line");
        fuzz_require(request[i].negative && is_text(request[i].negative), "a negative prompt is UTF-8 of one line");
        fuzz_require(!request[i].noise, "a file of prompts gives no noise");
    }
    free(request);
    arena_free(&texts);
}
