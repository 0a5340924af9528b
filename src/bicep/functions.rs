//! The functions of the language by name. All but a few are functions of templates as well.

/// Passed on as they are.
pub(super) const FUNCTIONS: &[&str] = &[
    "any",
    "array",
    "base64",
    "base64ToJson",
    "base64ToString",
    "buildUri",
    "cidrHost",
    "cidrSubnet",
    "coalesce",
    "concat",
    "contains",
    "createArray",
    "createObject",
    "dataUri",
    "dataUriToString",
    "dateTimeAdd",
    "dateTimeFromEpoch",
    "dateTimeToEpoch",
    "deployer",
    "deployment",
    "empty",
    "endsWith",
    "environment",
    "extensionResourceId",
    "fail",
    "filter",
    "first",
    "flatten",
    "format",
    "groupBy",
    "guid",
    "indexOf",
    "int",
    "intersection",
    "items",
    "join",
    "json",
    "last",
    "lastIndexOf",
    "length",
    "loadFileAsBase64",
    "loadJsonContent",
    "loadTextContent",
    "loadYamlContent",
    "managementGroup",
    "managementGroupResourceId",
    "map",
    "mapValues",
    "max",
    "min",
    "nameof",
    "newGuid",
    "objectKeys",
    "padLeft",
    "parseCidr",
    "parseUri",
    "pickZones",
    "providers",
    "range",
    "reduce",
    "reference",
    "replace",
    "resourceGroup",
    "resourceId",
    "shallowMerge",
    "skip",
    "sort",
    "split",
    "startsWith",
    "string",
    "subscription",
    "subscriptionResourceId",
    "substring",
    "take",
    "tenant",
    "tenantResourceId",
    "toLogicalZone",
    "toLogicalZones",
    "toLower",
    "toObject",
    "toPhysicalZone",
    "toPhysicalZones",
    "toUpper",
    "trim",
    "tryGet",
    "union",
    "uniqueString",
    "uri",
    "uriComponent",
    "uriComponentToString",
    "utcNow",
];

/// Read when compiling.
pub(super) const LOADERS: [&str; 4] = [
    "loadTextContent",
    "loadJsonContent",
    "loadYamlContent",
    "loadFileAsBase64",
];

/// `listKeys` and its many relatives: resource providers add their own.
pub(super) fn is_list(name: &str) -> bool {
    name.len() > 4 && name.to_ascii_lowercase().starts_with("list")
}

/// Answers only while the deployment runs: a variable that calls it is written out at every use.
pub(super) fn is_runtime(name: &str) -> bool {
    name == "reference" || is_list(name)
}

pub(super) fn is_known(name: &str) -> bool {
    FUNCTIONS.contains(&name) || is_list(name)
}
