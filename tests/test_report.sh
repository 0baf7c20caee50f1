#!/bin/bash
# SPDX-FileCopyrightText: 2026 The MusicGuru authors
# SPDX-License-Identifier: ISC
# mg-train --report, end to end, on a small corpus composed by a random model.
set -u
# shellcheck source=tests/check.sh
. "$(dirname "$0")/check.sh"

"$build/tests/probe_model" random.safetensors || exit 1
mkdir corpus
for seed in 1 2 3 4 5; do
    "$build/mg-compose" -o corpus/$seed.mid --seed $seed --steps 40 random.safetensors \
        >/dev/null || exit 1
done
# Names that would be tags, of a file that is skipped and of one that is held out: a note of
# three quarters, in 3/4 and then in 6/8.
echo nonsense >'corpus/<b>broken & bad.mid'
mkdir held
cp corpus/5.mid held/
printf '%b' 'MThd\0\0\0\6\0\0\0\1\0\0140MTrk\0\0\0\035\0\0377X\4\3\2\030\010\0\0220<d' \
    '\0202 \0200<\0\0\0377X\4\6\3\030\010\0\0377/\0' >'held/<i>waltz.mid'
train=("$build/mg-train" --time-units "10,6" --note-units 8 --batch 2 --segment 16
    --optimizer adam --checkpoint-every 3 --threads 1 --valid held)
drawn=yes
"$build/mg-train" --version | grep -q 'without.* cairo' && drawn=no

column() { # NUMBER FILE: of a table with a head
    tail -n +2 "$2" | cut -d, -f"$1" | xargs
}
sampled() { # FOLDER: the updates in its table of samples
    sed -n 's/^ *"update": \([0-9]*\).*/\1/p' "$1/samples.json" | xargs
}
best_of() { # FOLDER: the update with the lowest loss
    tail -n +2 "$1/loss.csv" | awk -F, '{ print $3 + $4, $1 }' | sort -g | sed -n '1s/.* //p'
}

# Every file the page names is there and whole; it names no other place and holds no script.
page_stands() { # FOLDER
    local name bad=0
    grep -q '^</html>$' "$1/index.html" || { echo "cut off"; bad=1; }
    grep -n -i -E '<script|https?:|javascript|url\(|@import' "$1/index.html" && bad=1
    while read -r name; do
        [ -s "$1/$name" ] || { echo "no $name"; bad=1; }
        case $name in
        *.png) [ "$(head -c 4 "$1/$name" | tail -c 3)" = PNG ] ;;
        *.svg) tail -n 1 "$1/$name" | grep -q '</svg>' ;;
        *.mid) "$build/mg-flatten" -o "$work/flat" "$1/$name" >/dev/null 2>&1 ;;
        esac || { echo "$name is broken"; bad=1; }
    done < <(grep -o -E '(src|href)="[^"]*"' "$1/index.html" | cut -d'"' -f2)
    if command -v python3 >/dev/null; then
        python3 - "$1/index.html" <<'END' || bad=1
import html.parser, sys
class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong = [], []
    def handle_starttag(self, tag, attributes):
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if tag == "img" and not dict(attributes).get("alt"):
            self.wrong.append("img without alt")
    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append("/" + tag)
page = Page()
page.feed(open(sys.argv[1], encoding="utf-8").read())
page.close()
sys.exit(" ".join(page.open + page.wrong) or 0)
END
    fi
    return $bad
}

# --- a run ----------------------------------------------------------------------------------
check "trains" "${train[@]}" -o whole.safetensors --updates 24 --report whole corpus 2>log
check "scores are in the table" [ "$(column 1 whole/loss.csv)" = "3 6 9 12 15 18 21 24" ]
check "samples at doublings, and the best" [ "$(sampled whole)" = \
    "$(printf '%s\n' 3 6 12 24 "$(sampled whole)" | tr ' ' '\n' | sort -n -u | xargs)" ]
check "the best is sampled" grep -q -w "$(best_of whole)" <(sampled whole)
check "the page stands" page_stands whole
check "marks the best" [ "$(grep -c "class=\"best\"><td>update $(best_of whole), the best<" \
    whole/index.html)" = 1 ]
for question in "Is it getting better?" "Does it sound?" "Does it copy?"; do
    check "answers: $question" grep -q "<h2>$question</h2>" whole/index.html
done
if [ $drawn = yes ]; then
    check "has pictures" grep -q 'src="loss.svg".*src="update-3.png"' \
        <(tr '\n' ' ' <whole/index.html)
else
    check "says that there are no pictures" grep -q 'cairo was left out' whole/index.html
    check "and names none" [ "$(grep -c '<img' whole/index.html)" = 0 ]
fi

# --- the corpus -----------------------------------------------------------------------------
check "escapes the name of a skipped file" grep -q \
    '<li>corpus/&lt;b&gt;broken &amp; bad.mid: ' whole/index.html
check "names it as it is in plain text" grep -q -F 'skipped: corpus/<b>broken & bad.mid: ' \
    whole/corpus.txt
check "finds the metres" grep -q '<td>metres, in pieces</td>.*3/4 in 1, .*6/8 in 1' \
    whole/index.html
check "counts the pieces" grep -q '<td>pieces</td><td>4</td><td>2</td>' whole/index.html

# --- the figures ----------------------------------------------------------------------------
figure() { # KEY FILE: the first of that name
    sed -n 's/^ *"'"$1"'": *\([-0-9.e]*\),*$/\1/p' "$2" | head -n 1
}
"$build/mg-similarity" --json --any-key --chunk 32 whole/update-3.mid corpus/[1-4].mid \
    >similarity.json 2>/dev/null
for pair in silence:silence_share longest_note:longest_note_steps \
    notes_per_step:notes_per_step repeated:repeated_bars_share; do
    check "${pair%:*} is that of mg-similarity" awk \
        -v a="$(figure "${pair%:*}" whole/samples.json)" \
        -v b="$(figure "${pair#*:}" similarity.json)" \
        'BEGIN { exit !(a != "" && b != "" && (a - b) ^ 2 < 1e-12) }'
done
check "likeness is that of mg-similarity" awk -v a="$(figure likeness whole/samples.json)" \
    -v b="$(figure similarity_percent similarity.json)" \
    'BEGIN { exit !(a > 0 && (100 * a - b) ^ 2 < 1e-12) }'

# --- going on -------------------------------------------------------------------------------
"${train[@]}" -o cut.safetensors --updates 12 --report cut corpus >/dev/null 2>&1
cp cut/update-3.mid first.mid
check "resumes" "${train[@]}" -o cut.safetensors --updates 24 --report cut \
    --resume cut.safetensors.checkpoint corpus >/dev/null 2>&1
check "goes on with the curve" cmp whole/loss.csv cut/loss.csv
check "keeps the samples" cmp first.mid cut/update-3.mid
same_samples() {
    local update
    for update in 3 6 12 24 "$(best_of whole)"; do
        cmp whole/update-$update.mid cut/update-$update.mid || return 1
    done
}
check "and makes the same ones" same_samples
check "the page still stands" page_stands cut

"${train[@]}" -o whole.safetensors --updates 24 --report whole \
    --resume whole.safetensors.checkpoint corpus >/dev/null 2>&1
check "no update left changes no score" cmp whole/loss.csv cut/loss.csv

wait_for() { # PATTERN FILE
    for _ in $(seq 300); do
        grep -q "$1" "$2" && return
        sleep 0.1
    done
}
"${train[@]}" -o killed.safetensors --updates 1000000 --report killed corpus >/dev/null \
    2>log &
trainer=$!
wait_for '^update 30:' log
kill -KILL $trainer
wait $trainer 2>/dev/null
check "a killed run leaves a page that stands" page_stands killed
check "with its first sample" cmp first.mid killed/update-3.mid
mv killed.safetensors.checkpoint killed.checkpoint
"${train[@]}" -o killed.safetensors --updates 1000000 --report killed \
    --resume killed.checkpoint corpus >/dev/null 2>log &
trainer=$!
wait_for '^update' log
kill -INT $trainer
wait $trainer
check "ctrl-C ends with status 0" [ $? = 0 ]
check "ctrl-C samples the best" grep -q -w "$(best_of killed)" <(sampled killed)
check "every third update is scored once" [ "$(column 1 killed/loss.csv)" = \
    "$(seq -s ' ' 3 3 "$(column 1 killed/loss.csv | sed 's/.* //')")" ]
check "and its page stands" page_stands killed

# --- a report that cannot be ----------------------------------------------------------------
echo "a file" >file
"${train[@]}" -o none.safetensors --report file corpus >/dev/null 2>err
check "a file is no folder" [ $? = 1 ]
check "which is said" grep -q '^mg-train: file' err

finish
