//! Which column is which, whoever wrote the file.

/// What a trace may tell of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Time,
    Prompt,
    Completion,
    Subscription,
    Model,
    Stream,
    /// Number of a part of a long message: only one part of a request has its tokens.
    Part,
}

/// Names without their signs, in lower case; the first that a file has is taken. Those of our own
/// files, of Azure's published traces, and of the gateway's log of language models
/// (`ApiManagementGatewayLlmLog`, joined with `ApiManagementGatewayLogs` for the subscription).
const NAMES: [(Column, &[&str]); 7] = [
    (
        Column::Time,
        &["timestamp", "timegenerated", "timegeneratedutc", "time"],
    ),
    (
        Column::Prompt,
        &["prompttokens", "contexttokens", "inputtokens"],
    ),
    (
        Column::Completion,
        &["completiontokens", "generatedtokens", "outputtokens"],
    ),
    (
        Column::Subscription,
        &["subscription", "apimsubscriptionid", "subscriptionid"],
    ),
    (Column::Model, &["model", "deploymentname", "modelname"]),
    (
        Column::Stream,
        &["stream", "isstreamcompletion", "isstream"],
    ),
    (Column::Part, &["sequencenumber"]),
];

/// Where each column is; `None` for those that the file has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) time: Option<usize>,
    pub(super) prompt: Option<usize>,
    pub(super) completion: Option<usize>,
    pub(super) subscription: Option<usize>,
    pub(super) model: Option<usize>,
    pub(super) stream: Option<usize>,
    pub(super) part: Option<usize>,
}

impl Columns {
    pub(super) fn of<'a>(head: impl Iterator<Item = &'a str>) -> Columns {
        let head: Vec<String> = head.map(plain).collect();
        let mut columns = Columns::default();
        for (column, names) in NAMES {
            let find = |name: &&str| head.iter().position(|known| known == *name);
            let found = names.iter().find_map(find);
            let place = match column {
                Column::Time => &mut columns.time,
                Column::Prompt => &mut columns.prompt,
                Column::Completion => &mut columns.completion,
                Column::Subscription => &mut columns.subscription,
                Column::Model => &mut columns.model,
                Column::Stream => &mut columns.stream,
                Column::Part => &mut columns.part,
            };
            *place = found;
        }
        columns
    }

    /// What a trace cannot do without and has not: as a user would write the column.
    pub(super) fn missing(&self) -> Option<&'static str> {
        [
            (self.time, "timestamp"),
            (self.prompt, "prompt_tokens"),
            (self.completion, "completion_tokens"),
        ]
        .into_iter()
        .find_map(|(place, name)| place.is_none().then_some(name))
    }
}

/// `TimeGenerated [UTC]` and `time_generated` are one name. Azure's own columns begin with a line:
/// its `_SubscriptionId` is no APIM subscription.
fn plain(name: &str) -> String {
    if name.starts_with('_') {
        return String::new();
    }
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}
