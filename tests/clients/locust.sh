#!/usr/bin/env bash
# Plays what `apimon export` writes with Locust (PyPI), a master and two workers on loopback, against
# the local gateway, and looks at what Locust says of it.
#   tests/clients/locust.sh BINARY
# Needs Python 3 with venv; PIP_INDEX_URL and its kin are honoured. LOCUST names an installed one.
set -euo pipefail
apimon=$(realpath "${1:?the apimon binary to run}")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
finish() {
    # shellcheck disable=SC2046
    kill -INT $(jobs -p) 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

locust=${LOCUST:-}
if [ -z "$locust" ]; then
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet --disable-pip-version-check locust==2.47.0
    locust=$work/venv/bin/locust
fi

cat >"$work/scenario.yaml" <<'YAML'
name: export
subscriptions:
  - { id: default, name: Team, key-env: APIM_API_KEY }
callers:
  - name: patient
    subscription: default
    request: { prompt: Say hello, max-tokens: 5 }
    arrivals: [{ count: 8, for: 4s }]
    on-429: honor-retry-after
    max-attempts: 9
  - name: loud
    subscription: default
    request: { prompt: Say hello in many words, stream: true, max-tokens: 80 }
    arrivals: [{ count: 12, for: 4s }]
YAML
touch "$work/out"
"$apimon" emulate --port 0 --tpm 600 --behaviour will-exceed-wait=exact >"$work/out" 2>"$work/err" &
until grep -q '^APIM_API_KEY=' "$work/out"; do
    if ! kill -0 $! 2>/dev/null; then
        cat "$work/err" >&2
        exit 1
    fi
    sleep 0.1
done
set -a
# shellcheck source=/dev/null
. <(grep -E '^APIM_(GATEWAY_URL|API_KEY)=' "$work/out")
set +a
"$apimon" export "$work/scenario.yaml" --engine azure-load-testing --engines 2 --out "$work/test"

cd "$work/test"
port=$((20000 + RANDOM % 20000))
for _ in 1 2; do
    "$locust" -f locustfile.py --worker --master-port "$port" >"$work/worker" 2>&1 &
done
"$locust" -f locustfile.py --master --master-bind-port "$port" --headless --expect-workers 2 \
    --users 2 --spawn-rate 2 --run-time "${RUN_TIME:-40s}" --only-summary --csv "$work/stats" >"$work/master" 2>&1 ||
    { cat "$work/master" >&2; exit 1; }

python3 - "$work/stats_stats.csv" <<'PYTHON'
import csv
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    rows = {(row["Type"], row["Name"]): row for row in csv.DictReader(file)}
count = {name: int(row["Request Count"]) for name, row in rows.items()}
for name, number in count.items():
    print(f"{number:5} {' '.join(name).strip()}")
assert all(row["Failure Count"] == "0" for row in rows.values()), "a refusal is no failure"
assert count["POST", "patient"] == 8, "whoever waits is served"
loud = count["POST", "loud"]
limited = count["POST", "loud limited (429)"]
assert loud + limited == 12, "each planned request is sent once"
assert count["ttft", "loud"] == loud, "each stream has a first text"
asked = sum(number for (kind, _), number in count.items() if kind == "retry after")
refused = sum(number for (_, name), number in count.items() if "limited (429)" in name)
assert asked == refused > 0, "each refusal says how long to wait"
print("Locust plays the plan, and refusals are results")
PYTHON
