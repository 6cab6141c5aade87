/* The environment, and the chips that can be asked for. */
#include "tests/cuda/host/fake_cudart.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct settings settings;

/* NVIDIA's tuning guides and CUDA's table of compute capabilities; memory is that of a usual card. */
static const struct fake_device chips[] = {
    /* capability, multiprocessors, shared memory of a block, of a multiprocessor, threads, blocks, cache, memory */
    {75, 40, 64 << 10, 64 << 10, 1024, 16, 4 << 20, (size_t)16 << 30},
    {80, 108, 163 << 10, 164 << 10, 2048, 32, 40 << 20, (size_t)40 << 30},
    {86, 84, 99 << 10, 100 << 10, 1536, 16, 6 << 20, (size_t)24 << 30},
    {89, 128, 99 << 10, 100 << 10, 1536, 24, 72 << 20, (size_t)24 << 30},
    {90, 132, 227 << 10, 228 << 10, 2048, 32, 50 << 20, (size_t)80 << 30},
    {120, 170, 99 << 10, 100 << 10, 1536, 24, 96 << 20, (size_t)32 << 30},
};

static const char *text_of(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

static long long number_of(const char *name, long long otherwise)
{
    const char *value = text_of(name, NULL);
    return value ? strtoll(value, NULL, 10) : otherwise;
}

static struct fake_device chip(int capability)
{
    struct fake_device best = chips[0];
    for (size_t i = 0; i < sizeof chips / sizeof *chips; i++)
        if (chips[i].capability <= capability)
            best = chips[i];
    best.capability = capability;
    return best;
}

__attribute__((constructor)) static void begin(void)
{
    settings.devices = (int)number_of("SDBENCH_FAKE_DEVICES", 1);
    settings.driver = (int)number_of("SDBENCH_FAKE_DRIVER", CUDART_VERSION);
    settings.device = chip((int)number_of("SDBENCH_FAKE_CAPABILITY", 90));
    settings.device.memory = (size_t)number_of("SDBENCH_FAKE_MEMORY", (long long)settings.device.memory);
    settings.name = text_of("SDBENCH_FAKE_NAME", "Fake GPU");
    settings.computes = number_of("SDBENCH_FAKE_COMPUTE", 1) != 0;
    settings.distinct = number_of("SDBENCH_FAKE_DISTINCT", 0) != 0;
    settings.leaks_fatal = !strcmp(text_of("SDBENCH_FAKE_LEAKS", ""), "fatal");
    settings.fail = text_of("SDBENCH_FAKE_FAIL", NULL);
    settings.names = text_of("SDBENCH_FAKE_NAMES", NULL);
    settings.optional = text_of("SDBENCH_FAKE_OPTIONAL", "");
    settings.report = text_of("SDBENCH_FAKE_REPORT", NULL);
}

bool list_has(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = list; at && *at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (!strncmp(at, word, n) && (at[n] == ',' || !at[n]))
            return true;
    return false;
}

static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void lock(void)
{
    pthread_mutex_lock(&mutex);
}

void unlock(void)
{
    pthread_mutex_unlock(&mutex);
}

/* A mutex belongs to a thread of the process that locked it: the child has the lock only when it has taken its own. */
void lock_in_child(void)
{
    mutex = (pthread_mutex_t)PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
    lock();
}
