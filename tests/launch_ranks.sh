# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# shellcheck shell=bash disable=SC2154,SC2034 # $build; names for who sources it
# Sourced after small_training.sh by the tests of a training that several ranks share.  Exit
# status 77 where there is no MPI.
command -v mpirun >/dev/null && [ -e "$build/mg-mpi.so" ] || {
    echo "no mpirun, or mg-mpi.so is not built"
    exit 77
}
# Tests may run as root and on fewer cores than ranks; the names are Open MPI's, and others'
# launchers do not look at them.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_hwloc_base_binding_policy=none

# A batch that four ranks can share.
train=("$build/mg-train" --time-units 8 --note-units 4 --batch 5 --segment 16
    --optimizer adam --checkpoint-every 2 --threads 1)

# The training by N ranks; what the launcher itself says is apart from err.
ranks() { # N ARGUMENT...
    local size=$1
    shift
    mpirun -n "$size" "${train[@]}" "$@" corpus >out 2>err </dev/null
}

# The same by one process.
alone() { # ARGUMENT...
    "${train[@]}" "$@" corpus >out 2>err </dev/null
}

# Ends with status 1 and one line of mg-train's, which holds PATTERN.
refuses() { # PATTERN COMMAND...
    local pattern=$1 status
    shift
    "$@"
    status=$?
    [ $status != 0 ] && [ "$(grep -c '^mg-train: ' err)" = 1 ] &&
        grep -q -e "^mg-train: .*$pattern" err && return 0
    echo "status $status; said:"
    cat err
    return 1
}

# The losses and norms of two logs differ by less than LIMIT of their size, and in nothing
# else; the times are not looked at.
near() { # LOG LOG LIMIT
    paste -d' ' <(figures_of "$1") <(figures_of "$2") | awk -v limit="$3" '
        { half = NF / 2 }
        NF % 2 || !half { exit bad = 1 }
        {
            for (i = 1; i <= half; i++) {
                a = $i; b = $(i + half)
                d = a > b ? a - b : b - a
                if (d > limit * (a > 0 ? a : 1)) { print "line " NR ": " a, b; bad = 1 }
            }
        }
        END { exit bad || NR == 0 }'
}

figures_of() { # LOG: its numbers
    courses_of "$1" | sed 's/true/1/; s/false/0/; s/[^0-9.e+-]*\([0-9][0-9.e+-]*\)[^0-9]*/\1 /g'
}

# The processes of a launcher, by rank; MPICH's has one of its own in between.
ranks_under() { # LAUNCHER
    local pid
    for pid in $(pgrep -P "$1") $(pgrep -P "$1" | xargs -r -n 1 pgrep -P); do
        tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null |
            sed -n "s/^\(OMPI_COMM_WORLD\|PMI\)_RANK=\(.*\)/\2 $pid/p"
    done | sort -u -n | cut -d' ' -f2
}

# Until COMMAND succeeds, half a minute at most.
until_true() { # COMMAND...
    local n
    for n in $(seq 300); do
        "$@" && return 0
        sleep 0.1
    done
    return 1
}
