//! Token limits: T01 to T14.

use crate::base::Severity;
use crate::policy::lint::Rule;

pub(in crate::policy::lint) const TOKENS: &[Rule] = &[
    Rule {
        id: "T01",
        severity: Severity::Error,
        title: "a token limit needs tokens per minute, or a quota and its period",
        page: r#"API Management refuses a limit that limits nothing, a quota without a period, a period without a
quota, and numbers that are not whole or not above zero.

Wrong: `<llm-token-limit counter-key="k" token-quota="5000" />`

Right: `<llm-token-limit counter-key="k" token-quota="5000" token-quota-period="Daily"
estimate-prompt-tokens="true" />`"#,
    },
    Rule {
        id: "T02",
        severity: Severity::Error,
        title: "a limit needs a counter key",
        page: "`counter-key` says who shares a counter. `@(context.Subscription.Id)` counts each subscription
alone; a constant counts all callers together.",
    },
    Rule {
        id: "T03",
        severity: Severity::Warning,
        title: "the token limit does not say whether prompts are estimated",
        page: "The reference calls `estimate-prompt-tokens` required, though some of its own examples leave it
out. With `true` a prompt that does not fit is refused before it reaches the model; with `false`
it is counted when the answer is there. A value other than these two is an error.",
    },
    Rule {
        id: "T04",
        severity: Severity::Error,
        title: "the token limit has no such attribute",
        page: "Two misspellings are common: `estimate-prompt-token`, which the policy toolkit writes, and
`consumed-tokens-…`, the name before it was turned around. Right are `estimate-prompt-tokens`
and `tokens-consumed-…`.",
    },
    Rule {
        id: "T05",
        severity: Severity::Error,
        title: "the attribute of a token limit cannot be an expression",
        page: "`tokens-per-minute` and the names of headers and variables are fixed at deployment. A named
value such as `{{tpm}}` is put in as text and is fine; `@(…)` is refused.",
    },
    Rule {
        id: "T06",
        severity: Severity::Error,
        title: "the expression of `token-quota` must give a `long`",
        page: r#"API Management converts nothing here: `@(50000)` is an `int` and is refused, so is a `string`.

Right: `@(50000L)`, `@((long)context.Variables["quota"])`, `@(long.Parse(…))`."#,
    },
    Rule {
        id: "T07",
        severity: Severity::Error,
        title: "there is no such quota period",
        page: "`token-quota-period` is `Hourly`, `Daily`, `Weekly`, `Monthly` or `Yearly`, with the capital
letter. Other tools document `day` or `month`; those are refused.",
    },
    Rule {
        id: "T08",
        severity: Severity::Error,
        title: "header names of a token limit are not available here",
        page: "In a fragment, and in documents of global and product scope, the attributes that end in
`-header-name` are refused: the policy could run for a WebSocket API. Use the matching
`-variable-name` and a `set-header`. An error in a fragment, a warning at global and product
scope.",
    },
    Rule {
        id: "T09",
        severity: Severity::Warning,
        title: "one counter key has several limits",
        page: "A counter belongs to the text of its key, wherever that stands. Two limits with different tokens
per minute on one key behave unpredictably, and the same limit twice may charge a request twice.
Branches of one `choose` that exclude each other are fine. Files that are linted together are
compared when they are in one folder, or in a folder and its subfolders.",
    },
    Rule {
        id: "T10",
        severity: Severity::Warning,
        title: "the counter key reads a header that was replaced before",
        page: "`authentication-managed-identity` overwrites `Authorization` with the token of the gateway. A
limit after it that is keyed on the caller's token sees the same token for everybody, so all
callers share one counter. Put the limit first, or use `output-token-variable-name`.",
    },
    Rule {
        id: "T11",
        severity: Severity::Warning,
        title: "the header name belongs to the backend",
        page: "Azure OpenAI answers with `x-ratelimit-remaining-tokens`, `x-ratelimit-remaining-requests`,
`x-ratelimit-limit-…` and `retry-after-ms` for limits of its own. A policy header of that name
mixes two limits up.",
    },
    Rule {
        id: "T12",
        severity: Severity::Warning,
        title: "a request of the scenario can never fit",
        page: "The prompt, or `max_tokens`, is larger than the limit of a minute. With estimation such a prompt
is refused for ever; without, one answer leaves a debt that blocks everybody with that key for
minutes. Needs `--scenario FILE`.",
    },
    Rule {
        id: "T13",
        severity: Severity::Info,
        title: "without an estimate a limit overshoots",
        page: r#"With `estimate-prompt-tokens="false"` the cost of a request is known only after its answer, so
each request in flight when the limit is reached is served in full."#,
    },
    Rule {
        id: "T14",
        severity: Severity::Error,
        title: "the token limit is not available here",
        page: "Token limits do not exist on the Consumption tier. On classic tiers Anthropic messages are not
counted; that part is told only when the document itself names an Anthropic backend.",
    },
];
