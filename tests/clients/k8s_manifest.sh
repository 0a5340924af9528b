#!/bin/sh
# Validates what `apimon k8s` prints against the published schemas of Kubernetes, offline once
# `kubernetes-validate` (PyPI) is there. It goes into a virtual environment that is thrown away.
#
#   tests/clients/k8s_manifest.sh [APIMON]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
apimon=${1:-$root/target/debug/apimon}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate
validate() { "$work/venv/bin/kubernetes-validate" --strict "$1"; }

for scenario in "$root"/scenarios/*.yaml; do
    # Keys of more than one subscription have to be named; the shipped scenarios leave that open.
    if ! "$apimon" k8s "$scenario" --shards 4 --target https://contoso.azure-api.net \
        --start-at 2030-01-01T09:00:00Z --out "$work/job.yaml" 2>"$work/said"; then
        grep -q 'do not say where their key is' "$work/said" || { cat "$work/said"; exit 1; }
        echo "skipped: $(basename "$scenario") names no keys"
        continue
    fi
    validate "$work/job.yaml"
    echo "valid: $(basename "$scenario")"
done

# The schema has to be able to say no.
"$apimon" k8s "$root/scenarios/burst.yaml" --shards 4 --target https://contoso.azure-api.net |
    sed 's/completionMode/completionModus/' >"$work/wrong.yaml"
if validate "$work/wrong.yaml" >"$work/said" 2>&1; then
    echo "a wrong manifest was taken for a valid one"
    exit 1
fi
grep -q completionModus "$work/said" || { cat "$work/said"; exit 1; }
echo "a typo is found"
