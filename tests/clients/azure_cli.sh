#!/usr/bin/env bash
# The Azure CLI against the local Azure at the https URL that is given: one line a command, exit code
# 1 when one fails. Run by azure.sh, which sets AZ, CERTIFICATE, TEMPLATE, AZURE_CONFIG_DIR,
# AZURE_TENANT_ID and AZURE_SUBSCRIPTION_ID.
set -uo pipefail
url=${1:?the URL of the management endpoint}
export REQUESTS_CA_BUNDLE=$CERTIFICATE AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_INSTANCE_DISCOVERY=false
export AZURE_EXTENSION_USE_DYNAMIC_INSTALL=no AZURE_CORE_LOGIN_EXPERIENCE_V2=off AZURE_CORE_NO_COLOR=1
mkdir -p "$AZURE_CONFIG_DIR"
out=$AZURE_CONFIG_DIR/out
failed=0

# Runs a command that must succeed; what it prints must hold the text, if one is given.
holds() {
    local text=$1
    shift
    local begun=$SECONDS
    if ! timeout 300 "$AZ" "$@" >"$out" 2>"$out.err"; then
        failed=1
        printf 'FAILED  az %s: %s\n' "$*" "$(grep -v WARNING "$out.err" | head -c 300 | tr '\n' ' ')"
    elif [ -n "$text" ] && ! grep -qF -- "$text" "$out"; then
        failed=1
        printf 'FAILED  az %s: %s is not in what it printed\n' "$*" "$text"
    else
        printf 'ok      az %s (%d s)\n' "$*" $((SECONDS - begun))
    fi
}

scope=$url/subscriptions/$AZURE_SUBSCRIPTION_ID/resourceGroups/cli/providers/Microsoft.ApiManagement/service/cli-apim
policy='{"properties":{"format":"rawxml","value":"<policies><inbound><base /></inbound></policies>"}}'

holds '' cloud register -n Local --endpoint-resource-manager "$url"
holds '' cloud set -n Local
holds "$AZURE_SUBSCRIPTION_ID" login --service-principal -u app -p secret --tenant "$AZURE_TENANT_ID"
holds "$AZURE_SUBSCRIPTION_ID" account show
holds westeurope group create -n cli -l westeurope
holds Microsoft.ApiManagement provider list -o table
holds Succeeded apim create -n cli-apim -g cli --publisher-email a@b.c --publisher-name me --sku-name Developer -l westeurope
holds gatewayUrl apim show -n cli-apim -g cli
holds '"a"' apim api create -g cli --service-name cli-apim --api-id a --path a --display-name A
holds '"a"' apim api list -g cli --service-name cli-apim
holds '"a"' apim api show -g cli --service-name cli-apim --api-id a
holds '/x' apim api operation create -g cli --service-name cli-apim --api-id a --url-template /x --method GET --display-name X
holds '500' apim nv create -g cli --service-name cli-apim --named-value-id tpm --display-name tpm --value 500
holds policies rest --method put --url "$scope/apis/a/policies/policy?api-version=2024-05-01" --headers 'If-Match=*' --body "$policy"
holds rawxml rest --method get --url "$scope/apis/a/policies/policy?api-version=2024-05-01&format=rawxml"
holds primaryKey rest --method post --url "$scope/subscriptions/master/listSecrets?api-version=2024-05-01"
holds cli-apim resource show -g cli -n cli-apim --resource-type Microsoft.ApiManagement/service
holds cli-apim resource list -g cli -o table
holds Succeeded cognitiveservices account create -n cli-ai -g cli -l westeurope --kind OpenAI --sku S0 --custom-domain cli-ai --yes
holds rateLimits cognitiveservices account deployment create -n cli-ai -g cli --deployment-name mini --model-name gpt-4o-mini --model-version 2024-07-18 --model-format OpenAI --sku-name GlobalStandard --sku-capacity 10
holds mini cognitiveservices account deployment list -n cli-ai -g cli
holds key1 cognitiveservices account keys list -n cli-ai -g cli
holds OpenAI.GlobalStandard.gpt-4o-mini cognitiveservices usage list -l westeurope
holds gpt-4o-mini cognitiveservices model list -l westeurope
holds main deployment group validate -g cli -f "$TEMPLATE" -n main
holds '+' deployment group what-if -g cli -f "$TEMPLATE" -n main
holds Succeeded deployment group create -g cli -f "$TEMPLATE" -n main
holds gatewayUrl deployment group show -g cli -n main
holds Succeeded deployment operation group list -g cli -n main
holds principalId role assignment list --all --fill-principal-name false
holds '' cognitiveservices account delete -n cli-ai -g cli
holds cli-ai cognitiveservices account list-deleted
holds '' cognitiveservices account purge -n cli-ai -g cli -l westeurope
holds '' apim delete -n cli-apim -g cli --yes
holds cli-apim apim deletedservice list
holds '' apim deletedservice purge -n cli-apim -l westeurope
holds '' group delete -n cli --yes
holds false group exists -n cli
exit "$failed"
