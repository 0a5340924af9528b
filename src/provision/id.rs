/// A resource id, read for people: types and names without subscription and group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id<'a>(pub(crate) &'a str);

/// What stands for a name that is an expression as long as nothing is deployed.
const OPEN: &str = "(not known yet)";

impl<'a> Id<'a> {
    /// The text behind the last `/providers/`, else the whole id, up to where an expression begins.
    fn tail(self) -> &'a str {
        let known = self.0.split("/[").next().unwrap_or(self.0);
        let folded = known.to_ascii_lowercase();
        folded
            .rfind("/providers/")
            .map_or(known, |at| &known[at + "/providers/".len()..])
    }

    /// `Microsoft.ApiManagement/service/apis`
    pub(crate) fn kind(self) -> String {
        if !self.0.to_ascii_lowercase().contains("/providers/") {
            let group = self.0.to_ascii_lowercase().contains("/resourcegroups/");
            let kind = if group {
                "resourceGroups"
            } else {
                "subscriptions"
            };
            return format!("Microsoft.Resources/{kind}");
        }
        let mut parts = self.tail().split('/');
        let space = parts.next().unwrap_or_default();
        parts.step_by(2).fold(space.to_owned(), |mut kind, part| {
            kind.push('/');
            kind.push_str(part);
            kind
        })
    }

    /// `service/api`, the names of the kind's parts.
    pub(crate) fn name(self) -> String {
        if !self.0.to_ascii_lowercase().contains("/providers/") {
            return self.0.rsplit('/').next().unwrap_or_default().to_owned();
        }
        let open = self.0.contains("/[").then_some(OPEN);
        let names = self.tail().split('/').skip(2).step_by(2).chain(open);
        names.collect::<Vec<_>>().join("/")
    }

    /// Kind and name in one: ``Microsoft.ApiManagement/service `x` ``.
    pub(crate) fn shown(self) -> String {
        format!("{} `{}`", self.kind(), self.name())
    }

    /// The part of the id behind that of a resource around it, when it is one.
    pub(crate) fn within(self, outer: Id<'_>) -> Option<&'a str> {
        let head = self.0.get(..outer.0.len())?;
        let rest = &self.0[outer.0.len()..];
        (head.eq_ignore_ascii_case(outer.0) && rest.starts_with('/')).then_some(rest)
    }

    pub(crate) fn group(self) -> Option<&'a str> {
        let mut parts = self.0.split('/');
        parts.find(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
        parts.next()
    }

    pub(crate) fn is(self, kind: &str) -> bool {
        self.kind().eq_ignore_ascii_case(kind)
    }
}
