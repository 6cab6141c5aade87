/* A safetensors file in memory: what is accepted must lie inside it, and have the values that it says. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/weights/safetensors.h"

/* Elements one after the other, of a tensor that lies inside the input: at most as many as it has bytes. */
static void read_all(const struct stored_tensor *t)
{
    int64_t count = shape_count(t->shape);
    fuzz_require(count >= 0 && (size_t)count * dtypes[t->dtype].bytes == t->bytes, "a tensor has its shape's bytes");
    float *values = malloc((size_t)count * sizeof *values + 1);
    int32_t *integers = malloc((size_t)count * sizeof *integers + 1);
    fuzz_require(values && integers, "there is memory for the values");
    checkpoint_read_f32(t, 0, count, values);
    int64_t bad = stored_tensor_first_not_finite(t);
    fuzz_require(bad >= -1 && bad < count, "a value that is not finite is one of the tensor's");
    fuzz_refused(stored_tensor_read_i32(t, 0, count, integers));
    free(values);
    free(integers);
}

static void check_tensor(const struct safetensors *file, const struct stored_tensor *t, const uint8_t *data,
                         size_t size)
{
    const struct stored_tensor *needed;
    const uint8_t *begin = t->data;
    fuzz_require(begin >= data && t->bytes <= size && begin + t->bytes <= data + size, "a tensor lies inside the file");
    fuzz_require(*t->name && !strchr(t->name, '\n'), "a tensor has a name of one line");
    fuzz_require(safetensors_find(file, t->name) == t, "a tensor is found by its name");
    fuzz_require(fuzz_refused(safetensors_need(file, t->name, &needed)) == (t->unusable != NULL),
                 "a tensor can be had where it is usable");
    if (!t->unusable)
        read_all(t);
}

void fuzz_safetensors(const uint8_t *data, size_t size)
{
    static const char *const keys[] = {"format", "seeds", "preset", "", "a\nb"};
    struct safetensors *file;
    if (fuzz_refused(safetensors_parse(data, size, "input", &file)))
        return;
    for (size_t i = 0; i < safetensors_count(file); i++)
        check_tensor(file, safetensors_at(file, i), data, size);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        safetensors_metadata(file, keys[i]);
    safetensors_free(file);
}
