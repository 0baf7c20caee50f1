#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-play as a JACK client of PipeWire, end to end: the same program under PipeWire's library.
set -u
# shellcheck source=tests/rig_pipewire.sh
. "$(dirname "$0")/rig_pipewire.sh"
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"
# shellcheck source=tests/play_jack.sh
. "$root/tests/play_jack.sh"

play_prepare
choose_model
rig_start $rate $period
rig_scenario grid 120 0 5
rig_scenario jumps
rig_scenario ended_by TERM
rig_scenario unplugged
rig_scenario connections
finish
