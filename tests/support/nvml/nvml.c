/* A libnvidia-ml.so.1 for machines without one, with as many devices as a test sets: each even one has persistence mode
 * on, and one index may be set that does not open. */
enum { SUCCESS = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9, MOST = 128 };

struct stand_in {
    int start_result; /* of nvmlInit_v2 */
    unsigned devices;
    int refused;     /* index of a device that does not open; -1: none */
    int unknown;     /* index of one whose mode is not known; -1: none */
    int held;        /* starts without an end */
    unsigned opened; /* devices, in all */
};

struct stand_in stand_in = {SUCCESS, 0, -1, -1, 0, 0};

int nvmlInit_v2(void);
int nvmlShutdown(void);
int nvmlDeviceGetCount_v2(unsigned *count);
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device);
int nvmlDeviceGetPersistenceMode(void *device, int *mode);
const char *nvmlErrorString(int result);

static unsigned device_index[MOST];

int nvmlInit_v2(void)
{
    stand_in.held += stand_in.start_result == SUCCESS;
    return stand_in.start_result;
}

int nvmlShutdown(void)
{
    stand_in.held--;
    return SUCCESS;
}

int nvmlDeviceGetCount_v2(unsigned *count)
{
    *count = stand_in.devices;
    return SUCCESS;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device)
{
    if (index >= stand_in.devices || index >= MOST || (int)index == stand_in.refused)
        return NOT_FOUND;
    device_index[index] = index;
    *device = &device_index[index];
    stand_in.opened++;
    return SUCCESS;
}

int nvmlDeviceGetPersistenceMode(void *device, int *mode)
{
    unsigned index = *(unsigned *)device;
    if ((int)index == stand_in.unknown)
        return NOT_SUPPORTED;
    *mode = index % 2 == 0;
    return SUCCESS;
}

const char *nvmlErrorString(int result)
{
    return result == DRIVER_NOT_LOADED ? "Driver Not Loaded" : result == NOT_FOUND ? "Not Found" : "Other";
}
