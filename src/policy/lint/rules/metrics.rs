//! Token metrics: M01 to M03.

use crate::base::Severity;
use crate::policy::lint::Rule;

pub(in crate::policy::lint) const METRICS: &[Rule] = &[
    Rule {
        id: "M01",
        severity: Severity::Error,
        title: "too many dimensions",
        page: "A metric takes at most 5 custom dimensions: Azure Monitor has room for 10, and API Management
uses the others itself.",
    },
    Rule {
        id: "M02",
        severity: Severity::Error,
        title: "the dimension needs a value",
        page: "Only the dimensions that the gateway knows go without `value`: `API ID`, `Operation ID`,
`Product ID`, `User ID`, `Subscription ID`, `Location`, `Gateway ID` and `Backend ID`.",
    },
    Rule {
        id: "M03",
        severity: Severity::Warning,
        title: "the dimension has too many values",
        page: "Every distinct combination of values is a time series, and Azure Monitor keeps 50,000 of them
per region and subscription in 12 hours. A request id, a time or a caller's address reaches that
quickly. Log such values instead.",
    },
];
