//! Reading a file, and what the local gateway does with it: P01, L01 to L03.

use crate::base::Severity;
use crate::policy::lint::Rule;

pub(in crate::policy::lint) const READING: &[Rule] = &[
    Rule {
        id: "P01",
        severity: Severity::Error,
        title: "the file cannot be read",
        page: "A tag, quote or comment is not closed, or something stands where it cannot. The reader is as
lenient as the portal: raw C# in attributes and text is fine.",
    },
    Rule {
        id: "L01",
        severity: Severity::Info,
        title: "not executed by the local gateway",
        page: "API Management knows this element; `simulate`, `emulate` and `loadtest` on
the local target stop at it with an error instead of skipping it. Nothing is wrong with the
policy. What expressions need is told by X10.",
    },
    Rule {
        id: "L02",
        severity: Severity::Info,
        title: "the named value has no value here",
        page: "`{{name}}` stays as it stands, so what depends on its text is not checked. Give values with
`--set name=value` or `--named-values FILE`.",
    },
    Rule {
        id: "L03",
        severity: Severity::Warning,
        title: "the fragment is not in the folder",
        page: "`--fragments` names a folder with one `<id>.xml` for each fragment, and this id is not among
them.",
    },
];
