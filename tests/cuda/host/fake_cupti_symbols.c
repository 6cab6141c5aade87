/* A kernel's name as CUPTI gives it, mangled: from the table of symbols of the object that the function lies in. Most
 * kernels are known to their object alone, so the loader has no name for them. */
#include "tests/cuda/host/fake_cupti.h"

#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 1 << 8 };

/* An object's file; it stays mapped, for the names. */
struct object {
    struct object *next;
    const void *base; /* where it is loaded */
    uintptr_t zero;   /* what its addresses count from */
    const Elf64_Sym *symbol;
    size_t symbols;
    const char *strings;
};
struct known {
    struct known *next;
    const void *function;
    const char *name;
};
static struct object *objects;
static struct known *slots[SLOTS];

static const char *map_file(const char *path)
{
    struct stat s;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    void *at = file >= 0 && !fstat(file, &s) && (size_t)s.st_size > sizeof(Elf64_Ehdr)
                   ? mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, file, 0)
                   : MAP_FAILED;
    if (file >= 0)
        close(file);
    return at == MAP_FAILED ? NULL : at;
}

/* Without symbols where it was stripped. */
static void find_symbols(struct object *o, const char *file)
{
    const Elf64_Ehdr *h = (const void *)file;
    const Elf64_Shdr *section = (const void *)(file + h->e_shoff);
    o->zero = h->e_type == ET_EXEC ? 0 : (uintptr_t)o->base;
    for (int i = 0; i < h->e_shnum; i++)
        if (section[i].sh_type == SHT_SYMTAB) {
            o->symbol = (const void *)(file + section[i].sh_offset);
            o->symbols = section[i].sh_size / sizeof *o->symbol;
            o->strings = file + section[section[i].sh_link].sh_offset;
        }
}

static const struct object *object_of(const Dl_info *info)
{
    struct object *o = objects;
    while (o && o->base != info->dli_fbase)
        o = o->next;
    if (o)
        return o;
    o = calloc(1, sizeof *o);
    if (!o)
        abort();
    o->base = info->dli_fbase;
    const char *file = map_file(info->dli_fname);
    if (file && !memcmp(file, ELFMAG, SELFMAG) && file[EI_CLASS] == ELFCLASS64)
        find_symbols(o, file);
    o->next = objects;
    return objects = o;
}

static const char *look_up(const void *function)
{
    Dl_info info;
    if (!dladdr(function, &info))
        return NULL;
    const struct object *o = object_of(&info);
    for (size_t i = 0; i < o->symbols; i++)
        if (ELF64_ST_TYPE(o->symbol[i].st_info) == STT_FUNC && o->symbol[i].st_value == (uintptr_t)function - o->zero)
            return o->strings + o->symbol[i].st_name;
    return NULL;
}

const char *kernel_name(const struct fake_work *w)
{
    const void *function = w->shape.function;
    if (!function)
        return w->name;
    lock();
    struct known **slot = &slots[((uintptr_t)function >> 4) % SLOTS], *k = *slot;
    while (k && k->function != function)
        k = k->next;
    if (!k) {
        k = malloc(sizeof *k);
        if (!k)
            abort();
        *k = (struct known){*slot, function, look_up(function)};
        *slot = k;
    }
    unlock();
    return k->name ? k->name : w->name;
}
