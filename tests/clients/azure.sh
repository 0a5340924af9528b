#!/usr/bin/env bash
# Azure's own clients, unmodified, against the local Azure: installs pinned versions into a
# throw-away environment, and prints one line a check. Exit code 1 when one fails.
#   tests/clients/azure.sh BINARY           management SDKs for Python and the Azure CLI
#   tests/clients/azure.sh BINARY --quick   the SDKs alone
# Needs Python 3 with venv; PIP_INDEX_URL and its kin are honoured. The Azure CLI takes 600 MB.
set -euo pipefail
apimon=$(realpath "${1:?the apimon binary to run}")
quick=${2:-}
clients=$(cd "$(dirname "$0")" && pwd)

work=$(mktemp -d)
processes=()
finish() {
    for process in "${processes[@]}"; do
        kill -INT "$process" 2>/dev/null || true
        wait "$process" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT

python3 -m venv "$work/venv"
pip=("$work/venv/bin/pip" install --quiet --disable-pip-version-check)
"${pip[@]}" -r "$clients/requirements-azure.txt"
python=$work/venv/bin/python
"$python" "$clients/azure_certificate.py" "$work"
"$apimon" bicep build --outfile "$work/main.json"

# Starts a local Azure and takes over what it announces.
start() {
    local out=$work/out-$1
    shift
    touch "$out"
    (cd "$work" && exec "$apimon" emulate --policy "$clients/../../policies/token-limit.xml" "$@") >"$out" 2>"$out.err" &
    processes+=($!)
    until grep -q '^AZURE_SUBSCRIPTION_ID=' "$out"; do
        if ! kill -0 "${processes[-1]}" 2>/dev/null; then
            cat "$out.err" >&2
            exit 1
        fi
        sleep 0.1
    done
    set -a
    # shellcheck source=/dev/null
    . "$out"
    set +a
}

failed=0
echo "# management SDKs over http"
start http
"$python" "$clients/azure_sdk.py" "$AZURE_RESOURCE_MANAGER_URL" "$work/main.json" || failed=1
echo "# management SDKs over https"
start https --tls-cert "$work/cert.pem" --tls-key "$work/key.pem"
"$python" "$clients/azure_sdk.py" "$AZURE_RESOURCE_MANAGER_URL" "$work/main.json" "$work/cert.pem" || failed=1
if [ "$quick" = --quick ]; then
    exit "$failed"
fi

echo "# Azure CLI over https"
# In an environment of its own: it pins versions of the SDKs.
python3 -m venv "$work/cli"
"$work/cli/bin/pip" install --quiet --disable-pip-version-check -r "$clients/requirements-azure-cli.txt"
AZ="$work/cli/bin/az" CERTIFICATE="$work/cert.pem" TEMPLATE="$work/main.json" AZURE_CONFIG_DIR="$work/azure" \
    "$clients/azure_cli.sh" "$AZURE_RESOURCE_MANAGER_URL" || failed=1

exit "$failed"
