#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-train and mg-eval, end to end, on a small corpus composed by a random model.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"

# The program fails with this status and one line that holds PATTERN, and nothing is written.
refuses() { # STATUS PATTERN COMMAND...
    local wanted=$1 pattern=$2 status before after
    shift 2
    before=$(find . -maxdepth 1 | sort)
    "$@" >out 2>err </dev/null
    status=$?
    grep -v -E '^(corpus|held out|skipped):|are held out, and' err >lines
    rm -f out err
    after=$(find . -maxdepth 1 ! -name lines | sort)
    [ $status = "$wanted" ] && [ "$(wc -l <lines)" = 1 ] && grep -q -e "$pattern" lines &&
        [ "$before" = "$after" ] && rm lines && return 0
    echo "status $status, wanted $wanted; said:"
    cat lines
    rm -f lines
    return 1
}

"$build/tests/probe_model" random.safetensors || exit 1
mkdir -p corpus/deeper
for seed in 1 2 3 4 5; do
    "$build/mg-compose" -o corpus/$seed.mid --seed $seed --steps 40 random.safetensors \
        >/dev/null || exit 1
done
mv corpus/5.mid corpus/deeper/5.MID
echo nonsense >corpus/broken.mid
small=(--time-units "10,6" --note-units 8 --batch 2 --segment 16 --optimizer adam
    --checkpoint-every 3 --threads 1 --notes 21-108)
train=("$build/mg-train" "${small[@]}")
eval=("$build/mg-eval")

# --- a run, its log and its files -------------------------------------------------------------
check "trains" "${train[@]}" -o a.safetensors --updates 6 --metadata licence=none \
    --report report corpus 2>log
check "finds folders at every depth" [ "$(sed -n 's/^\(corpus\|held out\): \([0-9]*\) pieces.*/\2/p' log | awk '{ n += $1 } END { print n }')" = 5 ]
check "names a broken file once with its reason" \
    [ "$(grep -c '^skipped: corpus/broken.mid: ' log)" = 1 ]
check "all of it is in the range" sh -c '! grep -q "is outside" log'
check "writes plain lines in a log" [ "$(grep -c $'\r' log)" = 0 ]
check "reports the run" test -s report/corpus.txt -a -s report/loss.csv -a -s report/update-3.mid
check "the model opens" "${eval[@]}" --json a.safetensors corpus >eval.json
check "the model keeps its metadata" grep -q -a '"licence":"none"' a.safetensors
check "the score has its figures" grep -q '"play_nats_per_step"' eval.json
check "trains better than it began" awk -F, 'NR == 2 { first = $3 + $4 }
    END { exit !($3 + $4 < first) }' report/loss.csv

# --- stopping and going on ---------------------------------------------------------------------
"${train[@]}" -o whole.safetensors --updates 12 corpus >/dev/null 2>&1
"${train[@]}" -o cut.safetensors --updates 7 corpus >/dev/null 2>&1
check "resumes" "${train[@]}" -o cut.safetensors --updates 12 \
    --resume cut.safetensors.checkpoint corpus >/dev/null 2>&1
# Weights and moments: all behind the header, whose length stands in the first 8 bytes.
data_of() { # FILE
    tail -c +$((9 + $(od -An -tu8 -N8 "$1"))) "$1"
}
check "a resumed run ends with the same weights and moments" cmp -s \
    <(data_of whole.safetensors.checkpoint) <(data_of cut.safetensors.checkpoint)
check "and a shorter run does not" [ "$(data_of whole.safetensors.checkpoint | cksum)" != \
    "$(data_of a.safetensors.checkpoint | cksum)" ]
"${train[@]}" -o a.safetensors --updates 9 --report report \
    --resume a.safetensors.checkpoint --metadata licence=none corpus >/dev/null 2>&1
check "a resumed run goes on with its report" [ "$(cut -d, -f1 report/loss.csv | xargs)" = \
    "update 3 6 9" ]
check "a resumed run makes its model under another name" "${train[@]}" -o b.safetensors \
    --updates 9 --resume a.safetensors.checkpoint corpus >/dev/null 2>&1
check "which opens" "${eval[@]}" --json b.safetensors corpus >/dev/null 2>&1

# It takes a hang-up as ctrl-C, but not under nohup, which has it ignored.
(trap '' HUP && exec "${train[@]}" -o long.safetensors --updates 1000000 corpus >/dev/null 2>log) &
trainer=$!
for _ in $(seq 100); do
    grep -q '^update 3' log && break
    kill -HUP $trainer
    sleep 0.1
done
check "a hang-up does not end it under nohup" kill -0 $trainer
kill -INT $trainer
wait $trainer
check "ctrl-C ends with status 0" [ $? = 0 ]
check "ctrl-C says how to go on" grep -q 'go on with --resume long.safetensors.checkpoint' log
stopped=$(sed -n 's/^stopped after update \([0-9]*\);.*/\1/p' log)
check "the checkpoint after ctrl-C loads" "${train[@]}" -o long.safetensors \
    --updates $((stopped + 1)) --resume long.safetensors.checkpoint corpus >/dev/null 2>&1

# A score may take minutes: it is given up, and due again.
mkdir held other
"$build/mg-compose" -o other/short.mid --seed 7 --steps 40 random.safetensors >/dev/null
"$build/mg-compose" -o held/long.mid --seed 6 --steps 15000 random.safetensors >/dev/null
slow=("${train[@]}" --valid held --checkpoint-every 2 --updates 4)
"${slow[@]}" -o slow.safetensors corpus >/dev/null 2>&1
"${slow[@]}" -o part.safetensors --log part.log corpus >/dev/null 2>log &
trainer=$!
for _ in $(seq 3000); do
    grep -q '"update":2,' part.log 2>/dev/null && break
    sleep 0.01
done
kill -TERM $trainer
wait $trainer
check "a score is given up" [ "$(grep -c 'nats a step' log)" = 0 ]
check "where it stood still" grep -q '^stopped after update 2;' log
"${slow[@]}" -o part.safetensors --resume part.safetensors.checkpoint corpus >/dev/null 2>log
check "and made when the run goes on" grep -q '^update 2: held out' log
check "to the same model" cmp -s <(data_of slow.safetensors) <(data_of part.safetensors)
check "but not with other pieces held out" refuses 1 'another held-out corpus (1 pieces, 15000 steps' \
    "${train[@]}" --valid other -o part.safetensors --checkpoint-every 2 --updates 6 \
    --resume part.safetensors.checkpoint corpus

# --- what stands where the model is to be written -------------------------------------------
cp corpus/1.mid before
check "MODEL forgotten: the first piece is not written over" refuses 1 \
    'corpus/1.mid: is there already and is no model' "${train[@]}" -o corpus/1.mid corpus
check "and is as it was" cmp -s before corpus/1.mid
check "nor is another training's checkpoint" refuses 1 \
    'cut.safetensors.checkpoint: is there already' "${train[@]}" -o cut.safetensors \
    --updates 12 --resume a.safetensors.checkpoint corpus
rm before

# --- held-out pieces ------------------------------------------------------------------------
"${train[@]}" -o held.safetensors --updates 1 --valid corpus/deeper corpus >/dev/null 2>log
check "what is held out is not trained on" grep -q '^1 pieces of the corpus are held out' log
check "and the rest is" grep -q '^corpus: 4 pieces' log

# --- the range of a corpus, and another model's weights -------------------------------------------
mkdir narrow # middle C and the G above, a piece each
for key in 074 103; do
    printf '%b' "MThd\0\0\0\6\0\0\0\1\0\0140MTrk\0\0\0\014\0\0220\0${key}d" \
        "\0140\0200\0${key}\0\0\0377/\0" >narrow/$key.mid
done
"${train[@]}" --notes auto -o narrow.safetensors --updates 1 narrow >/dev/null 2>&1
check "auto takes the keys of the corpus and half an octave around" \
    grep -a -q '"lowest_note":"54".*"notes":"20"' narrow.safetensors
"${train[@]}" --notes 61-66 -o narrower.safetensors --updates 1 narrow >log 2>&1
check "says what a narrower range leaves out" grep -q \
    '^100.00 % of what sounds is outside of MIDI notes 61 to 66: not learned$' log
check "goes on from another model" "${train[@]}" -o tuned.safetensors --updates 3 \
    --from a.safetensors corpus >/dev/null 2>&1
check "with no word of its layers, features, grid and notes" "$build/mg-train" --threads 1 \
    --batch 2 --segment 16 --updates 1 -o bare.safetensors --from a.safetensors corpus \
    >/dev/null 2>&1
shape() { # MODEL
    grep -a -o -E '"(features|lowest_note|notes|(time|note)_units|steps_per_quarter)":"[^"]*"' "$1"
}
check "which stay" [ "$(shape bare.safetensors)" = "$(shape a.safetensors)" ]
check "also when it is resumed" "$build/mg-train" --threads 1 --batch 2 --segment 16 --updates 2 \
    -o bare.safetensors --from a.safetensors --resume bare.safetensors.checkpoint corpus \
    >/dev/null 2>&1
check "whose grid is not changed" refuses 1 'a.safetensors: has other features, grid' \
    "${train[@]}" --steps-per-quarter 4 -o x.safetensors --from a.safetensors corpus
check "whose layers must be the same" refuses 1 'a.safetensors: has other features' \
    "${train[@]}" --note-units 9 -o x.safetensors --from a.safetensors corpus
check "and which must be one" refuses 1 'mg-train: corpus/1.mid: ' \
    "${train[@]}" -o x.safetensors --from corpus/1.mid corpus

# --- probabilities ------------------------------------------------------------------------------
check "writes probabilities" "${eval[@]}" --probabilities p.npy a.safetensors corpus/1.mid \
    >/dev/null
check "probabilities are a NumPy array of (40, 88, 2)" \
    [ "$(head -c 128 p.npy | tr -d '\0' | grep -a -c '(40, 88, 2, )')" = 1 ]
check "probabilities are as long as they say" [ "$(stat -c %s p.npy)" = $((128 + 40 * 88 * 2 * 4)) ]

# --- baselines ----------------------------------------------------------------------------------
play_of() { # OBJECT: its figure in base.json, the model's own for ""
    sed -n '/"'"${1:-pieces}"'"/,$p' base.json |
        sed -n 's/^ *"play_nats_per_step": \([0-9.]*\).*/\1/p' | head -n 1
}
"${eval[@]}" --json -b corpus -b corpus/1.mid a.safetensors corpus/2.mid >base.json 2>log
check "scores baselines" [ $? = 0 ]
check "learned from every piece once" [ "$(grep '"pieces"' base.json | tr -dc '0-9\n' | xargs)" = "1 5" ]
check "names their broken file once" [ "$(grep -c '^skipped: corpus/broken.mid: ' log)" = 1 ]
check "and leave the model's figures alone" [ "$(play_of '')" = "$("${eval[@]}" --json \
    a.safetensors corpus/2.mid | sed -n 's/^ *"play_nats_per_step": \([0-9.]*\).*/\1/p')" ]
check "says them in words" [ "$("${eval[@]}" -b corpus a.safetensors corpus/2.mid 2>/dev/null |
    grep -c -E '^  (as often as ever|after a step|mixed contexts) +play [0-9.]+, articulate [0-9.]+ nats per step$')" = 3 ]
# Music that a random model composes has nothing to learn; the example of a preset has.
"${eval[@]}" --json -b "$root/presets/chorale.mid" a.safetensors "$root/presets/chorale-2.mid" \
    >base.json
check "which are better one than the other" awk -v a="$(play_of marginal)" \
    -v b="$(play_of markov)" -v c="$(play_of mixture)" 'BEGIN { exit !(a > b && b > c && c > 0) }'

# --- what cannot be --------------------------------------------------------------------------
check "no corpus" refuses 2 'needs' "${train[@]}" -o x.safetensors
check "a decay that is none" refuses 2 'decay' "${train[@]}" -o x.safetensors --decay -inf corpus
check "no output" refuses 2 'needs' "${train[@]}" corpus
check "unknown option" refuses 2 'bogus' "${train[@]}" --bogus -o x.safetensors corpus
for bad in --batch=0 --segment=-1 --dropout=1 --dropout=nan --notes=90-20 --notes=0-128 \
    --time-units= --time-units=1,2,3,4,5 --transpose=3..5 --updates=0 --optimizer=sgd \
    --learning-rate=1e999 --metadata=novalue --steps-per-quarter=99; do
    check "refuses $bad" refuses 2 'mg-train: ' "${train[@]}" -o x.safetensors "$bad" corpus
done
check "missing corpus" refuses 1 'nowhere' "${train[@]}" -o x.safetensors nowhere
mkdir empty
check "empty corpus" refuses 1 'empty' "${train[@]}" -o x.safetensors empty
check "missing checkpoint" refuses 1 'nowhere' \
    "${train[@]}" -o x.safetensors --resume nowhere corpus
check "a model is no checkpoint" refuses 1 'not a checkpoint' \
    "${train[@]}" -o x.safetensors --resume a.safetensors corpus
check "a checkpoint is not lost by starting anew" refuses 1 'is there already' \
    "${train[@]}" -o a.safetensors corpus
check "one piece is too few" refuses 1 'only one piece' \
    "${train[@]}" -o x.safetensors corpus/1.mid
check "all held out is nothing to train on" refuses 1 'every piece is held out' \
    "${train[@]}" -o x.safetensors --valid corpus corpus
check "another size is named" refuses 1 'another --time-units' "${train[@]}" \
    -o x.safetensors --time-units 10 --resume cut.safetensors.checkpoint corpus
check "another corpus is refused" refuses 1 'another corpus' "${train[@]}" \
    -o x.safetensors --resume cut.safetensors.checkpoint corpus/1.mid corpus/2.mid
check "another setting is named" refuses 1 'another --dropout' "${train[@]}" \
    -o x.safetensors --dropout 0.1 --resume cut.safetensors.checkpoint corpus
check "a folder as output" refuses 1 'empty' "${train[@]}" --updates 3 -o empty/ corpus
check "an output in no folder" refuses 1 'nowhere/x' "${train[@]}" -o nowhere/x corpus
check "eval: missing model" refuses 1 'nowhere' "${eval[@]}" nowhere corpus
check "eval: a folder as model" refuses 1 'corpus' "${eval[@]}" corpus corpus
check "eval: a checkpoint is no model" refuses 1 'checkpoint' \
    "${eval[@]}" a.safetensors.checkpoint corpus
check "eval: one piece for probabilities" refuses 1 'one piece' \
    "${eval[@]}" --probabilities q.npy a.safetensors corpus
check "eval: a missing baseline" refuses 1 'nowhere' \
    "${eval[@]}" --baseline nowhere a.safetensors corpus
check "eval: an empty baseline" refuses 1 'empty' \
    "${eval[@]}" --baseline empty a.safetensors corpus
head -c 3000 a.safetensors >short.safetensors
check "eval: a truncated model" refuses 1 'short.safetensors: ' \
    "${eval[@]}" short.safetensors corpus
# Other programs need not have the metadata's checksum.
sed 's/musicguru\/1/musicguru\/2/; s/metadata_sha256/metadata_sha25x/' a.safetensors >other.safetensors
check "eval: another format version" refuses 1 "musicguru/2" \
    "${eval[@]}" other.safetensors corpus

finish
