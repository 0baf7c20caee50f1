#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-train on several hosts, which are network namespaces: each has its own network, name and
# files, and mpirun starts its ranks there as it does through ssh.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/small_training.sh
. "$root/tests/small_training.sh"
# shellcheck source=tests/launch_ranks.sh
. "$root/tests/launch_ranks.sh"
# shellcheck source=tests/rig_hosts.sh
. "$root/tests/rig_hosts.sh"
rig_hosts 3

on_hosts() { # RANKS_A_HOST ARGUMENT...
    local each=$1
    shift
    rig_mpirun "$each" "${train[@]}" "$@" >out 2>err </dev/null
}

# --- the same result ---------------------------------------------------------------------------
run=(--updates 6)
alone -o one --log one.log "${run[@]}"
on_hosts 1 -o "$rig_private/m" --log "$rig_private/m.log" "${run[@]}" corpus
check "three hosts train" [ $? = 0 ]
check "each of them has a rank" grep -q '^ranks: 3 on 3 hosts, 1 thread each' err
check "to the losses of one process" near one.log "$rig_private/m.log" 1e-5
on_hosts 1 -o "$rig_private/again" "${run[@]}" corpus
check "twice: the same bits" same_end "$rig_private/m" "$rig_private/again"
on_hosts 1 -o "$rig_private/m" --updates 8 --resume "$rig_private/m.checkpoint" corpus
check "a checkpoint that the first host alone has is gone on from" [ $? = 0 ]
on_hosts 1 -o "$rig_private/tuned" --updates 1 --from "$rig_private/m" corpus
check "and so is a model" [ $? = 0 ]
train+=(--batch 6)
alone -o six --log six.log "${run[@]}"
on_hosts 2 -o "$rig_private/six" --log "$rig_private/six.log" "${run[@]}" corpus
check "two ranks on each host train, too" grep -q '^ranks: 6 on 3 hosts' err
check "to the same losses" near six.log "$rig_private/six.log" 1e-5

# --- what hosts must have in common --------------------------------------------------------------
mkdir more "$rig_private/corpus"
cp corpus/*.mid "$rig_private/corpus"
cp corpus/[1-4].mid more
ln -s "$rig_private/corpus/5.mid" more/5.mid
check "a host without the corpus is named" refuses 'rank 1 on host2: .*No such file' \
    on_hosts 1 -o "$rig_private/x" "$rig_private/corpus"
check "a host with another corpus is named" refuses \
    'rank 1 on host2 has another corpus: 4 pieces, 160 steps; here are 5 pieces, 200 steps' \
    on_hosts 1 -o "$rig_private/x" more

# --- the end of a host -----------------------------------------------------------------------------
begin() { # [ARGUMENT...]: in the background, as $launcher, up to a score
    rm -f err
    on_hosts 1 -o "$rig_private/long" --updates 1000000 --patience 0 --checkpoint-every 20 \
        --lost-after 2 "$@" corpus &
    launcher=$!
    until_true grep -q '^update 40: held out' err
}

rank_on() { # HOST: its process there
    ip netns pids "$rig_name-$1" | while read -r pid; do
        grep -q '^mg-train$' "/proc/$pid/comm" 2>/dev/null && echo "$pid"
    done
}

gone() { # PID...
    until_true sh -c "! kill -0 $* 2>/dev/null"
}

loads() { # goes on from the checkpoint, and starts anew
    rig_on 1 "${train[@]}" -o "$rig_private/long" --patience 0 --checkpoint-every 20 \
        --updates $(($(reached) + 2)) --resume "$rig_private/long.checkpoint" corpus \
        >out 2>err </dev/null && rm "$rig_private"/long*
}

reached() { # updates, of the checkpoint
    grep -a -o '"training.update":"[0-9]*"' "$rig_private/long.checkpoint" | tr -dc 0-9
}

said_how_to_go_on() {
    grep -q '^stopped after update .*--resume .*/long.checkpoint' err
}

begin
kill -KILL "$(rank_on 3)"
wait $launcher
check "a rank killed on another host ends the run" said_how_to_go_on
check "with a checkpoint of the last update" loads

begin
mapfile -t pids < <(rank_on 1; rank_on 2)
lost=$(rank_on 3)
rig_unplug 3
check "a host that is cut off ends the ranks that are left" gone "${pids[@]}"
check "which say why" grep -q '^mg-train: another rank does not answer (--lost-after)' err
check "and how to go on" said_how_to_go_on
check "from a checkpoint of the last update" loads
check "and its own rank ends" gone "$lost"

# Scored after each update, by a piece that takes far longer than one: so the cable goes while
# they score.
rig_plug 3
"$build/mg-compose" -o long.mid --seed 6 --steps 15000 random.safetensors >/dev/null
begin --checkpoint-every 1 --valid long.mid --valid corpus/1.mid --valid corpus/2.mid
mapfile -t pids < <(rank_on 1; rank_on 2)
rig_unplug 2
check "so does one that is cut off during a score" gone "${pids[0]}"
check "which says how to go on, too" said_how_to_go_on

finish
