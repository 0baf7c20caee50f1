#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# A training whose loss explodes goes back and on at a smaller rate, the same way after a
# kill; and one that no longer gets better ends.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/small_training.sh
. "$root/tests/small_training.sh"

# --- back and on ---------------------------------------------------------------------------
run=(--updates 40 --warmup 0 --checkpoint-every 5 --learning-rate 70)
faulty none 0 -o whole --log log "${run[@]}"
check "a rate that is too large is survived" [ $? = 0 ]
cp err whole.err
rollbacks=$(grep -c 'has exploded; back to update' err)
check "and said so" [ "$rollbacks" -gt 0 ]
check "in the log, too" grep -q '"rolled_back_from":' log
check "at a smaller rate" awk -F'"rate":' '/"norm"/ { split($2, part, ","); rate = part[1] }
    END { exit !(rate > 0 && rate <= 35) }' log
check "where each update stands once" [ "$(grep '"norm"' log | cut -d, -f1 | sort -u | wc -l)" \
    = 40 ] && [ "$(grep -c '"norm"' log)" = 40 ]
check "in order" sort -c -s -n -t: -k2,2 <(grep '"norm"' log | cut -d, -f1)
parse_lines() { # every line is JSON
    python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <log
}
if command -v python3 >/dev/null; then
    check "of JSON" parse_lines
fi

killed_at() { # N
    rm -f cut cut.*
    faulty kill "$1" -o cut "${run[@]}"
    [ $? = 137 ] || { echo "not killed at $1" && return 1; }
    go_on cut "${run[@]}" && same_end cut whole && return 0
    cat err
    return 1
}
for at in 7 12 17 30; do
    check "killed at call $at it goes the same way" killed_at $at 2>/dev/null
done

# --- no more back --------------------------------------------------------------------------
faulty none 0 -o lost --updates 1000 --warmup 0 --checkpoint-every 5 --learning-rate 1000
check "a rate that is far too large ends with status 1" [ $? = 1 ]
check "after five times" [ "$(grep -c 'has exploded; back to update' err)" = 5 ]
check "with a hint" grep -q '^mg-train: .*try a smaller --learning-rate$' err
usable() { # MODEL
    "$build/mg-eval" "$1" corpus >/dev/null
}
# How far the rate throws it is a matter of rounding, that is of the machine.
check "and no model that nobody can use" eval '[ ! -e lost ] || usable lost'

# --- enough --------------------------------------------------------------------------------
faulty none 0 -o enough --updates 100000 --patience 3 --learning-rate 0.1
check "a training that does not get better ends" [ $? = 0 ]
check "and says why" grep -q '^ended after update [0-9]*: no better score in 3 (--patience)$' err
best=$(sed -n 's/.*from update \([0-9]*\)$/\1/p' out)
ended=$(sed -n 's/^ended after update \([0-9]*\):.*/\1/p' err)
check "three scores after its best" [ "$ended" = $((best + 3 * 2)) ]
check "which is the model" grep -q -a "\"updates\":\"$best\"" enough
faulty none 0 -o enough --updates 100000 --patience 3 --learning-rate 0.1 \
    --resume enough.checkpoint
check "resumed it ends at once" grep -q "^ended after update $ended:" err

finish
