#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-train by several ranks: the result of one process, and the end of a run whatever happens
# to one of them.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/small_training.sh
. "$root/tests/small_training.sh"
# shellcheck source=tests/launch_ranks.sh
. "$root/tests/launch_ranks.sh"

# --- the same result ---------------------------------------------------------------------------
# Sums of floats in another order: 24 bits each, and ten updates that pass it on.
run=(--updates 10)
alone -o one --log one.log "${run[@]}"
check "trains alone" [ $? = 0 ]
for size in 2 4; do
    ranks $size -o r$size --log r$size.log "${run[@]}"
    check "$size ranks train" [ $? = 0 ]
    check "$size ranks: the losses of one process" near one.log r$size.log 1e-5
    check "$size ranks: each thing is said once" [ "$(grep -c '^update 10: held out' err)" = 1 ]
    check "$size ranks: and what the sum cost" grep -q 'waited for the sum of the gradient' err
    ranks $size -o again --log again.log "${run[@]}"
    check "$size ranks twice: the same bits" same_end r$size again
    rm -f again*
done
check "the first loss is the same to the bit" [ "$(sed -n 's/,"norm.*//p' one.log r4.log |
    grep '^{"update":1,' | sort -u | wc -l)" = 1 ]
check "the log has the wait" grep -q '"sum_seconds":' r2.log
check "which a process alone has not" sh -c '! grep -q sum_seconds one.log'
ranks 3 -o threads --threads 2 --log threads.log "${run[@]}"
check "threads in ranks, uneven slices: the same losses" near one.log threads.log 1e-5

# --- stopping and going on ---------------------------------------------------------------------
ranks 2 -o cut --log cut.log --updates 4
ranks 2 -o cut --log cut.log "${run[@]}" --resume cut.checkpoint
check "resumed it ends with the same bits" same_end cut r2
ranks 4 -o cut4 --updates 11 --resume r2.checkpoint
check "and with another number of ranks" [ $? = 0 ]
alone -o cut1 --updates 11 --resume r4.checkpoint
check "or alone" [ $? = 0 ]
ranks 2 -o tuned --updates 1 --from r2
check "goes on from a model" [ $? = 0 ]

begin() { # N ARGUMENT...: in the background, as $launcher, up to a score
    local size=$1
    shift
    rm -f err long long.*
    mpirun -n "$size" "${train[@]}" -o long --updates 1000000 --patience 0 \
        --checkpoint-every 20 "$@" corpus >out 2>err </dev/null &
    launcher=$!
    until_true grep -q '^update 20: held out' err
    mapfile -t pids < <(ranks_under $launcher)
}

ended() { # nothing of it is left
    wait $launcher
    until_true sh -c "! kill -0 ${pids[*]} 2>/dev/null"
}

loads() { # the checkpoint, and goes on
    local reached
    reached=$(grep -a -o '"training.update":"[0-9]*"' long.checkpoint | tr -dc 0-9)
    alone -o long --patience 0 --checkpoint-every 20 --updates $((reached + 2)) \
        --resume long.checkpoint
}

stopped_by() { # WHAT COMMAND...
    local what=$1
    shift
    begin 2
    "$@"
    check "$what: all ranks end" ended
    check "$what: and say how to go on" grep -q '^stopped after update .*--resume long.checkpoint' err
    check "$what: from a checkpoint that loads" loads
}

interrupt() { kill -INT $launcher; }
terminate_one() { kill -TERM "${pids[1]}"; }
interrupt_all() { kill -INT "${pids[@]}"; }
kill_one() { kill -KILL "${pids[1]}"; }

stopped_by "ctrl-C" interrupt
stopped_by "a signal to all ranks" interrupt_all
stopped_by "a signal to one rank" terminate_one
# MPICH's launcher kills those that are left at once.
if mpirun --version | grep -q 'Open MPI'; then
    stopped_by "a rank that is killed" kill_one
fi
begin 4
kill -KILL "${pids[0]}"
check "killed rank 0: all ranks end" ended
check "killed rank 0: it was said how to go on" \
    grep -q '^should a rank die, go on with --resume long.checkpoint' err
check "killed rank 0: the checkpoint loads" loads

# --- what ranks must have in common ------------------------------------------------------------
cp -r corpus other && rm other/3.mid
differs() { # RANK 1 HAS ARGUMENT...: as separate programs of one launch
    mpirun -n 1 "${train[@]}" -o differs --updates 2 corpus : \
        -n 1 "${train[@]}" -o differs --updates 2 "$@" >out 2>err </dev/null
}
all_look() { # FOLDER
    mpirun -n 2 "${train[@]}" -o differs "$1" >out 2>err </dev/null
}
check "another corpus is noticed" refuses 'rank 1 on .* has another corpus: ' differs other
check "other options are noticed" refuses 'rank 1 on .* has other options' \
    differs --dropout 0.1 corpus
check "a missing corpus is said once, by whom" refuses 'rank 1 on .*: nowhere' differs nowhere
check "and nothing is left" [ ! -e differs ]
check "a missing corpus of all is said once" refuses 'nowhere' \
    all_look nowhere
check "more ranks than segments are refused" refuses '3 ranks cannot share 2 segments' \
    ranks 3 -o differs --batch 2

# --- what goes wrong on rank 0 -------------------------------------------------------------------
check "a checkpoint that stands is said once" refuses 'r2.checkpoint: is there already' \
    ranks 2 -o r2
check "a checkpoint that is none, too" refuses 'corpus/1.mid: ' \
    ranks 2 -o differs --resume corpus/1.mid
mkdir full
fill() { # AT: from the AT-th call to its files on, rank 0 finds no room
    mpirun -n 1 env MG_FAULT=full MG_FAULT_AT="$1" MG_FAULT_IN=full/m \
        LD_PRELOAD="$build/tests/guard_files.so" "${train[@]}" -o full/m --updates 4 corpus : \
        -n 1 "${train[@]}" -o full/m --updates 4 corpus >out 2>err </dev/null
}
check "a disk that is full at the start ends all" refuses 'No space left on device' fill 1
fill 9
check "one that fills up is status 1" [ $? != 0 ]
check "is borne, and said by rank 0" [ "$(grep -c 'the training goes on' err)" = 1 ]
check "and at the end" [ "$(grep -c '^mg-train: full/m.*: No space left on device$' err)" = 1 ]

# --- a launcher, and no MPI ------------------------------------------------------------------------
mkdir none
export MG_PLUGINS=none
check "without the plug-in, copies are refused" \
    refuses 'started 2 times at once: this mg-train has no mg-mpi.so' ranks 2 -o copies
check "and nothing is written" sh -c '! ls copies* 2>/dev/null'
ranks 1 -o copy "${run[@]}"
check "one copy is a process alone" same_end copy one
unset MG_PLUGINS
env_alone() { # VARIABLE...
    env "$@" "${train[@]}" -o copies corpus >out 2>err </dev/null
}
check "another launcher than that of the library is noticed" \
    refuses 'by the launcher of another MPI' env_alone PMI_SIZE=2 PMI_RANK=0
check "wrong usage is said once" refuses 'batch must be' ranks 2 -o copies --batch 0

finish
