#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# A corpus with a tenth of its files damaged, empty, doubled or 42 hours long: the training
# takes the rest, and names each file that it does not take once, with the reason.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/small_training.sh
. "$root/tests/small_training.sh"
for seed in $(seq 6 36); do
    "$build/mg-compose" -o corpus/$seed.mid --seed "$seed" --steps 20 random.safetensors \
        >/dev/null || exit 1
done

header='MThd\0\0\0\6\0\0\0\1\0\140MTrk' # format 0, one track, 96 ticks a quarter
head -c 30 corpus/1.mid >corpus/damaged.mid
: >corpus/empty.mid
cp corpus/2.mid corpus/doubled.mid
# A note that is held for 29,030,400 ticks, which are 42 hours at 120 BPM.
printf '%b' "$header"'\0\0\0\16\0\220\074\100\215\353\370\0\200\074\100\0\377\057\0' \
    >corpus/hours.mid

faulty none 0 -o model --updates 2
check "it trains" [ $? = 0 ]
check "on all the rest" [ "$(sed -n 's/^\(corpus\|held out\): \([0-9]*\) pieces.*/\2/p' err |
    awk '{ n += $1 } END { print n }')" = 36 ]
named() { # FILE REASON
    [ "$(grep -c "$1" err)" = 1 ] && grep -q "^skipped: corpus/$1: .*$2" err && return 0
    grep "$1" err
    return 1
}
check "names the damaged one" named damaged.mid .
check "the empty one" named empty.mid .
check "the second of two" named doubled.mid 'the same music as 2.mid$'
check "the one of 42 hours" named hours.mid 'steps long, over the'
check "and no other" [ "$(grep -c '^skipped: ' err)" = 4 ]
sed -n 's/^skipped: //p' err

finish
