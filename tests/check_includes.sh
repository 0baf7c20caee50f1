#!/bin/sh
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# Holds the #include lines against the table of who may include whom:
#
#     model   itself                       io       itself
#     engine  itself, model, io            trainer  itself, model, io
#
# and foreign headers against their one place: JACK, ALSA, fluidsynth and libsmf are known
# to io alone, BLAS, CUDA and MPI to model and trainer.  Run from the root.
set -eu

# Prints the offending lines of folder $1, which may include the folders $2 (a|b|c) and must
# not include the foreign headers $3.
offenders() {
    ours=$(find "$1" -name '*.[ch]' -o -name '*.cu')
    [ -n "$ours" ] || return 0
    # shellcheck disable=SC2086  # a list
    {
        grep -Hn '^ *# *include *"' $ours | grep -Ev "include *\"($2)/" || true
        grep -HnE "^ *# *include *<($3)[./>]" $ours || true
        grep -HnE '^ *# *include *<(model|io|engine|trainer)/' $ours || true
    }
}

check() {
    offenders model 'model' 'jack|alsa|fluidsynth|smf|mpi|cuda.*|cublas.*|pthread|semaphore'
    offenders io 'io' 'cblas|mpi|cuda.*|cublas.*'
    offenders engine 'engine|model|io' 'jack|alsa|fluidsynth|smf|cblas|mpi|cuda.*|cublas.*'
    offenders trainer 'trainer|model|io' 'jack|alsa|fluidsynth|smf'
}

bad=$(check)
if [ -n "$bad" ]; then
    echo "check_includes: against the table:" >&2
    echo "$bad" >&2
    exit 1
fi

# The check must be able to fail: planted lines are found.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM
mkdir "$folder/model" "$folder/io" "$folder/engine" "$folder/trainer"
echo '#include "io/smf.h"' >"$folder/model/a.c"
echo '#include <jack/jack.h>' >"$folder/engine/a.c"
echo '#include "trainer/corpus.h"' >"$folder/engine/b.h"
echo '#include "io/smf.h"' >"$folder/trainer/good.c"
found=$(cd "$folder" && check | wc -l)
if [ "$found" -ne 3 ]; then
    echo "check_includes: $found of 3 planted lines were found" >&2
    exit 1
fi
echo "check_includes: the folders keep to the table"
