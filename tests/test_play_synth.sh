#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-play where there is neither a JACK server nor a sound card: it says so in one line and
# leaves take.mid and take.wav, with music in both.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"

[ -x "$build/mg-play" ] || { echo "mg-play is not built"; exit 77; }
if ! "$build/mg-play" --version | sed "s/;.*//" | grep -q fluidsynth; then
    echo "this build has no synth"
    exit 77
fi
# Whatever this machine has, the program is to find none of it: no server, no sound system,
# and an ALSA default that does not exist.
export JACK_DEFAULT_SERVER=musicguru-none JACK_NO_START_SERVER=1
export PULSE_SERVER=unix:/nonexistent PIPEWIRE_REMOTE=nonexistent XDG_RUNTIME_DIR=$work
echo 'pcm.!default { type hw card 31 }' >asound.conf
export ALSA_CONFIG_PATH=$work/asound.conf
"$build/tests/probe_model" random.safetensors || exit 1

# Peak and root mean square of 16-bit samples, -32768..32767.
measure() { # WAV: prints PEAK RMS SECONDS
    tail -c +45 "$1" | od -v -A n -t d2 -w4 | awk '{
            for (i = 1; i <= 2; i++) {
                size = $i < 0 ? -$i : $i
                if (size > peak) peak = size
                sum += size * size
            }
        } END { printf "%d %d %.2f\n", peak, sqrt(sum / (2 * NR + 1)), NR / 48000 }'
}

timeout 120 "$build/mg-play" --seed 7 random.safetensors >out 2>err </dev/null
status=$?
cat err
check "exit status 0 (was $status)" [ $status = 0 ]
check "it says that there is no sound card" [ "$(grep -c 'no sound card' err)" = 1 ]
check "nothing else talks" [ "$(grep -v -c '^mg-play: ' err)" = 0 ]
check "take.mid is a MIDI file" [ "$(head -c 4 take.mid)" = MThd ]
check "take.wav is a WAV file" [ "$(head -c 4 take.wav)" = RIFF ]
read -r peak rms seconds <<<"$(measure take.wav)"
echo "peak $peak, RMS $rms, $seconds s"
check "there is half a minute of it" awk -v s="$seconds" 'BEGIN { exit !(s > 29 && s < 33) }'
check "it is not silent" [ "$rms" -gt 100 ]
check "it does not clip" [ "$peak" -lt 32767 ]
cp take.wav first.wav
timeout 120 "$build/mg-play" --seed 7 random.safetensors >out 2>err </dev/null
check "the same seed gives the same bytes" cmp -s take.wav first.wav
timeout 60 "$build/mg-play" --driver synth --seed 7 random.safetensors >out 2>err </dev/null
status=$?
check "--driver synth alone: exit status 1 (was $status)" [ $status = 1 ]
check "--driver synth alone: one line" [ "$(wc -l <err)" = 1 ]

# Without a soundfont there is no sound, but there is music; and what the synth cannot render
# is cut, with a line.
rm -f take.mid take.wav
timeout 60 "$build/mg-play" --soundfont none.sf2 --duration 0.4 random.safetensors \
    >out 2>err </dev/null
status=$?
cat err
check "no soundfont: exit status 0 (was $status)" [ $status = 0 ]
check "no soundfont: take.mid all the same" [ "$(head -c 4 take.mid)" = MThd ]
check "no soundfont: it says why there is no take.wav" grep -q 'no take.wav: .*none.sf2' err
check "no soundfont: there is none" [ ! -e take.wav ]
check "too short for a file: it says so" grep -q -e '--duration: into a file 1 seconds' err

# A sound card made of a pipe.  Opening it waits for somebody who listens.
mkfifo card
echo 'pcm.!default { type file slave.pcm null file card format raw }
pcm.null { type null }' >asound.conf
rm -f take.mid
"$build/mg-play" --duration 5 random.safetensors >out 2>err </dev/null &
player=$!
sleep 1
kill -TERM $player
sleep 1
gone=yes
if kill -9 $player 2>/dev/null; then gone=no; fi
wait $player 2>/dev/null
check "a signal ends the search for a driver" [ $gone = yes ]
check "and nothing is written" [ ! -e take.mid ]

# The same card takes a second of sound and then no more.
timeout -s KILL 20 "$build/mg-play" --free-run --record lost.mid random.safetensors \
    >out 2>err </dev/null &
player=$! begun=$SECONDS
{
    for _ in $(seq 10); do
        head -c 19200 >/dev/null
        sleep 0.1
    done
    exec sleep 20
} <card &
card=$!
wait $player
status=$?
took=$((SECONDS - begun))
cat err
check "a card that stands still: exit status 1 (was $status)" [ $status = 1 ]
check "a card that stands still: it says so" grep -q 'went away' err
check "a card that stands still: gone within 8 s (took $took)" [ $took -le 8 ]
check "a card that stands still: the take is saved" [ "$(head -c 4 lost.mid)" = MThd ]
kill $card 2>/dev/null
wait $card 2>/dev/null
finish
