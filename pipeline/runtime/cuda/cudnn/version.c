/* Whether the cuDNN that the loader found can be used. */
#include <cudnn.h>
#include <stdio.h>

#include "pipeline/runtime/cuda/cudnn/descriptor.h"
#include "pipeline/runtime/cuda/cudnn/dnn.h"

enum { TEXT = 24 };

static const char *version_text(size_t version, char out[TEXT])
{
    snprintf(out, TEXT, "%zu.%zu.%zu", version / 10000, version / 100 % 100, version % 100);
    return out;
}

const char *dnn_version(void)
{
    static _Thread_local char text[TEXT];
    return version_text(cudnnGetVersion(), text);
}

/* A plan's fields and attributes are those of the headers: an older library would not know some of them. */
struct err dnn_check_version(void)
{
    char needed[TEXT];
    if (cudnnGetVersion() < (size_t)CUDNN_VERSION)
        return err_make(ERR_ABSENT, "cuDNN %s is loaded, and this program was compiled for %s: a newer one is needed",
                        dnn_version(), version_text(CUDNN_VERSION, needed));
    if (cudnnGetVersion() / 10000 != (size_t)CUDNN_MAJOR)
        return err_make(ERR_ABSENT, "cuDNN %s is loaded, and this program was compiled for %s: another major version",
                        dnn_version(), version_text(CUDNN_VERSION, needed));
    return dnn_check(cudnnGraphVersionCheck(), "checking", "its libraries");
}

struct err dnn_check_parts(void)
{
    static const struct {
        cudnnStatus_t (*check)(void);
        const char *name;
    } parts[] = {{cudnnGraphVersionCheck, "libcudnn_graph"},
                 {cudnnOpsVersionCheck, "libcudnn_ops"},
                 {cudnnCnnVersionCheck, "libcudnn_cnn"}};
    TRY(dnn_check_version());
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].check() != CUDNN_STATUS_SUCCESS)
            return err_make(
                ERR_ABSENT,
                "%s is missing or of another version than libcudnn %s: put the libraries of one cuDNN into one folder",
                parts[i].name, dnn_version());
    return OK;
}
