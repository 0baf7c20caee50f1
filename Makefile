# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
#
# make            build the programs into build/ (installs nothing)
# make play       install what is missing, build, play the default preset
# make check      install what is missing, build, run the tests
# make soak       mg-play, and kills of mg-train, at full length: hours
# make style      the style checks: format, includes, real-time symbols, linters
# make bench      how long a step takes, by every kernel and in PyTorch
# make benchmark-quality SET=jsb   train and score a benchmark set, as published models are
# make sanitize   the unit tests under ASan and UBSan
# make tsan       the tests that have threads, under TSan
# make setup      only install what is missing
# make install    PREFIX=/usr/local DESTDIR=

VERSION := 0.1.0
PREFIX ?= /usr/local
BUILD ?= build
CC ?= gcc
CFLAGS ?= -O3 -g
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

# -ffp-contract=off: products are fused with sums where the code says so, nowhere else.
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wdouble-promotion -Wundef
ALL_CFLAGS = -std=c17 -D_POSIX_C_SOURCE=200809L -DMG_VERSION='"$(VERSION)"' \
	-DMG_DATADIR='"$(PREFIX)/share"' $(WARNINGS) -ffp-contract=off -fno-math-errno \
	-pthread -I. $(CPPFLAGS) $(CFLAGS) $(SANITIZE_FLAGS)
SANITIZE ?=
SANITIZE_FLAGS := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-omit-frame-pointer)

# --- what is here: required parts, and optional ones that are found or left out ----------
PKG_CONFIG ?= pkg-config
REQUIRED := jack alsa openblas smf glib-2.0 jansson
OPTIONAL := fluidsynth cairo
find = $(shell $(PKG_CONFIG) --exists $(1) 2>/dev/null && echo $(1))
# Random123 is headers only and has no .pc file.
RANDOM123 := $(shell echo '\#include <Random123/philox.h>' | \
	$(CC) $(CPPFLAGS) -E - >/dev/null 2>&1 && echo yes)
MISSING := $(strip $(foreach p,$(REQUIRED),$(if $(call find,$(p)),,$(p))) \
	$(if $(RANDOM123),,random123))
FOUND := $(foreach p,$(OPTIONAL),$(call find,$(p)))
ABSENT := $(filter-out $(FOUND),$(OPTIONAL))
HAVE := $(foreach p,$(FOUND),-DMG_HAVE_$(shell echo $(p) | tr a-z A-Z))
LINKED := $(REQUIRED) $(FOUND)
PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LINKED) 2>/dev/null | \
	sed 's/-I/-isystem /g')
PKG_LIBS := $(shell $(PKG_CONFIG) --libs $(LINKED) 2>/dev/null)
TEST_PKG_LIBS := $(shell $(PKG_CONFIG) --libs cmocka 2>/dev/null)

# CUDA is in a plug-in of mg-train, so that nothing else needs its libraries.  NVCC= none.
NVCC ?= $(or $(shell command -v nvcc 2>/dev/null),$(wildcard /usr/local/cuda/bin/nvcc))
CUDA := $(if $(NVCC),$(abspath $(dir $(realpath $(NVCC)))..))
HAVE_CUDA := $(if $(NVCC),$(shell echo '\#include <cublas_v2.h>' | \
	$(CC) $(CPPFLAGS) -I$(CUDA)/include -E - >/dev/null 2>&1 && echo yes))
# Ampere and Hopper, and what newer ones make their own code of.
CUDA_ARCH ?= -gencode arch=compute_80,code=sm_80 \
	-gencode arch=compute_90,code=[sm_90,compute_90]
HAVE += $(if $(HAVE_CUDA),-DMG_HAVE_CUDA)
FOUND += $(if $(HAVE_CUDA),cuda)
ABSENT += $(if $(HAVE_CUDA),,cuda)
PLUGINS := $(if $(HAVE_CUDA),$(BUILD)/mg-cuda.so)

# So is MPI.  mpi-c is the one that the system has chosen; MPI=mpich takes another, MPI= none.
MPI ?= $(firstword $(foreach p,mpi-c ompi-c mpich,$(call find,$(p))))
MPI_CFLAGS := $(if $(MPI),$(shell $(PKG_CONFIG) --cflags $(MPI) | sed 's/-I/-isystem /g'))
MPI_LIBS := $(if $(MPI),$(shell $(PKG_CONFIG) --libs $(MPI)))
HAVE += $(if $(MPI),-DMG_HAVE_MPI)
FOUND += $(MPI)
ABSENT += $(if $(MPI),,mpi)
PLUGIN_SOURCES := trainer/ranks_mpi.c
PLUGINS += $(if $(MPI),$(BUILD)/mg-mpi.so)

# --- the programs: each folder is a library, each mg-*.c a main file ----------------------
lib_sources = $(filter-out $(1)/mg-%.c $(PLUGIN_SOURCES),$(wildcard $(1)/*.c))
MODEL := $(call lib_sources,model)
IO := $(call lib_sources,io)
ENGINE := $(call lib_sources,engine)
TRAINER := $(call lib_sources,trainer)
PROGRAM_SOURCES := $(wildcard engine/mg-*.c trainer/mg-*.c)
PROGRAMS := $(patsubst %.c,$(BUILD)/%,$(notdir $(PROGRAM_SOURCES)))
TEST_PROGRAMS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/test_*.c))
TEST_HELPERS := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/probe_*.c))
BENCH_SOURCES := $(wildcard tests/bench/bench_*.c)
BENCH_SUPPORT := $(filter-out $(BENCH_SOURCES),$(wildcard tests/bench/*.c))
BENCHMARKS := $(patsubst %.c,$(BUILD)/%,$(BENCH_SOURCES))
TEST_GUARDS := $(patsubst tests/%.c,$(BUILD)/tests/%.so,$(wildcard tests/guard_*.c))
TEST_SUPPORT := $(filter-out tests/test_%.c tests/probe_%.c tests/fuzz_%.c tests/guard_%.c,\
	$(wildcard tests/*.c))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))
# --as-needed: mg-play needs no BLAS, whose threads would start in its process.
LIBS := -Wl,--as-needed -lm $(PKG_LIBS) -pthread
PRESETS := $(wildcard presets/*.preset presets/*.safetensors)
MANUALS := $(wildcard engine/*.1 trainer/*.1)

.DEFAULT_GOAL := all
.PHONY: all play check soak bench benchmark-quality style sanitize tsan install \
	uninstall clean setup features tests unit-tests lint force
.DELETE_ON_ERROR:

all: features $(PROGRAMS) $(PLUGINS)

features:
ifneq ($(MISSING),)
	@echo "missing: $(MISSING); 'make setup' installs what it takes" && false
endif
	@echo "MusicGuru $(VERSION) with: $(strip $(REQUIRED) $(FOUND))$(if $(strip $(ABSENT)), (left out: $(strip $(ABSENT))))"

# What the objects were compiled with: when that changes (another PREFIX, a library that has
# come), all are compiled again.
$(BUILD)/flags: force | features
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(CC) $(ALL_CFLAGS) $(HAVE) $(PKG_CFLAGS))' >$@.now
	@if cmp -s $@.now $@; then rm $@.now; else mv $@.now $@; fi
force:

$(BUILD)/%.o: %.c $(BUILD)/flags | features
	@mkdir -p $(@D)
	@echo "  CC      $<"
	$(Q)$(CC) $(ALL_CFLAGS) $(HAVE) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

# What a program is linked from: its main file and the folders it may know.
$(patsubst %.c,$(BUILD)/%,$(notdir $(wildcard engine/mg-*.c))): \
	$(BUILD)/%: $(BUILD)/engine/%.o $(call object,$(ENGINE) $(MODEL) $(IO))
$(patsubst %.c,$(BUILD)/%,$(notdir $(wildcard trainer/mg-*.c))): \
	$(BUILD)/%: $(BUILD)/trainer/%.o $(call object,$(TRAINER) $(MODEL) $(IO))
$(TEST_PROGRAMS): $(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o \
	$(call object,$(TEST_SUPPORT) $(ENGINE) $(TRAINER) $(MODEL) $(IO))
$(TEST_HELPERS): $(BUILD)/tests/probe_%: $(BUILD)/tests/probe_%.o \
	$(call object,$(MODEL) $(IO))
$(TEST_PROGRAMS): LIBS += $(TEST_PKG_LIBS)
$(BENCHMARKS): $(BUILD)/tests/bench/bench_%: $(BUILD)/tests/bench/bench_%.o \
	$(call object,$(BENCH_SUPPORT) tests/fixture.c $(ENGINE) $(TRAINER) $(MODEL) $(IO))

$(PROGRAMS) $(TEST_PROGRAMS) $(TEST_HELPERS) $(BENCHMARKS):
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(TEST_GUARDS): $(BUILD)/%.so: %.c $(BUILD)/flags | features
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(ALL_CFLAGS) -fPIC -fno-builtin -shared -o $@ $< -ldl

# The plug-in of CUDA twice: for GPUs, and for tests on a stand-in for one, on the CPU.  The
# kernels are C too.
CUDA_SOURCES := $(wildcard trainer/cuda/*.c) trainer/score.c model/roll.c
CUDA_KERNELS := $(wildcard trainer/cuda/*.cu)
STAND_IN := $(wildcard tests/cuda_stand_in/*.c)
GPU_OBJECTS := $(patsubst %,$(BUILD)/gpu/%.o,$(CUDA_SOURCES) $(CUDA_KERNELS))
STAND_IN_OBJECTS := $(patsubst %,$(BUILD)/stand_in/%.o,\
	$(CUDA_SOURCES) $(CUDA_KERNELS) $(STAND_IN))
TEST_PLUGINS := $(BUILD)/tests/cuda_stand_in/mg-cuda.so
PLUGIN_FLAGS := -fPIC -fvisibility=hidden

$(BUILD)/gpu/%.c.o: %.c $(BUILD)/flags | features
	@mkdir -p $(@D)
	@echo "  CC      $< (cuda)"
	$(Q)$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) $(PLUGIN_FLAGS) -isystem $(CUDA)/include -MMD -MP \
		-c -o $@ $<

$(BUILD)/gpu/%.cu.o: %.cu $(BUILD)/flags | features
	@mkdir -p $(@D)
	@echo "  NVCC    $<"
	$(Q)$(NVCC) -std=c++17 -O3 $(CUDA_ARCH) -I. $(CPPFLAGS) -Xcompiler -Wall,-Wextra \
		$(PLUGIN_FLAGS:%=-Xcompiler %) -MMD -MP -c -o $@ $<

$(BUILD)/mg-cuda.so: $(GPU_OBJECTS)
	@echo "  LD      $@"
	$(Q)$(NVCC) -shared -cudart static -o $@ $^ -lcublas -Xlinker -rpath,$(CUDA)/lib64 \
		$(shell $(PKG_CONFIG) --libs glib-2.0)

$(BUILD)/stand_in/%.o: % $(BUILD)/flags | features
	@mkdir -p $(@D)
	@echo "  CC      $< (stand-in)"
	$(Q)$(CC) $(ALL_CFLAGS) $(PKG_CFLAGS) $(PLUGIN_FLAGS) -Itests/cuda_stand_in -MMD -MP \
		-c -o $@ -x c $<

$(TEST_PLUGINS): $(STAND_IN_OBJECTS)
	@mkdir -p $(@D)
	@echo "  LD      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -shared -o $@ $^ $(LIBS)

$(BUILD)/tests/test_cuda $(BUILD)/tests/test_cuda_rounded: | $(TEST_PLUGINS)

$(BUILD)/mg-mpi.so: trainer/ranks_mpi.c $(BUILD)/flags | features
	@mkdir -p $(@D)
	@echo "  CC      $@"
	$(Q)$(CC) $(ALL_CFLAGS) $(HAVE) $(PKG_CFLAGS) $(MPI_CFLAGS) -MMD -MP -fPIC -shared \
		$(LDFLAGS) -o $@ $< $(MPI_LIBS) $(LIBS)

unit-tests: $(TEST_PROGRAMS)
tests: all $(TEST_PROGRAMS) $(TEST_HELPERS) $(TEST_GUARDS)

# --- what a person or a script calls ------------------------------------------------------
# make is called again after an installation, so that pkg-config is asked again.
JOBS := $(shell nproc 2>/dev/null || echo 1)
AGAIN = +@$(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(JOBS))

setup:
	@.ci/setup build

play:
	@.ci/setup build
	$(AGAIN) all
	@$(BUILD)/mg-play presets/chorale.preset

check:
	@.ci/setup build mpi check
	$(AGAIN) tests
	@BUILD=$(BUILD) tests/run

# A day of music takes its time.
SOAK_TESTS := test_rt_random test_train_kill $(patsubst tests/%.sh,%,$(sort $(wildcard \
	tests/test_*_jack.sh tests/test_play_*.sh)))
soak:
	@.ci/setup build mpi check vm
	$(AGAIN) tests
	@BUILD=$(BUILD) MG_SOAK=1 MG_SEQUENCES=1000000 MG_UNIT_LIMIT=3600 MG_SCRIPT_LIMIT=36000 \
		tests/run $(SOAK_TESTS)

bench:
	@.ci/setup build
	$(AGAIN) $(BENCHMARKS) $(BUILD)/tests/probe_model $(PLUGINS)
	@BUILD=$(BUILD) tests/bench/run

benchmark-quality:
	@.ci/setup build
	$(AGAIN) $(BUILD)/mg-train $(BUILD)/mg-eval
	@BUILD=$(BUILD) tests/bench/quality $(SET)

style:
	@.ci/setup build mpi check style
	$(AGAIN) lint

lint: features
	@BUILD=$(BUILD) TIDY_FLAGS='$(subst ','\'',$(ALL_CFLAGS) $(HAVE) $(PKG_CFLAGS) \
		$(MPI_CFLAGS) -Itests/cuda_stand_in)' \
		tests/style

sanitize:
	@.ci/setup build check
	$(AGAIN) BUILD=build-sanitize SANITIZE=address,undefined \
		CFLAGS='-O1 -g -fno-sanitize-recover=undefined' unit-tests
	@BUILD=build-sanitize tests/run --unit

# libgomp and libopenblas are not built for TSan: only our own threads are looked at.
TSAN_TESTS := $(patsubst tests/%.c,%,$(wildcard tests/test_ring.c tests/test_composer*.c \
	tests/test_pair.c tests/test_instrument.c))
tsan:
	@.ci/setup build check
	$(AGAIN) BUILD=build-tsan SANITIZE=thread CFLAGS='-O1 -g' \
		$(TSAN_TESTS:%=build-tsan/tests/%)
	@BUILD=build-tsan tests/run --unit $(TSAN_TESTS)

BIN_DIR = $(DESTDIR)$(PREFIX)/bin
MAN_DIR = $(DESTDIR)$(PREFIX)/share/man
SHARE_DIR = $(DESTDIR)$(PREFIX)/share/musicguru
PLUGIN_DIR = $(DESTDIR)$(PREFIX)/lib/musicguru
UNIT_DIR = $(DESTDIR)$(PREFIX)/lib/systemd/user
ICON_DIR = $(DESTDIR)$(PREFIX)/share/icons/hicolor/scalable/apps
MANUALS5 := $(wildcard engine/*.5 trainer/*.5)
UNITS := $(patsubst systemd/%.in,%,$(wildcard systemd/*.service.in))

install: all
	install -d $(BIN_DIR) $(MAN_DIR)/man1 $(MAN_DIR)/man5 $(SHARE_DIR)
	install $(PROGRAMS) $(BIN_DIR)
	$(if $(PLUGINS),install -d $(PLUGIN_DIR))
	$(if $(PLUGINS),install -m 644 $(PLUGINS) $(PLUGIN_DIR))
	$(if $(MANUALS),install -m 644 $(MANUALS) $(MAN_DIR)/man1)
	$(if $(MANUALS5),install -m 644 $(MANUALS5) $(MAN_DIR)/man5)
	$(if $(PRESETS),install -m 644 $(PRESETS) $(SHARE_DIR))
	install -d $(ICON_DIR) $(UNIT_DIR)
	install -m 644 engine/musicguru.svg $(ICON_DIR)
	for unit in $(UNITS); do \
		sed 's#@BINDIR@#$(PREFIX)/bin#' systemd/$$unit.in >$(UNIT_DIR)/$$unit || exit 1; \
	done

uninstall:
	rm -f $(addprefix $(BIN_DIR)/,$(notdir $(PROGRAMS)))
	rm -f $(addprefix $(MAN_DIR)/man1/,$(notdir $(MANUALS)))
	rm -f $(addprefix $(MAN_DIR)/man5/,$(notdir $(MANUALS5)))
	rm -f $(addprefix $(SHARE_DIR)/,$(notdir $(PRESETS)))
	rm -f $(addprefix $(UNIT_DIR)/,$(UNITS)) $(ICON_DIR)/musicguru.svg
	rm -f $(addprefix $(PLUGIN_DIR)/,mg-cuda.so mg-mpi.so)
	-rmdir $(SHARE_DIR)
	-rmdir $(PLUGIN_DIR)

clean:
	rm -rf $(BUILD) build-sanitize build-tsan

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
