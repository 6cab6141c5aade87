#include "bench/state/filesystem.h"

#include <stdio.h>
#include <sys/vfs.h>

#include "pipeline/base/error.h"

/* Numbers of statfs(2). */
static const struct {
    unsigned long type;
    const char *name;
    enum { PLAIN, MEMORY, HIDES, STACKED } is;
} kinds[] = {
    {0xef53, "ext4", PLAIN},         {0x58465342, "xfs", PLAIN},        {0x9123683e, "btrfs", PLAIN},
    {0xf2f52010, "f2fs", PLAIN},     {0xca451a4e, "bcachefs", PLAIN},   {0x6969, "nfs", PLAIN},
    {0xff534d42, "cifs", PLAIN},     {0xfe534d42, "smb2", PLAIN},       {0x00c36400, "ceph", PLAIN},
    {0x0bd00bd0, "lustre", PLAIN},   {0x65735546, "fuse", PLAIN},       {0x01021997, "9p", PLAIN},
    {0x73717368, "squashfs", PLAIN}, {0xe0f5e1e2, "erofs", PLAIN},      {0x01021994, "tmpfs", MEMORY},
    {0x858458f6, "ramfs", MEMORY},   {0x958458f6, "hugetlbfs", MEMORY}, {0x794c7630, "overlayfs", STACKED},
    {0x2fc12fc1, "zfs", HIDES}, /* its ARC serves reads, and pages exist only of what was mapped */
};

struct filesystem filesystem_of(int fd)
{
    struct filesystem f = {.name = "an unknown filesystem"};
    struct statfs st;
    if (fstatfs(fd, &st))
        return f;
    unsigned long type = (unsigned long)st.f_type & 0xffffffff;
    snprintf(f.name, sizeof f.name, "filesystem 0x%lx", type);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (kinds[i].type == type) {
            snprintf(f.name, sizeof f.name, "%s", kinds[i].name);
            f.is_memory = kinds[i].is == MEMORY;
            f.hides = kinds[i].is == HIDES;
            f.is_stacked = kinds[i].is == STACKED;
        }
    return f;
}
