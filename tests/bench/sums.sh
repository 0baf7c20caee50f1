#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# What it costs to sum the gradient of the reference network over ranks: on this machine, and
# on hosts made of network namespaces (as root) whose cables are as fast as RATES says, beside
# the model of mg-train.1.
#
#   HOSTS="2 4 8" RATES="none 1gbit" tests/bench/sums.sh
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/../check.sh"
# shellcheck source=tests/small_training.sh
. "$root/tests/small_training.sh"
# shellcheck source=tests/launch_ranks.sh
. "$root/tests/launch_ranks.sh"
# shellcheck source=tests/rig_hosts.sh
. "$root/tests/rig_hosts.sh"

# The reference network, in updates of so few steps that the sum is most of it, or of 40.
words=("$build/mg-train" --device cpu --notes 21-108 --threads 1 --optimizer adam
    --checkpoint-every 1000)

figure() { # WHAT: a number of milliseconds that mg-train has said
    sed -n "s/.* \([0-9.]*\) ms $1.*/\1/p" err
}

train() { # WORD...: a command and its words; what mg-train says goes to err
    "$@" -o "$rig_private/model$RANDOM" corpus >out 2>err </dev/null && return
    cat err
    return 1
}

row() { # RANKS KIND RATE COMMAND...: which takes mg-train's words
    local size=$1 kind=$2 rate=$3 alone
    shift 3
    set -- "$@" "${words[@]}" --batch "$size"
    train "$@" --segment 1 --updates 1 || return
    alone=$(figure 'by itself')
    train "$@" --segment 40 --updates 4 || return
    printf '%5s  %-7s %-8s %8.2f %8s %8.2f\n' "$size" "$kind" "$rate" "$alone" \
        "$(model "$size" "$rate")" "$(figure 'waited for')"
}

# Milliseconds, by the formula of mg-train.1, with a latency of 0.05 ms.
model() { # RANKS RATE
    awk -v p="$1" -v rate="$2" 'BEGIN {
        if (rate !~ /^[0-9]+gbit$/) { print "-"; exit }
        for (rounds = 0; 2 ^ rounds < p; rounds++);
        printf "%.2f", 2 * 5 * rounds * 0.05 + 2 * (p - 1) / p * 5.49 * (8 / (rate + 0) + 0.33)
    }'
}

mkdir -p "$rig_private"
echo 'ranks  where   cables    alone ms    model   not hidden'
for size in 2 4; do
    row $size local - mpirun -n $size
done
for rate in ${RATES:-none 1gbit}; do
    for count in ${HOSTS:-2 4 8}; do
        limit=$rate
        [ "$rate" = none ] && limit=
        (
            rig_name=$rig_name-$count
            rig_hosts "$count" "$limit"
            trap rig_hosts_end EXIT
            row "$count" hosts "$rate" rig_mpirun 1
        )
    done
done
