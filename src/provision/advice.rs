//! What to do about the errors that deployments of a gateway meet most.

use super::trouble::Trouble;

/// Code, and what to do. Codes are compared without letter case.
const ADVICE: [(&str, &str); 27] = [
    (
        "RequestDisallowedByPolicy",
        "a policy of the subscription forbids it: ask its owner for an exemption, or change the parameters until it fits",
    ),
    (
        "AuthorizationFailed",
        "the credential lacks a role: `Contributor` on the resource group deploys, `Role Based Access Control Administrator` assigns the gateway's role; `apimon doctor` lists what is missing",
    ),
    (
        "LinkedAuthorizationFailed",
        "the credential lacks a role on the other resource that the message names",
    ),
    (
        "InsufficientQuota",
        "ask for less with `-p modelCapacity=N`, take another region with `-p openAiLocation=REGION`, or have the quota raised in the Azure portal",
    ),
    (
        "QuotaExceeded",
        "delete what is no longer needed in this region, take another region with `-p location=REGION`, or have the quota raised in the Azure portal",
    ),
    (
        "FlagMustBeSetForRestore",
        "a soft-deleted account has this name: deploy with `--soft-deleted purge` or `--soft-deleted restore`",
    ),
    (
        "ServiceAlreadyExistsInSoftDeletedState",
        "a soft-deleted API Management service has this name: deploy with `--soft-deleted purge` or `--soft-deleted restore`",
    ),
    (
        "ServiceUndeleteNotPossible",
        "there is nothing to restore: deploy without `--soft-deleted restore`",
    ),
    (
        "SkuNotAvailable",
        "this tier is not offered in the region: choose another with `-p location=REGION` or `-p apiManagementSku=NAME`",
    ),
    (
        "InvalidResourceProperties",
        "the model or its version is not offered this way in the region: `apimon doctor` lists what is, `-p modelVersion=…`, `-p modelSku=…` and `-p openAiLocation=…` choose",
    ),
    (
        "DeploymentModelNotSupported",
        "the model is not offered in this region: take another with `-p openAiLocation=REGION`",
    ),
    (
        "MissingSubscriptionRegistration",
        "the resource provider is not registered in the subscription: its owner registers it once, under Resource providers in the Azure portal",
    ),
    (
        "DeploymentActive",
        "another deployment of this name runs: `apimon deploy` joins it, so run it again",
    ),
    (
        "CustomDomainInUse",
        "the name is taken in all of Azure: choose another with `-p openAiName=NAME`, or purge the soft-deleted account with `--soft-deleted purge`",
    ),
    (
        "ServiceAlreadyExists",
        "the name is taken in all of Azure: choose another with `-p apiManagementName=NAME`",
    ),
    (
        "InvalidTemplateDeployment",
        "Azure checked the template before it deployed anything; nothing has changed",
    ),
    (
        "InvalidTemplate",
        "mend the template or the parameters: nothing has changed",
    ),
    (
        "ResourceGroupBeingDeleted",
        "wait until the group is gone (`apimon destroy` waits for it), then deploy again",
    ),
    (
        "ResourceGroupNotFound",
        "the group went away meanwhile: deploy again",
    ),
    (
        "LocationNotAvailableForResourceType",
        "choose a region that has it, with `-p location=REGION` or `-p openAiLocation=REGION`",
    ),
    (
        "InvalidResourceGroupLocation",
        "the group exists in another region: deploy with `--location` of that region, or into another group",
    ),
    (
        "RoleAssignmentExists",
        "the same role is assigned under another name: delete that assignment, and deploy again",
    ),
    (
        "ReadOnlyDisabledSubscription",
        "the subscription is disabled, for unpaid bills or an end of credit: its owner enables it again",
    ),
    (
        "SubscriptionNotFound",
        "check `AZURE_SUBSCRIPTION_ID`, and that the credential belongs to its tenant",
    ),
    (
        "ScopeLocked",
        "a lock keeps this from being changed or deleted: its owner removes it under Locks in the Azure portal",
    ),
    (
        "PrincipalNotFound",
        "the gateway's new identity has not spread yet: deploy again in a minute",
    ),
    (
        "ValidationError",
        "API Management refuses the policy or entity: `apimon lint` shows most such mistakes at their place",
    ),
];

/// What to do about an error, when it is one of the well-known.
pub(crate) fn advice(trouble: &Trouble) -> Option<&'static str> {
    let by_code = |code: &str| {
        ADVICE
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(code))
            .map(|(_, advice)| *advice)
    };
    // Some services say `Conflict` and the rest in the sentence.
    let general = ["", "conflict", "badrequest", "forbidden"];
    if general.contains(&trouble.code.to_ascii_lowercase().as_str()) {
        let message = trouble.message.to_ascii_lowercase();
        let soft = message.contains("soft-delet") || message.contains("soft delet");
        if soft {
            return by_code("ServiceAlreadyExistsInSoftDeletedState");
        }
        return ADVICE
            .iter()
            .find(|(known, _)| message.contains(&known.to_ascii_lowercase()))
            .map(|(_, advice)| *advice);
    }
    by_code(&trouble.code)
}

#[cfg(test)]
pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    ADVICE.iter().map(|(code, _)| *code)
}
