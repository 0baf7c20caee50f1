# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154 # $work
# Several hosts on one machine, for MPI; sourced after check.sh (bash).
#
#   rig_hosts N [RATE]   makes N hosts: network namespaces with a cable each to one switch,
#                        which is a bridge in a namespace too; nothing outside them changes.
#                        RATE is of each cable, each way, as tc has it (1gbit); else no limit
#   rig_on K COMMAND...  runs it on host K (from 1): it has its own network and host name
#   rig_mpirun RANKS_A_HOST COMMAND...   mpirun, from host 1, over all of them
#   rig_unplug K         takes the cable of host K out
#   rig_plug K           puts it back
#
# $rig_private is a folder that each host but the first sees empty.  Exit status 77 where
# namespaces are not to be had: it takes root and ip (iproute2).

rig_hosts_count=0
rig_private=$work/private
rig_name=mg$$

rig_hosts() { # N [RATE]
    local k
    if [ "$(id -u)" != 0 ] || ! command -v ip >/dev/null ||
        ! ip netns add "$rig_name-switch" 2>/dev/null; then
        echo "no network namespaces here: it takes root and ip"
        exit 77
    fi
    trap 'rig_hosts_end; rm -rf "$work"' EXIT
    mkdir -p "$rig_private"
    ip -n "$rig_name-switch" link add bridge type bridge &&
        ip -n "$rig_name-switch" link set bridge up || exit 77
    for k in $(seq "$1"); do
        rig_hosts_count=$k
        rig_plug_in "$k" || exit 77
        [ -z "${2:-}" ] || rig_limit "$k" "$2" || exit 77
    done
    rig_agent
}

rig_plug_in() { # K
    local host=$rig_name-$1
    ip netns add "$host" &&
        ip -n "$host" link set lo up &&
        ip -n "$host" link add eth0 type veth peer name "port$1" netns "$rig_name-switch" &&
        ip -n "$host" address add "10.213.0.$1/24" dev eth0 &&
        ip -n "$host" link set eth0 up &&
        ip -n "$rig_name-switch" link set "port$1" master bridge up
}

rig_limit() { # K RATE
    tc -n "$rig_name-$1" qdisc add dev eth0 root tbf rate "$2" burst 256k latency 50ms &&
        tc -n "$rig_name-switch" qdisc add dev "port$1" root tbf rate "$2" burst 256k \
            latency 50ms
}

rig_unplug() { # K
    ip -n "$rig_name-switch" link set "port$1" down
}

rig_plug() { # K
    ip -n "$rig_name-switch" link set "port$1" up
}

# What mpirun calls in place of ssh: ADDRESS COMMAND, for a shell.
rig_agent() {
    cat >"$work/on" <<ON
#!/bin/bash
# on HOST COMMAND...: as if logged in there
host=\${1##*.}
shift
hide=:
[ "\$host" = 1 ] || hide='mount -t tmpfs none $rig_private'
exec ip netns exec "$rig_name-\$host" unshare --uts --mount sh -c \\
    "hostname host\$host; \$hide; exec bash -c \"\\\$*\"" on "\$@"
ON
    chmod +x "$work/on"
    local k
    for k in $(seq "$rig_hosts_count"); do
        echo "10.213.0.$k slots=99"
    done >"$work/hosts"
}

rig_on() { # K COMMAND...
    local host=$1
    shift
    "$work/on" "$host" "exec $(printf '%q ' "$@")"
}

rig_mpirun() { # RANKS_A_HOST COMMAND...
    local each=$1
    shift
    rig_on 1 mpirun --hostfile "$work/hosts" --mca plm_rsh_agent "$work/on" \
        --map-by "ppr:$each:node" --mca btl self,vader,tcp "$@"
}

rig_hosts_end() {
    local k
    for k in $(seq "$rig_hosts_count"); do
        ip netns pids "$rig_name-$k" | xargs -r kill -KILL
        ip netns del "$rig_name-$k"
    done 2>/dev/null
    ip netns del "$rig_name-switch"
}
