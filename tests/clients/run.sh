#!/usr/bin/env bash
# Clients that we did not write, against the local gateway: installs their pinned versions into a
# throw-away environment and prints one line a check.
#   tests/clients/run.sh BINARY
# Needs Python 3 with venv; PIP_INDEX_URL and its kin are honoured.
set -euo pipefail
apimon=$(realpath "${1:?the apimon binary to run}")
clients=$(cd "$(dirname "$0")" && pwd)
# The shipped policy is found from here.
cd "$clients/../.."

work=$(mktemp -d)
gateway=
finish() {
    if [ -n "$gateway" ]; then
        kill -INT "$gateway" 2>/dev/null || true
        wait "$gateway" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r "$clients/requirements.txt"

touch "$work/out"
"$apimon" emulate --port 0 --tpm 900 >"$work/out" 2>"$work/err" &
gateway=$!
until grep -q '^APIM_API_KEY=' "$work/out"; do
    if ! kill -0 "$gateway" 2>/dev/null; then
        cat "$work/err" >&2
        exit 1
    fi
    sleep 0.1
done
set -a
# shellcheck source=/dev/null
. "$work/out"
set +a

"$work/venv/bin/python" "$clients/openai_client.py"
