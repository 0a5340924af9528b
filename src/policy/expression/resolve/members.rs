//! The members of `context`, as policy expressions document them.

/// What a part of `context` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Context,
    Api,
    Operation,
    Product,
    User,
    Subscription,
    Deployment,
    Gateway,
    Request,
    Response,
    LastError,
    /// Names to lists of texts: headers and query parameters.
    Fields,
    MatchedParameters,
    Variables,
    Url,
    Body,
}

/// What reading a member gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Member {
    Place(Kind),
    Text,
    Int,
    Bool,
    /// A value of another kind.
    Other,
}

const TEXT: Member = Member::Text;

/// `None`: no such member. Members that Azure has and this gateway does not know are here too;
/// reading one is a fault when it happens.
pub(super) fn member(kind: Kind, name: &str) -> Option<Member> {
    members(kind)
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, member)| *member)
}

/// All member names, for hints.
pub(super) fn names(kind: Kind) -> impl Iterator<Item = &'static str> {
    members(kind).iter().map(|(name, _)| *name)
}

/// What messages call it.
pub(super) fn title(kind: Kind) -> String {
    match kind {
        Kind::Context => "`context`".to_owned(),
        Kind::Gateway => "`context.Deployment.Gateway`".to_owned(),
        Kind::Url => "a URL of `context`".to_owned(),
        Kind::Body => "a body".to_owned(),
        Kind::Response => "a response".to_owned(),
        Kind::Fields | Kind::MatchedParameters | Kind::Variables => {
            "a dictionary of `context`".to_owned()
        }
        kind => format!("`context.{kind:?}`"),
    }
}

/// True for kinds whose members are listed completely.
pub(super) fn closed(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Fields | Kind::MatchedParameters | Kind::Variables
    )
}

fn members(kind: Kind) -> &'static [(&'static str, Member)] {
    match kind {
        Kind::Context => &[
            ("Api", Member::Place(Kind::Api)),
            ("Backend", Member::Other),
            ("Deployment", Member::Place(Kind::Deployment)),
            ("Elapsed", Member::Other),
            ("GraphQL", Member::Other),
            ("LastError", Member::Place(Kind::LastError)),
            ("Operation", Member::Place(Kind::Operation)),
            ("Product", Member::Place(Kind::Product)),
            ("Request", Member::Place(Kind::Request)),
            ("RequestId", Member::Other),
            ("Response", Member::Place(Kind::Response)),
            ("Subscription", Member::Place(Kind::Subscription)),
            ("Timestamp", Member::Other),
            ("Tracing", Member::Bool),
            ("User", Member::Place(Kind::User)),
            ("Variables", Member::Place(Kind::Variables)),
            ("Workspace", Member::Other),
        ],
        Kind::Request => &[
            ("Body", Member::Place(Kind::Body)),
            ("Certificate", Member::Other),
            ("Foundry", Member::Other),
            ("Headers", Member::Place(Kind::Fields)),
            ("IpAddress", TEXT),
            ("MatchedParameters", Member::Place(Kind::MatchedParameters)),
            ("Method", TEXT),
            ("OriginalUrl", Member::Place(Kind::Url)),
            ("PrivateEndpointConnection", Member::Other),
            ("Url", Member::Place(Kind::Url)),
        ],
        Kind::Response => &[
            ("Body", Member::Place(Kind::Body)),
            ("Headers", Member::Place(Kind::Fields)),
            ("StatusCode", Member::Int),
            ("StatusReason", TEXT),
        ],
        Kind::LastError => &[
            ("Source", TEXT),
            ("Reason", TEXT),
            ("Message", TEXT),
            ("Scope", TEXT),
            ("Section", TEXT),
            ("Path", TEXT),
            ("PolicyId", TEXT),
        ],
        Kind::Url => &[
            ("Host", TEXT),
            ("Path", TEXT),
            ("Port", Member::Other),
            ("Query", Member::Place(Kind::Fields)),
            ("QueryString", TEXT),
            ("Scheme", TEXT),
        ],
        Kind::Body | Kind::Fields | Kind::MatchedParameters | Kind::Variables => &[],
        entity => entity_members(entity),
    }
}

fn entity_members(kind: Kind) -> &'static [(&'static str, Member)] {
    match kind {
        Kind::Api => &[
            ("Id", TEXT),
            ("IsCurrentRevision", Member::Bool),
            ("Name", TEXT),
            ("Path", TEXT),
            ("Protocols", Member::Other),
            ("Revision", TEXT),
            ("ServiceUrl", Member::Place(Kind::Url)),
            ("SubscriptionKeyParameterNames", Member::Other),
            ("Version", TEXT),
            ("Workspace", Member::Other),
        ],
        Kind::Operation => &[
            ("Id", TEXT),
            ("Method", TEXT),
            ("Name", TEXT),
            ("UrlTemplate", TEXT),
        ],
        Kind::Product => &[
            ("Apis", Member::Other),
            ("ApprovalRequired", Member::Bool),
            ("Groups", Member::Other),
            ("Id", TEXT),
            ("Name", TEXT),
            ("State", Member::Other),
            ("SubscriptionLimit", Member::Other),
            ("SubscriptionRequired", Member::Bool),
            ("SubscriptionsLimit", Member::Other),
            ("Workspace", Member::Other),
        ],
        Kind::User => &[
            ("Email", TEXT),
            ("FirstName", TEXT),
            ("Groups", Member::Other),
            ("Id", TEXT),
            ("Identities", Member::Other),
            ("LastName", TEXT),
            ("Note", TEXT),
            ("RegistrationDate", Member::Other),
        ],
        Kind::Subscription => &[
            ("CreatedDate", Member::Other),
            ("EndDate", Member::Other),
            ("Id", TEXT),
            ("Key", TEXT),
            ("Name", TEXT),
            ("PrimaryKey", TEXT),
            ("SecondaryKey", TEXT),
            ("StartDate", Member::Other),
        ],
        Kind::Deployment => &[
            ("Certificates", Member::Other),
            ("Gateway", Member::Place(Kind::Gateway)),
            ("GatewayId", TEXT),
            ("Region", TEXT),
            ("ServiceId", TEXT),
            ("ServiceName", TEXT),
        ],
        Kind::Gateway => &[
            ("Id", TEXT),
            ("InstanceId", TEXT),
            ("IsManaged", Member::Bool),
        ],
        _ => &[],
    }
}
