#!/bin/sh
# Instructions per operation under callgrind (Debian package `valgrind`): the difference between a
# long and a short run of each subject, so that starting up does not count.
set -eu
cd "$(dirname "$0")/../.."
binary=$(cargo bench --features bench --bench instructions --no-run --message-format=json 2>/dev/null |
    sed -n 's/.*"name":"instructions".*"executable":"\([^"]*\)".*/\1/p')
count() {
    out=$(mktemp)
    valgrind --tool=callgrind --callgrind-out-file="$out" "$binary" "$1" "$2" >/dev/null 2>&1
    sed -n 's/^\(summary\|totals\): //p' "$out" | head -n 1
    rm -f "$out"
}
for subject in request read-policy parse-expression count-tokens; do
    short=$(count "$subject" 100)
    long=$(count "$subject" 1100)
    echo "$subject: $(((long - short) / 1000)) instructions"
done
