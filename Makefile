# sdbench: `make help` lists the targets. All output goes to build/ (BUILD=folder for another).

BUILD ?= build
PREFIX ?= /usr/local
OPTIMIZE ?= -O2 -g
WORKLOAD ?=
VARIANTS ?= all
BACKEND ?= auto
V ?=
Q := $(if $(V),,@)

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes -Wvla -Werror
CFLAGS := -std=c17 -D_GNU_SOURCE $(OPTIMIZE) $(WARNINGS) -fPIC -fopenmp -ffp-contract=off -I. $(EXTRA_CFLAGS)
PACKAGES := libcjson spng libutf8proc libpcre2-8 libxxhash zlib
BUILT_WITH := $(strip $(CFLAGS))
LDLIBS = $(shell pkg-config --libs $(PACKAGES)) -lm -ldl -lpthread

# oneDNN: the system's, or the one that ci/deps put under build/.
comma := ,
ONEDNN := $(wildcard build/onednn/include)
ONEDNN_CFLAGS := $(ONEDNN:%=-isystem %)
ONEDNN_LDLIBS := $(if $(ONEDNN),-Lbuild/onednn/lib -Wl$(comma)-rpath$(comma)$(CURDIR)/build/onednn/lib) -ldnnl
HAVE_ONEDNN := $(shell $(CC) $(ONEDNN_CFLAGS) -include oneapi/dnnl/dnnl.h -E -x c /dev/null >/dev/null 2>&1 && echo yes)

# CUDA: the toolkit of the nvcc on the PATH, of CUDA_HOME, the usual folder, or the one that ci/cuda-wheels put under build/.
CUDA ?= $(firstword $(patsubst %/include/cuda_runtime_api.h,%,$(wildcard \
    $(addsuffix /include/cuda_runtime_api.h,$(patsubst %/bin/nvcc,%,$(realpath $(shell command -v nvcc 2>/dev/null))) \
    $(CUDA_HOME) /usr/local/cuda build/cuda-toolkit))))
NVCC := $(firstword $(wildcard $(CUDA)/bin/nvcc))
HAVE_CUDNN := $(if $(CUDA),$(shell $(CC) -isystem $(CUDA)/include -include cudnn_graph.h -E -x c /dev/null >/dev/null 2>&1 && echo yes))
# Its records as CUDA 13 has them: for the stand-in of it that tests use.
CUPTI_13 := $(if $(HAVE_CUDNN),$(shell echo 'CUpti_ActivityKernel10 kernel;' | \
    $(CC) -isystem $(CUDA)/include -include cupti.h -x c -fsyntax-only - >/dev/null 2>&1 && echo yes))
CUDA_VERSION := $(if $(CUDA),$(shell sed -n 's/^\#define CUDART_VERSION *\([0-9]*\).*/\1/p' $(CUDA)/include/cuda_runtime_api.h))
CUDA_MAJOR := $(if $(CUDA_VERSION),$(shell expr $(CUDA_VERSION) / 1000))
# CUPTI's headers: some toolkits have them in a folder of their own.
CUPTI := $(if $(CUDA),$(firstword $(patsubst %/cupti.h,%,$(wildcard $(addsuffix /cupti.h,$(CUDA)/include $(CUDA)/extras/CUPTI/include)))))
# A toolkit that ci/cuda-wheels made is on no loader's path: what is linked against it remembers where it is. (An RPATH, since NVRTC
# opens its libnvrtc-builtins by name alone, and only an RPATH holds for what a library opens.)
CUDA_RPATH = $(if $(findstring /cuda-toolkit,$(realpath $(CUDA))),-Wl$(comma)--disable-new-dtags$(comma)-rpath$(comma)$(realpath $(CUDA)/lib))
CUDA_LDLIBS = $(patsubst %,-L%,$(wildcard $(CUDA)/lib64 $(CUDA)/lib)) $(CUDA_RPATH) -lcudart -lcublasLt -lcudnn -lxxhash -ldl

# Chips that kernels are compiled for; PTX of the newest serves those that come later. CUDA 13 knows nothing before sm_75.
CHIPS = $(if $(filter 12,$(CUDA_MAJOR)),70) 75 80 90
NVCC_FLAGS = -std=c++17 -O3 -I. -Xcompiler -fPIC,-Wall,-Wextra,-Werror -Werror all-warnings \
    $(foreach chip,$(CHIPS),-gencode arch=compute_$(chip),code=sm_$(chip)) -gencode arch=compute_90,code=compute_90

# The library is every folder but the backends and CUPTI (shared objects of their own) and the program's main.
FOLDERS := pipeline pipeline/* pipeline/runtime/reference pipeline/runtime/null variants variants/* profiler profiler/* bench bench/* reports
SOURCES := $(filter-out profiler/cupti/%,$(wildcard $(FOLDERS:%=%/*.c)))
LIBRARY := $(filter-out $(BUILD)/bench/main.o,$(SOURCES:%.c=$(BUILD)/%.o))
CPU := $(patsubst %.c,$(BUILD)/%.o,$(wildcard pipeline/runtime/cpu/*.c))
CUDA_C := $(patsubst %.c,$(BUILD)/%.o,$(wildcard pipeline/runtime/cuda/*.c pipeline/runtime/cuda/*/*.c))
CUPTI_C := $(patsubst %.c,$(BUILD)/%.o,$(wildcard profiler/cupti/*.c profiler/cupti/*/*.c))
CUDA_PARTS := $(patsubst %,$(BUILD)/pipeline/runtime/cuda/choice/%.o,tune plan_file plan_file_text plan_file_disk)
KERNELS := $(wildcard pipeline/runtime/cuda/kernels/*.cu)
NEED_TOOLKIT := tests/cuda/test_kernels_% tests/cuda/test_attention_kernels% tests/cuda/values%
NEED_CUPTI := $(addprefix tests/cuda/,test_cupti_% cupti_% test_metrics% fake_metrics% test_occupancy%)
TESTS := $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(if $(HAVE_CUDNN),,$(NEED_TOOLKIT)) $(if $(CUPTI),,$(NEED_CUPTI)),$(wildcard tests/*/*.c)))
FUZZ := $(patsubst %.c,$(BUILD)/%.o,$(filter-out tests/fuzz/test_%,$(wildcard tests/fuzz/*.c tests/fuzz/program/*.c)))
BACKENDS = $(if $(HAVE_ONEDNN),$(BUILD)/sdbench-cpu.so) $(if $(and $(HAVE_CUDNN),$(NVCC)),$(BUILD)/sdbench-cuda.so) $(if $(CUPTI),$(BUILD)/sdbench-cupti.so)

.PHONY: all
all: present $(BUILD)/sdbench
	$(Q)$(MAKE) --no-print-directory backends

.PHONY: backends
backends: $(BACKENDS)
	@$(if $(HAVE_ONEDNN),:,echo "  (oneDNN not found: backend cpu left out)")
	@$(if $(and $(HAVE_CUDNN),$(NVCC)),:,echo "  (no CUDA toolkit with cuDNN found: backend cuda left out)")
	@$(if $(CUPTI),:,echo "  (no CUPTI found in a CUDA toolkit: traces, metrics and occupancy of a GPU left out)")

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC    $<"
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

# Loops that the compiler has to vectorise; neither flag changes a result.
$(CPU): CFLAGS += -O3 -fno-math-errno -fno-trapping-math -fvisibility=hidden $(ONEDNN_CFLAGS)
$(BUILD)/pipeline/weights/%.o $(BUILD)/pipeline/base/dtype.o: CFLAGS += -O3

# The revision and the flags are part of each result. The recipe always runs, and rewrites the header only where they changed.
$(BUILD)/bench/build_facts.o: private CFLAGS += -include $(BUILD)/build_facts.h
$(BUILD)/bench/build_facts.o: $(BUILD)/build_facts.h
$(BUILD)/build_facts.h: export FACTS_CC = $(CC)
$(BUILD)/build_facts.h: export FACTS_FLAGS = $(BUILT_WITH)
$(BUILD)/build_facts.h: always
	@ci/build-facts $@

.PHONY: always
always:

$(BUILD)/pipeline/text/vocabulary_data.o: pipeline/text/bpe_simple_vocab_16e6.txt.gz

$(BUILD)/sdbench: $(BUILD)/bench/main.o $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -rdynamic $^ $(LDLIBS) -o $@

$(BUILD)/sdbench-cpu.so: $(CPU)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -shared $^ $(ONEDNN_LDLIBS) -lm -o $@

# CUDA: C as above, kernels by nvcc; linked against the toolkit's libraries, which the program finds when it opens the object.
$(CUDA_C): CFLAGS += -fvisibility=hidden -isystem $(CUDA)/include
$(BUILD)/pipeline/runtime/cuda/cuda.o: CFLAGS += -fvisibility=default
$(BUILD)/pipeline/runtime/backend.o: CFLAGS += $(if $(HAVE_CUDNN),-DCUDA_MAJOR='"$(CUDA_MAJOR)"')

# What asks CUPTI: opened by a profile alone, and linked against none of NVIDIA's libraries, which it finds at run time. (cupti_profiler_host.h
# includes a header of C++; the folder shim has an empty one of its name.)
CUPTI_CFLAGS = -isystem profiler/cupti/shim -isystem $(CUPTI) -isystem $(CUDA)/include -DCUDA_MAJOR='"$(CUDA_MAJOR)"'
$(CUPTI_C): CFLAGS += -fvisibility=hidden $(CUPTI_CFLAGS)

$(BUILD)/sdbench-cupti.so: $(CUPTI_C)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -shared $^ $(CUDA_RPATH) -ldl -lm -o $@

# What ptxas says of each kernel is kept for ci/kernels.
$(BUILD)/%.cu.o: %.cu
	@mkdir -p $(@D)
	@echo "  NVCC  $<"
	$(Q)$(NVCC) $(NVCC_FLAGS) -Xptxas -v -MMD -MP -MF $(@:.o=.d) -c $< -o $@ 2>$(@:.o=.log) || { cat $(@:.o=.log) >&2; exit 1; }

$(BUILD)/sdbench-cuda.so: $(CUDA_C) $(KERNELS:%=$(BUILD)/%.o)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -shared $^ $(CUDA_LDLIBS) -lstdc++ -lm -o $@

# The same backend on the host, for tests: kernels by the host's compiler, threads and barriers emulated, and libraries of our
# own in place of NVIDIA's. It needs a toolkit's headers and no GPU.
HOST := $(BUILD)/host-cuda
FAKES := $(HOST)/libcudart.so.$(CUDA_MAJOR) $(HOST)/libcublasLt.so.$(CUDA_MAJOR) $(HOST)/libcudnn.so.9
FAKE_DRIVERS := $(BUILD)/tests/fake-driver/libcuda.so.1 $(BUILD)/tests/device/libcuda.so.1 $(HOST)/libcuda.so.1
HOST_OBJECTS := $(KERNELS:%=$(HOST)/%.o) $(HOST)/tests/cuda/host/emulate.o
# ... and with the sanitizers, for the tests of its operations (tests/cuda/test_sanitized.c); `make sanitize` has them anyway.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined
SANITIZERS := $(filter /%,$(foreach l,asan ubsan,$(shell $(CC) -print-file-name=lib$(l).so)))
SANITIZED = $(if $(and $(HAVE_CUDNN),$(SANITIZERS)),$(if $(EXTRA_CFLAGS),,$(BUILD)/sanitized-cuda/host-cuda))

.PHONY: sanitized-cuda
sanitized-cuda:
	$(Q)$(MAKE) --no-print-directory BUILD=$(BUILD)/sanitized-cuda OPTIMIZE="-O1 -g -fno-omit-frame-pointer" \
	    EXTRA_CFLAGS="$(SANITIZE)" $(BUILD)/sanitized-cuda/host-cuda/sdbench-cuda.so

HOST_CUDA = $(if $(HAVE_CUDNN),$(HOST)/sdbench-cuda.so $(HOST)/client $(HOST)/gpu-first $(if $(CUPTI),$(HOST)/sdbench-cupti.so)) \
    $(if $(CUPTI_13),$(HOST)/libcupti.so.$(CUDA_MAJOR) $(HOST)/cupti-client)

$(HOST)/%.cu.o: %.cu
	@mkdir -p $(@D)
	@echo "  HOST  $<"
	$(Q)$(CXX) $(HOST_CXXFLAGS) -include tests/cuda/host/emulate.h -x c++ -c $< -o $@

$(HOST)/tests/cuda/host/%.o: tests/cuda/host/%.cpp
	@mkdir -p $(@D)
	@echo "  CXX   $<"
	$(Q)$(CXX) $(HOST_CXXFLAGS) -c $< -o $@

HOST_CXXFLAGS = -std=c++17 $(OPTIMIZE) -O2 -Wall -Wextra -Werror -Wno-unknown-pragmas -fPIC -ffp-contract=off -DSDBENCH_CUDA_ON_HOST -I. -isystem $(CUDA)/include \
    $(EXTRA_CFLAGS) -MMD -MP

# One library after its files' names. That of CUDA's runtime holds what all three share: the account of calls.
FAKE_CC = $(CC) $(CFLAGS) -O3 -fno-math-errno -fno-trapping-math -fvisibility=hidden -isystem $(CUDA)/include
FAKE_LINK = -shared -Wl,-z,nodelete -Wl,--default-symver -Wl,-soname,$(@F) -Wl,--disable-new-dtags,-rpath,'$$ORIGIN'
fakes = $(wildcard tests/cuda/host/fake_$(1)*.c)

$(HOST)/libcudart.so.$(CUDA_MAJOR): $(call fakes,cudart) $(call fakes,product) $(wildcard tests/cuda/host/*.h)
	@mkdir -p $(@D)
	@echo "  FAKE  $@"
	$(Q)$(FAKE_CC) $(FAKE_LINK) $(filter %.c,$^) -lpthread -lm -o $@

$(HOST)/libcublasLt.so.$(CUDA_MAJOR): $(call fakes,cublaslt) $(HOST)/libcudart.so.$(CUDA_MAJOR)
	@echo "  FAKE  $@"
	$(Q)$(FAKE_CC) $(FAKE_LINK) $^ -lm -o $@

$(HOST)/libcudnn.so.9: $(call fakes,cudnn) $(HOST)/libcudart.so.$(CUDA_MAJOR)
	@echo "  FAKE  $@"
	$(Q)$(FAKE_CC) $(FAKE_LINK) $^ -lcjson -lm -o $@

$(HOST)/libcupti.so.$(CUDA_MAJOR): $(call fakes,cupti) $(HOST)/libcudart.so.$(CUDA_MAJOR)
	@echo "  FAKE  $@"
	$(Q)$(FAKE_CC) $(FAKE_LINK) $^ -lpthread -ldl -o $@

$(HOST)/cupti-client: $(wildcard tests/cuda/host/cupti_client*.c) $(HOST)/libcupti.so.$(CUDA_MAJOR) $(HOST)/libcudart.so.$(CUDA_MAJOR)
	$(Q)$(FAKE_CC) $^ -Wl,--disable-new-dtags,-rpath,'$$ORIGIN' -o $@

$(HOST)/client: tests/cuda/host/client.c $(HOST)/libcudart.so.$(CUDA_MAJOR)
	$(Q)$(FAKE_CC) $^ -Wl,--disable-new-dtags,-rpath,'$$ORIGIN' -o $@

# A driver that only loads: with it cuDNN makes plans for devices that are not there.
$(FAKE_DRIVERS): tests/cuda/host/fake_driver.c
	@mkdir -p $(@D)
	@echo "  FAKE  $@"
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(@F) $^ -o $@

$(HOST)/sdbench-cuda.so: $(CUDA_C) $(HOST_OBJECTS) $(FAKES)
	@echo "  LINK  $@"
	$(Q)$(CXX) $(OPTIMIZE) $(EXTRA_CFLAGS) -fopenmp -shared -Wl,-rpath,'$$ORIGIN' $(CUDA_C) $(HOST_OBJECTS) $(HOST)/libcudart.so.$(CUDA_MAJOR) \
	    $(HOST)/libcublasLt.so.$(CUDA_MAJOR) $(HOST)/libcudnn.so.9 -lm -o $@

$(HOST)/sdbench-cupti.so: $(BUILD)/sdbench-cupti.so
	@mkdir -p $(@D)
	$(Q)cp $< $@

$(filter $(BUILD)/tests/cuda/%,$(TESTS)): CFLAGS += $(if $(CUDA),-isystem $(CUDA)/include)
$(filter $(NEED_CUPTI:%=$(BUILD)/%.o),$(TESTS)): CFLAGS += $(CUPTI_CFLAGS)

$(BUILD)/tests/run: $(TESTS) $(CUDA_PARTS) $(if $(CUPTI),$(CUPTI_C)) $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -rdynamic $^ $(LDLIBS) -lcriterion -o $@

# A backend cuda without a GPU, for tests of the command line.
$(BUILD)/tests/run: | $(BUILD)/tests/device/sdbench-cuda.so $(FAKE_DRIVERS) $(BUILD)/tests/nvml/libnvidia-ml.so.1 \
    $(BUILD)/tests/nvml-old/libnvidia-ml.so.1 $(BUILD)/tests/fake-sdbench $(if $(CUPTI),$(BUILD)/sdbench-cupti.so)

$(BUILD)/tests/device/sdbench-cuda.so: $(BUILD)/tests/support/device/device.o
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -shared $^ -o $@

$(BUILD)/tests/nvml/libnvidia-ml.so.1: $(BUILD)/tests/support/nvml/nvml.o
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -shared -Wl,-soname,$(@F) $^ -o $@

$(BUILD)/tests/nvml-old/libnvidia-ml.so.1: tests/support/nvml/nvml.c tests/support/nvml/nvml.h pipeline/runtime/nvml.h
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -DSTAND_IN_OLD -shared -Wl,-soname,$(@F) $< -o $@

# A program for tests of the gate, whose times are made up.
$(BUILD)/tests/fake-sdbench: $(BUILD)/tests/support/gate/fake_sdbench.o
	@mkdir -p $(@D)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $^ -lcjson -lm -o $@

# Fuzzing: the library tells which code it runs.
$(BUILD)/run: $(FUZZ) $(CUDA_PARTS) $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -rdynamic $^ $(LDLIBS) -o $@

$(LIBRARY): CFLAGS += $(COVERAGE)

# Programs of the tests of CUDA: plans on devices that are only described, a device without memory, a kernel that traps.
PROGRAMS := $(BUILD)/tests/gpu_hold $(BUILD)/tests/gpu_trap.so $(if $(HAVE_CUDNN),$(BUILD)/tests/cudnn-plans $(BUILD)/tests/fake-driver/libcuda.so.1) \
    $(if $(and $(HAVE_CUDNN),$(NVCC)),$(BUILD)/tests/gpu-first)

$(BUILD)/tests/gpu_hold: tests/cuda/program/gpu_hold.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $< -ldl -o $@

$(BUILD)/tests/gpu_trap.so: tests/cuda/program/gpu_trap.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -shared $< -ldl -lpthread -o $@

WRAPPED := CreateDescriptor DestroyDescriptor Finalize SetAttribute GetAttribute
PLANS_C := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/cuda/program/cudnn_*.c))
$(PLANS_C): CFLAGS += -isystem $(CUDA)/include

$(BUILD)/tests/cudnn-plans: $(PLANS_C) $(filter-out %/dnn_choice.o,$(filter $(BUILD)/pipeline/runtime/cuda/cudnn/%,$(CUDA_C))) \
    $(BUILD)/pipeline/runtime/cuda/described.o $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -rdynamic $(WRAPPED:%=-Wl,--wrap=cudnnBackend%) $^ $(CUDA_LDLIBS) $(LDLIBS) -o $@

# What is measured first on a GPU; and the same on the host's CUDA, to rehearse it.
FIRST_OWN := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/cuda/program/gpu_first*.c))
FIRST_C = $(FIRST_OWN) $(BUILD)/tests/cuda/program/cudnn_problems.o $(filter-out %/dnn_choice.o,$(filter $(BUILD)/pipeline/runtime/cuda/cudnn/%,$(CUDA_C))) \
    $(patsubst %,$(BUILD)/pipeline/runtime/cuda/%.o,check described choice/timing) $(LIBRARY)
$(FIRST_OWN): CFLAGS += -isystem $(CUDA)/include

$(BUILD)/tests/gpu-first: $(FIRST_C) $(BUILD)/pipeline/runtime/cuda/kernels/advance.cu.o
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) $^ $(CUDA_LDLIBS) $(LDLIBS) -lstdc++ -o $@

$(HOST)/gpu-first: $(FIRST_C) $(HOST_OBJECTS) $(FAKES)
	@echo "  LINK  $@"
	$(Q)$(CXX) $(OPTIMIZE) $(EXTRA_CFLAGS) -fopenmp -Wl,--disable-new-dtags,-rpath,'$$ORIGIN' $^ $(LDLIBS) -o $@

# The example on top of the public header, compiled as it stands there.
$(BUILD)/tests/example.c: pipeline/stable_diffusion.h
	@mkdir -p $(@D)
	$(Q){ echo '#include <stdio.h>'; echo '#include "$<"'; echo 'int main(void) {'; sed -n 's/^ \*     //p' $<; \
	    echo 'return 0; }'; } > $@

$(BUILD)/tests/example: $(BUILD)/tests/example.c $(LIBRARY)
	@echo "  LINK  $@"
	$(Q)$(CC) $(CFLAGS) -rdynamic $^ $(LDLIBS) -o $@

# Those of what a gate builds in build/gate are not ours, though they call their objects by the same names.
-include $(shell find $(BUILD) -path $(BUILD)/gate -prune -o -name '*.d' -print 2>/dev/null)

.PHONY: present
present:
	@ci/deps --check

.PHONY: help
help:
	@echo "make bench      set-up, build, weights, the default workload in all variants, tables, records, a short verify"
	@echo "                WORKLOAD=quick VARIANTS=standard,fused BACKEND=cpu as sdbench's options"
	@echo "make test       set-up, build, every test that this machine can run"
	@echo "make test-long  make test, then every subset of the passes, the gate's false alarms, and the full-size model against all its reference values"
	@echo "make sanitize   the tests under AddressSanitizer and UndefinedBehaviorSanitizer"
	@echo "make fuzz       parsers under both sanitizers on inputs that lead to new code, each for FUZZ_SECONDS=60;"
	@echo "                FUZZ_TARGETS='png prompts' some of them; FUZZ_INPUT=file one input again; FUZZ_SEED=N other inputs"
	@echo "make            build $(BUILD)/sdbench"
	@echo "make deps       install the packages that are missing"
	@echo "make check      layers, headers and sizes of the source tree"
	@echo "make install    to PREFIX=$(PREFIX)"
	@echo "make clean      remove $(BUILD)/, but for a oneDNN and a CUDA toolkit that were downloaded"

.PHONY: deps
deps:
	@ci/deps
	@ci/cuda-wheels --needed

# A program under its own -j where the user gave none.
JOBS = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: bench
bench: deps
	@$(MAKE) --no-print-directory $(JOBS) all
	@ci/bench $(BUILD)/sdbench "$(WORKLOAD)" "$(VARIANTS)" "$(BACKEND)"

TEST_ENVIRONMENT = SDBENCH_SOURCE=$(CURDIR) SDBENCH_PROGRAM=$(abspath $(BUILD))/sdbench \
    SDBENCH_EXAMPLE=$(abspath $(BUILD))/tests/example SDBENCH_CACHE=$(CURDIR)/build/test-cache \
    SDBENCH_HOST_CUDA=$(abspath $(HOST)) SDBENCH_FAKES=$(abspath $(HOST)) SDBENCH_CUDA_ON_HOST=$(abspath $(HOST))/sdbench-cuda.so \
    $(if $(SANITIZED),SDBENCH_SANITIZED_CUDA=$(abspath $(SANITIZED)) SDBENCH_SANITIZERS="$(SANITIZERS)") \
    SDBENCH_CUDA_TESTS=$(abspath $(BUILD))/tests OMP_WAIT_POLICY=passive

.PHONY: test
test:
	@ci/deps --tests
	@$(MAKE) --no-print-directory $(JOBS) all $(BUILD)/tests/run $(BUILD)/tests/example $(HOST_CUDA) $(PROGRAMS) \
	    $(if $(SANITIZED),sanitized-cuda)
	$(Q)$(TEST_ENVIRONMENT) $(BUILD)/tests/run --jobs $(shell nproc) $(TEST_ARGUMENTS)

.PHONY: test-long
test-long: test
	$(Q)$(TEST_ENVIRONMENT) SDBENCH_SUBSETS=all $(BUILD)/tests/run --jobs $(shell nproc) --filter 'subsets/*'
	$(Q)$(TEST_ENVIRONMENT) SDBENCH_EVERY_CALL=yes $(BUILD)/tests/run --jobs $(shell nproc) --filter 'cuda_failures/*'
	$(Q)$(TEST_ENVIRONMENT) SDBENCH_FALSE_ALARMS=all $(BUILD)/tests/run --filter 'false_alarms/*'
	$(Q)for variant in standard mixed fused fused-mixed; do \
	    $(BUILD)/sdbench verify $(wildcard tests/golden/*-*.safetensors) --variant $$variant || exit 1; done

# Criterion counts a test that leaks as passed: the log is searched as well. The option keeps gcc's LeakSanitizer from dying
# on thread-local variables of libraries that are opened at run time.
.PHONY: sanitize
sanitize:
	@mkdir -p $(BUILD)
	@ASAN_OPTIONS=intercept_tls_get_addr=0 LSAN_OPTIONS=print_suppressions=0:suppressions=$(CURDIR)/ci/lsan.supp \
	    $(MAKE) --no-print-directory test BUILD=$(BUILD)/sanitize OPTIMIZE="-O1 -g -fno-omit-frame-pointer" \
	    EXTRA_CFLAGS="$(SANITIZE)" >$(BUILD)/sanitize.log 2>&1; code=$$?; \
	    tail -n 20 $(BUILD)/sanitize.log; ! grep -E 'Sanitizer|runtime error:' $(BUILD)/sanitize.log && exit $$code

# allocator_may_return_null: what asks for too much memory gets none, and must say so.
FUZZ_SECONDS ?= 60
FUZZ_SEED ?= 0
FUZZ_TARGETS ?=
FUZZ_INPUT ?=
.PHONY: fuzz
fuzz: present
	@$(MAKE) --no-print-directory $(JOBS) BUILD=$(BUILD)/fuzz $(BUILD)/fuzz/run OPTIMIZE="-O1 -g -fno-omit-frame-pointer" \
	    EXTRA_CFLAGS="-fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all" COVERAGE=-fsanitize-coverage=trace-pc
	@$(TEST_ENVIRONMENT) \
	    ASAN_OPTIONS=allocator_may_return_null=1:max_allocation_size_mb=1024:hard_rss_limit_mb=2048:quarantine_size_mb=16 \
	    $(BUILD)/fuzz/run -s $(FUZZ_SECONDS) -r $(FUZZ_SEED) $(FUZZ_INPUT:%=-i %) $(FUZZ_TARGETS)

.PHONY: check
check:
	@ci/layers

.PHONY: install
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/sdbench
	install $(BUILD)/sdbench $(DESTDIR)$(PREFIX)/bin/
	$(if $(BACKENDS),install $(BACKENDS) $(DESTDIR)$(PREFIX)/lib/sdbench/)

.PHONY: clean
clean:
	$(Q)find $(BUILD) -mindepth 1 -maxdepth 1 ! -name onednn ! -name 'cuda-toolkit*' -exec rm -rf {} + 2>/dev/null; true
