"""The management SDKs for Python against the local Azure: one line a check, exit code 1 if one fails.

Usage: azure_sdk.py URL TEMPLATE [CERTIFICATE]; tenant and subscription come from the environment, as
`apimon emulate` prints them. Over http the token travels in a policy of ours, because the SDKs send
credentials over TLS only; over https everything is as it is against Azure.
"""

import json
import os
import sys
import time
import urllib.request

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.identity import ClientSecretCredential
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.cognitiveservices import CognitiveServicesManagementClient
from azure.mgmt.resource import ResourceManagementClient
from azure.mgmt.resource.deployments import DeploymentsMgmtClient

url, template = sys.argv[1], sys.argv[2]
certificate = sys.argv[3] if len(sys.argv) > 3 else None
tenant, subscription = os.environ["AZURE_TENANT_ID"], os.environ["AZURE_SUBSCRIPTION_ID"]
secure = url.startswith("https")
group = "sdk-tls" if secure else "sdk-http"
service, account = f"{group}-apim", f"{group}-ai"
scope = "https://management.azure.com/.default"
failures = 0


class Token(SansIOHTTPPolicy):
    """Sets the header whatever the scheme."""

    def __init__(self):
        query = f"{url}/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com"
        request = urllib.request.Request(query, headers={"X-IDENTITY-HEADER": "x"})
        with urllib.request.urlopen(request) as answer:
            self.token = json.load(answer)["access_token"]

    def on_request(self, request):
        request.http_request.headers["Authorization"] = f"Bearer {self.token}"


class Nothing:
    """A credential that nobody asks."""

    def get_token(self, *scopes, **options):
        raise AssertionError("the policy brings the token")


options = {"base_url": url, "credential_scopes": [scope], "polling_interval": 1}
if secure:
    options["connection_verify"] = certificate
    credential = ClientSecretCredential(
        tenant,
        "app",
        "secret",
        authority=url,
        disable_instance_discovery=True,
        connection_verify=certificate,
    )
else:
    options["authentication_policy"] = Token()
    credential = Nothing()

resources = ResourceManagementClient(credential, subscription, **options)
deployments = DeploymentsMgmtClient(credential, subscription, **options)
management = ApiManagementClient(credential, subscription, **options)
cognitive = CognitiveServicesManagementClient(credential, subscription, **options)


def check(name, action):
    """Runs one check and says how it went."""
    global failures
    begun = time.monotonic()
    try:
        found = action()
        print(f"ok      {name} ({time.monotonic() - begun:.1f} s)")
        return found
    except Exception as error:  # every kind of failure is one line
        failures += 1
        print(f"FAILED  {name}: {type(error).__name__}: {str(error)[:300]}")
        return None


def refused(action, status):
    """The action must be refused with the status."""
    try:
        action()
    except HttpResponseError as error:
        assert error.status_code == status, f"{error.status_code}: {error.message}"
        return error
    raise AssertionError("it was not refused")


def equal(found, wanted):
    assert found == wanted, f"{found!r} instead of {wanted!r}"
    return found


def deployed():
    with open(template, encoding="utf-8") as file:
        content = json.load(file)
    body = {"properties": {"mode": "Incremental", "template": content, "parameters": {}}}
    found = deployments.deployments.begin_validate(group, "main", body).result()
    assert found.properties.validated_resources, "something would be deployed"
    planned = deployments.deployments.begin_what_if(group, "main", body).result()
    assert planned.changes, "something would change"
    made = deployments.deployments.begin_create_or_update(group, "main", body).result()
    equal(made.properties.provisioning_state, "Succeeded")
    operations = list(deployments.deployment_operations.list(group, "main"))
    assert operations, "there are operations"
    return made.properties.outputs


def used():
    """Thousands of tokens per minute that are given out."""
    name = "OpenAI.GlobalStandard.gpt-4o-mini"
    return next(usage.current_value for usage in cognitive.usages.list("westeurope") if usage.name.value == name)


def policy():
    content = "<policies><inbound><base /><return-response><set-status code=\"418\" /></return-response></inbound></policies>"
    body = {"properties": {"format": "rawxml", "value": content}}
    first = management.api_policy.create_or_update(group, service, "a", "policy", body)
    equal(first.value, content)
    read = management.api_policy.get(group, service, "a", "policy", format="rawxml")
    equal(read.value, content)
    body["properties"]["value"] = "<policies><inbound><bse /></inbound></policies>"
    error = refused(lambda: management.api_policy.create_or_update(group, service, "a", "policy", body), 400)
    equal(error.error.code, "ValidationError")


def gateway():
    found = management.api_management_service.get(group, service)
    try:
        urllib.request.urlopen(f"{found.gateway_url}/a/o")
    except urllib.error.HTTPError as error:
        equal(error.code, 418)
        return
    raise AssertionError("the policy did not answer")


check("subscriptions and groups", lambda: resources.resource_groups.create_or_update(group, {"location": "westeurope"}))
check("group exists", lambda: equal(resources.resource_groups.check_existence(group), True))
before = check("quotas of a region", used)
check("name is free", lambda: equal(management.api_management_service.check_name_availability({"name": service}).name_available, True))
check(
    "service create",
    lambda: equal(
        management.api_management_service.begin_create_or_update(
            group,
            service,
            {
                "location": "westeurope",
                "sku": {"name": "BasicV2", "capacity": 1},
                "identity": {"type": "SystemAssigned"},
                "properties": {"publisherEmail": "a@b.c", "publisherName": "me"},
                "publisherEmail": "a@b.c",
                "publisherName": "me",
            },
        ).result().provisioning_state,
        "Succeeded",
    ),
)
check("named value create", lambda: management.named_value.begin_create_or_update(group, service, "n", {"properties": {"displayName": "n", "value": "v", "secret": True}}).result())
check("named value list", lambda: equal(management.named_value.list_value(group, service, "n").value, "v"))
check("api create", lambda: management.api.begin_create_or_update(group, service, "a", {"properties": {"displayName": "A", "path": "a", "subscriptionRequired": False}}).result())
check("api operation create", lambda: management.api_operation.create_or_update(group, service, "a", "o", {"properties": {"displayName": "O", "method": "GET", "urlTemplate": "/o"}}))
check("api list", lambda: equal([api.name for api in management.api.list_by_service(group, service)], ["a"]))
check("policy put, get, refused", policy)
check("gateway answers by the policy", gateway)
check("subscription create", lambda: management.subscription.create_or_update(group, service, "s", {"properties": {"displayName": "s", "scope": "/apis", "state": "active"}}))
check("subscription keys", lambda: equal(len(management.subscription.list_secrets(group, service, "s").primary_key), 32))
check("backend create", lambda: management.backend.create_or_update(group, service, "b", {"properties": {"url": "https://x.example/openai", "protocol": "http"}}))
check("product and its api", lambda: (management.product.create_or_update(group, service, "p", {"properties": {"displayName": "p"}}), management.product_api.create_or_update(group, service, "p", "a")))
check(
    "account create",
    lambda: equal(
        cognitive.accounts.begin_create(
            group,
            account,
            {"location": "westeurope", "kind": "OpenAI", "sku": {"name": "S0"}, "properties": {"customSubDomainName": account}},
        ).result().properties.provisioning_state,
        "Succeeded",
    ),
)
check(
    "model deployment create",
    lambda: equal(
        cognitive.deployments.begin_create_or_update(
            group,
            account,
            "mini",
            {"sku": {"name": "GlobalStandard", "capacity": 10}, "properties": {"model": {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18"}}},
        ).result().properties.provisioning_state,
        "Succeeded",
    ),
)
check("account keys", lambda: equal(len(cognitive.accounts.list_keys(group, account).key1), 32))
check("quotas", lambda: equal(used() - before, 10))
check("models", lambda: equal(any(m.model.name == "gpt-4o-mini" for m in cognitive.models.list("westeurope")), True))
check("quota is refused", lambda: refused(lambda: cognitive.deployments.begin_create_or_update(group, account, "more", {"sku": {"name": "GlobalStandard", "capacity": 1_000_000}, "properties": {"model": {"format": "OpenAI", "name": "gpt-4o-mini", "version": "2024-07-18"}}}).result(), 400))
check("validate, what-if, deploy, operations", deployed)
check("resources of the group", lambda: equal(len(list(resources.resources.list_by_resource_group(group))) >= 4, True))
check("account delete and purge", lambda: (cognitive.accounts.begin_delete(group, account).result(), cognitive.deleted_accounts.begin_purge("westeurope", group, account).result()))
check("service delete and purge", lambda: (management.api_management_service.begin_delete(group, service).result(), management.deleted_services.begin_purge(service, "westeurope").result()))
check("group delete", lambda: resources.resource_groups.begin_delete(group).result())
check("group is gone", lambda: equal(resources.resource_groups.check_existence(group), False))


def missing():
    try:
        resources.resource_groups.get(group)
    except ResourceNotFoundError:
        return
    raise AssertionError("it is still there")


check("what is gone is not found", missing)
sys.exit(1 if failures else 0)
