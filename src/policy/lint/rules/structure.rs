//! Elements, sections and files: S01 to S08.

use crate::base::Severity;
use crate::policy::lint::Rule;

pub(in crate::policy::lint) const STRUCTURE: &[Rule] = &[
    Rule {
        id: "S01",
        severity: Severity::Error,
        title: "the element or attribute cannot stand here",
        page: "The element is not known, or its reference page lists neither this section, this scope nor this
gateway; or an attribute or child is unknown or missing. `--scope` and `--tier` say what the
document is for.",
    },
    Rule {
        id: "S02",
        severity: Severity::Warning,
        title: "the section has no `<base />`",
        page: "Without `<base />` the same section of all broader scopes does not run, and nothing tells. A
backend section that forwards or answers by itself is fine, and so is the global document, which
has nothing above it.",
    },
    Rule {
        id: "S03",
        severity: Severity::Error,
        title: "this cannot stand in a fragment",
        page: "A fragment holds policy elements only: no section, no `<base />`, no other fragment.",
    },
    Rule {
        id: "S04",
        severity: Severity::Warning,
        title: "no request reaches the backend",
        page: "The backend section has neither `<base />` nor `forward-request`, so the request goes straight
to `outbound` with an empty answer.",
    },
    Rule {
        id: "S05",
        severity: Severity::Error,
        title: "too long to deploy",
        page: "A policy document has at most 512 KiB (16 on Consumption; 256 KiB until 2025, which is an info),
a fragment 512 KiB, a named value 4,096 characters.",
    },
    Rule {
        id: "S06",
        severity: Severity::Error,
        title: "not well-formed XML",
        page: "With the format `xml` the file must be well-formed XML: quotes, `<` and `&` inside expressions
are written as entities. With `rawxml` they stand as they are; there this rule is an info that
shows what makes the file need `rawxml`.",
    },
    Rule {
        id: "S07",
        severity: Severity::Warning,
        title: "`cors` does not work as it stands",
        page: "`cors` answers preflight requests, so it belongs before everything else in `inbound`, and once.
`allow-credentials` with the origin `*` is refused by browsers.",
    },
    Rule {
        id: "S08",
        severity: Severity::Error,
        title: "attributes contradict each other or are out of range",
        page: "`partition-id` excludes `partition-key`, `timeout` excludes `timeout-ms`, `base-url` excludes
`backend-id`. `retry` counts from 1 to 50, `rate-limit` periods last at most 300 seconds, quota
periods at least 300 or 0 for ever.",
    },
];
