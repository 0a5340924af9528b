//! C# expressions: X01 to X10.

use crate::base::Severity;
use crate::policy::lint::Rule;

pub(in crate::policy::lint) const EXPRESSIONS: &[Rule] = &[
    Rule {
        id: "X01",
        severity: Severity::Error,
        title: "the expression is not C#",
        page: "API Management compiles every expression when a policy is deployed. The place is where reading
stopped; often a quote or a bracket before it is missing.",
    },
    Rule {
        id: "X02",
        severity: Severity::Error,
        title: "not every path returns a value",
        page: "`@{ … }` is the body of a method: each way through it ends in `return …;` or `throw`.",
    },
    Rule {
        id: "X03",
        severity: Severity::Error,
        title: "there is no such name",
        page: "Policy expressions see a list of .NET types, the members of `context` and their own variables;
everything else is refused at deployment.",
    },
    Rule {
        id: "X04",
        severity: Severity::Warning,
        title: "a variable may not be set",
        page: r#"`context.Variables["x"]` throws when no element set `x`, and the caller gets status 500. In
`on-error` nothing is certain: the error may have come first. Ask with `GetValueOrDefault` or
`ContainsKey`. Told only for variables that this document sets somewhere."#,
    },
    Rule {
        id: "X05",
        severity: Severity::Warning,
        title: "the body is used up",
        page: "`Body.As<T>()` without `preserveContent: true` leaves an empty body for the next reader, the
backend or the caller. Reading inside the `set-body` that replaces it is fine.",
    },
    Rule {
        id: "X06",
        severity: Severity::Warning,
        title: "reading the answer stops it from streaming",
        page: "The gateway holds a streamed answer back until it is complete when `context.Response.Body` is
read, and server-sent events are no JSON, so parsing fails. Check the `Content-Type` first.",
    },
    Rule {
        id: "X07",
        severity: Severity::Warning,
        title: "part of `context` can be null",
        page: "`context.User` and `context.Product` are null for keys that do not belong to one;
`context.Subscription` is null where a request without a key gets: in `on-error` and in APIs
that need no subscription. Use `?.`, or compare with null.",
    },
    Rule {
        id: "X08",
        severity: Severity::Error,
        title: "a request without a body has none to read",
        page: "`context.Request.Body` is null for GET and HEAD. Told where a condition around, or `--method`,
says that the method is one of them.",
    },
    Rule {
        id: "X09",
        severity: Severity::Warning,
        title: "a named value stands inside a string literal",
        page: "`{{name}}` is replaced as text before C# is read. A quote, a backslash or a line break in its
value ends or changes the string. Told when the value is not known here, or known to break it.",
    },
    Rule {
        id: "X10",
        severity: Severity::Info,
        title: "the local gateway does not execute this C#",
        page: "API Management runs it: nothing is wrong with the policy. Encryption, certificates, XML readers,
tuples, query expressions and local functions are outside of what the local gateway and
`test-policy` execute; a request that reaches the expression fails there with these words.",
    },
];
