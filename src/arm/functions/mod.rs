//! The functions of the template language that need nothing but their arguments.
//!
//! One table says every name, how many arguments it takes and what it does. Names that Azure has
//! and this evaluator has not are in a table of their own, with the reason: calling one is an
//! error that says so.

mod array;
mod cidr;
mod compare;
mod composite;
mod date;
mod date_format;
mod hash;
mod number;
mod object;
mod string;
mod uri;

pub(super) use array::from_end;
pub(super) use date::{default_stamp, stamp};
pub(super) use hash::random_guid;
use number::format_float;
pub(super) use string::to_text;

use serde_json::{Map, Value};

use super::error::Fault;
use super::value::kind;

/// What a name does.
#[derive(Clone, Copy)]
pub(super) enum Body {
    /// Arguments in, value out.
    Pure(fn(&Args<'_>) -> Result<Value, Fault>),
    /// The same, for what no argument can make fail.
    Sure(fn(&[Value]) -> Value),
    /// Needs the deployment, or evaluates its arguments itself.
    Special(Special),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Special {
    If,
    And,
    Or,
    Coalesce,
    TryGet,
    TryIndexFromEnd,
    Lambda,
    LambdaVariables,
    Filter,
    Map,
    MapValues,
    Reduce,
    Sort,
    ToObject,
    GroupBy,
    Parameters,
    Variables,
    CopyIndex,
    Reference,
    References,
    ResourceId,
    SubscriptionResourceId,
    TenantResourceId,
    ManagementGroupResourceId,
    ResourceGroup,
    Subscription,
    Tenant,
    ManagementGroup,
    Environment,
    Deployment,
    Deployer,
    UtcNow,
    NewGuid,
}

pub(super) struct Function {
    pub(super) name: &'static str,
    least: usize,
    most: usize,
    pub(super) body: Body,
}

const MANY: usize = usize::MAX;

const fn pure(
    name: &'static str,
    least: usize,
    most: usize,
    body: fn(&Args<'_>) -> Result<Value, Fault>,
) -> Function {
    Function {
        name,
        least,
        most,
        body: Body::Pure(body),
    }
}

const fn sure(
    name: &'static str,
    least: usize,
    most: usize,
    body: fn(&[Value]) -> Value,
) -> Function {
    Function {
        name,
        least,
        most,
        body: Body::Sure(body),
    }
}

const fn special(name: &'static str, least: usize, most: usize, body: Special) -> Function {
    Function {
        name,
        least,
        most,
        body: Body::Special(body),
    }
}

/// Every function but the `list*` family, whose names are open.
pub(super) static FUNCTIONS: &[Function] = &[
    // Arrays, and what they share with strings and objects.
    pure("array", 1, 1, array::array),
    pure("concat", 1, MANY, array::concat),
    pure("contains", 2, 2, array::contains),
    sure("createArray", 0, MANY, array::create),
    pure("empty", 1, 1, array::empty),
    pure("first", 1, 1, array::first),
    pure("flatten", 1, 1, array::flatten),
    pure("indexFromEnd", 2, 2, array::index_from_end),
    pure("indexOf", 2, 2, array::index_of),
    pure("intersection", 2, MANY, object::intersection),
    pure("last", 1, 1, array::last),
    pure("lastIndexOf", 2, 2, array::last_index_of),
    pure("length", 1, 1, array::length),
    pure("max", 1, MANY, number::max),
    pure("min", 1, MANY, number::min),
    pure("range", 2, 2, number::range),
    pure("skip", 2, 2, array::skip),
    pure("take", 2, 2, array::take),
    special("tryGet", 2, MANY, Special::TryGet),
    special("tryIndexFromEnd", 2, 2, Special::TryIndexFromEnd),
    pure("union", 2, MANY, object::union),
    // Networks.
    pure("cidrHost", 2, 2, cidr::host),
    pure("cidrSubnet", 3, 3, cidr::subnet),
    pure("parseCidr", 1, 1, cidr::parse),
    // Comparison and logic.
    special("coalesce", 1, MANY, Special::Coalesce),
    sure("equals", 2, 2, compare::equals),
    pure("greater", 2, 2, compare::greater),
    pure("greaterOrEquals", 2, 2, compare::greater_or_equals),
    pure("less", 2, 2, compare::less),
    pure("lessOrEquals", 2, 2, compare::less_or_equals),
    special("and", 2, MANY, Special::And),
    pure("bool", 1, 1, compare::bool),
    sure("false", 0, 0, compare::constant_false),
    special("if", 3, 3, Special::If),
    pure("not", 1, 1, compare::not),
    special("or", 2, MANY, Special::Or),
    sure("true", 0, 0, compare::constant_true),
    pure("fail", 1, 1, string::fail),
    // Dates.
    pure("dateTimeAdd", 2, 3, date::add),
    pure("dateTimeFromEpoch", 1, 1, date::from_epoch),
    pure("dateTimeToEpoch", 1, 1, date::to_epoch),
    special("utcNow", 0, 1, Special::UtcNow),
    // Lambdas.
    special("filter", 2, 2, Special::Filter),
    special("groupBy", 2, 2, Special::GroupBy),
    special("lambda", 1, MANY, Special::Lambda),
    special("lambdaVariables", 1, 1, Special::LambdaVariables),
    special("map", 2, 2, Special::Map),
    special("mapValues", 2, 2, Special::MapValues),
    special("reduce", 3, 3, Special::Reduce),
    special("sort", 2, 2, Special::Sort),
    special("toObject", 2, 3, Special::ToObject),
    // Numbers.
    pure("add", 2, 2, number::add),
    special("copyIndex", 0, 2, Special::CopyIndex),
    pure("div", 2, 2, number::div),
    pure("float", 1, 1, number::float),
    pure("int", 1, 1, number::int),
    pure("mod", 2, 2, number::rem),
    pure("mul", 2, 2, number::mul),
    pure("sub", 2, 2, number::sub),
    // Objects.
    pure("createObject", 0, MANY, object::create),
    pure("items", 1, 1, object::items),
    pure("json", 1, 1, object::json),
    sure("null", 0, 0, object::null),
    pure("objectKeys", 1, 1, object::keys),
    pure("shallowMerge", 1, 1, object::shallow_merge),
    // The deployment and where it goes.
    special("deployer", 0, 0, Special::Deployer),
    special("deployment", 0, 0, Special::Deployment),
    special("environment", 0, 0, Special::Environment),
    special("parameters", 1, 1, Special::Parameters),
    special("variables", 1, 1, Special::Variables),
    special("managementGroup", 0, 0, Special::ManagementGroup),
    special("resourceGroup", 0, 0, Special::ResourceGroup),
    special("subscription", 0, 0, Special::Subscription),
    special("tenant", 0, 0, Special::Tenant),
    // Resources.
    pure("extensionResourceId", 3, MANY, uri::extension_resource_id),
    special(
        "managementGroupResourceId",
        2,
        MANY,
        Special::ManagementGroupResourceId,
    ),
    special("reference", 1, 3, Special::Reference),
    special("references", 1, 2, Special::References),
    special("resourceId", 2, MANY, Special::ResourceId),
    special(
        "subscriptionResourceId",
        2,
        MANY,
        Special::SubscriptionResourceId,
    ),
    special("tenantResourceId", 2, MANY, Special::TenantResourceId),
    // Strings.
    pure("base64", 1, 1, uri::base64),
    pure("base64ToJson", 1, 1, uri::base64_to_json),
    pure("base64ToString", 1, 1, uri::base64_to_string),
    sure("dataUri", 1, 1, uri::data_uri),
    pure("dataUriToString", 1, 1, uri::data_uri_to_string),
    pure("endsWith", 2, 2, string::ends_with),
    pure("format", 1, MANY, composite::format),
    pure("guid", 1, MANY, hash::guid),
    pure("join", 2, 2, string::join),
    special("newGuid", 0, 0, Special::NewGuid),
    pure("padLeft", 2, 3, string::pad_left),
    pure("replace", 3, 3, string::replace),
    pure("split", 2, 2, string::split),
    pure("startsWith", 2, 2, string::starts_with),
    sure("string", 1, 1, string::string),
    pure("substring", 2, 3, string::substring),
    pure("toLower", 1, 1, string::to_lower),
    pure("toUpper", 1, 1, string::to_upper),
    pure("trim", 1, 1, string::trim),
    pure("uniqueString", 1, MANY, hash::unique_string),
    pure("uri", 2, 2, uri::uri),
    pure("uriComponent", 1, 1, uri::uri_component),
    pure("uriComponentToString", 1, 1, uri::uri_component_to_string),
];

/// Functions that Azure has and this evaluator has not, with the reason.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("pickZones", "it needs Azure's map of zones"),
    ("toLogicalZone", "it needs Azure's map of zones"),
    ("toLogicalZones", "it needs Azure's map of zones"),
    ("toPhysicalZone", "it needs Azure's map of zones"),
    ("toPhysicalZones", "it needs Azure's map of zones"),
    (
        "providers",
        "it is deprecated, and its answer changes from day to day",
    ),
    (
        "externalInput",
        "it needs the command line that sends the deployment",
    ),
    ("getSecret", "it needs Key Vault"),
    ("buildUri", "it is not implemented here"),
    ("parseUri", "it is not implemented here"),
];

/// The function of that name, whatever the letter case.
pub(super) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS
        .iter()
        .find(|function| function.name.eq_ignore_ascii_case(name))
}

/// `listKeys`, `listSecrets` and whatever else a resource type lists.
pub(super) fn is_list(name: &str) -> bool {
    name.len() > 4 && name[..4].eq_ignore_ascii_case("list") && find(name).is_none()
}

/// The error of calling a name that is no function here.
pub(super) fn no_such(name: &str) -> Fault {
    if let Some((name, reason)) = REFUSED
        .iter()
        .find(|(refused, _)| refused.eq_ignore_ascii_case(name))
    {
        return Fault::invalid(format!(
            "The template function '{name}' is not supported by the local Azure: {reason}."
        ));
    }
    let known = FUNCTIONS.iter().map(|function| function.name);
    let hint = crate::base::nearest(name, known)
        .map(|near| format!(" Did you mean '{near}'?"))
        .unwrap_or_default();
    Fault::invalid(format!(
        "The template function '{name}' is not valid. Please see https://aka.ms/arm-functions for usage details.{hint}"
    ))
}

impl Function {
    /// Refuses a wrong number of arguments.
    pub(super) fn accepts(&self, count: usize) -> Result<(), Fault> {
        if (self.least..=self.most).contains(&count) {
            return Ok(());
        }
        let wanted = match (self.least, self.most) {
            (least, MANY) => format!("at least '{least}'"),
            (least, most) if least == most => format!("'{least}'"),
            (least, most) => format!("'{least}' to '{most}'"),
        };
        Err(Fault::invalid(format!(
            "Unable to evaluate template language function '{}': function requires {wanted} argument(s) while '{count}' were provided. Please see https://aka.ms/arm-functions for usage details.",
            self.name
        )))
    }
}

/// The evaluated arguments of one call.
pub(super) struct Args<'v> {
    pub(super) name: &'static str,
    pub(super) values: &'v [Value],
}

impl<'v> Args<'v> {
    pub(super) fn value(&self, index: usize) -> &'v Value {
        self.values.get(index).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, index: usize) -> Result<&'v str, Fault> {
        self.value(index)
            .as_str()
            .ok_or_else(|| self.expects(index, "String"))
    }

    pub(super) fn int(&self, index: usize) -> Result<i64, Fault> {
        self.value(index)
            .as_i64()
            .ok_or_else(|| self.expects(index, "Integer"))
    }

    pub(super) fn bool(&self, index: usize) -> Result<bool, Fault> {
        self.value(index)
            .as_bool()
            .ok_or_else(|| self.expects(index, "Boolean"))
    }

    pub(super) fn array(&self, index: usize) -> Result<&'v Vec<Value>, Fault> {
        self.value(index)
            .as_array()
            .ok_or_else(|| self.expects(index, "Array"))
    }

    pub(super) fn object(&self, index: usize) -> Result<&'v Map<String, Value>, Fault> {
        self.value(index)
            .as_object()
            .ok_or_else(|| self.expects(index, "Object"))
    }

    /// The wrong kind of argument; kinds and not values, for a value may be a secret.
    pub(super) fn expects(&self, index: usize, wanted: &str) -> Fault {
        Fault::invalid(format!(
            "The template language function '{}' expects its parameter at position '{}' to be of type '{wanted}'. The provided value is of type '{}'. Please see https://aka.ms/arm-functions for usage details.",
            self.name,
            index + 1,
            kind(self.value(index))
        ))
    }

    /// A call that is wrong for another reason.
    pub(super) fn wrong(&self, reason: impl std::fmt::Display) -> Fault {
        Fault::invalid(format!(
            "Unable to evaluate the template language function '{}'. {reason}",
            self.name
        ))
    }
}
