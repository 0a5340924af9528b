use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;

use super::series::{Owner, Series};
use super::{BackendPart, Call, Emitted, ErrorPart, ModelPart, Store};

mod logs;
mod metrics;
mod now;

/// Noon of a day, plus seconds.
pub(super) fn at(second: u32) -> Timestamp {
    let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    noon + Duration::from_secs(second.into())
}

/// A call that passed and used 13 and 87 tokens.
pub(crate) fn call(second: u32) -> Call {
    Call {
        at: at(second),
        correlation: format!("00000000-0000-0000-0000-{second:012}"),
        service: "contoso".into(),
        region: "Sweden Central".to_owned(),
        host: "contoso.azure-api.net".to_owned(),
        method: "POST".to_owned(),
        api: "openai".to_owned(),
        operation: "chat-completions".to_owned(),
        product: None,
        subscription: Some("gold".to_owned()),
        caller: "127.0.0.1".to_owned(),
        status: 200,
        error: None,
        backend: Some(BackendPart {
            status: Some(200),
            took: Duration::from_millis(900),
        }),
        took: Duration::from_secs(1),
        model: Some(ModelPart {
            account: "contoso-openai".into(),
            deployment: "gpt-4o-mini".to_owned(),
            operation: "chat",
            stream: false,
            first_token: None,
            tokens: Some((13, 87)),
        }),
        metrics: [
            ("Prompt Tokens", 13.0),
            ("Completion Tokens", 87.0),
            ("Total Tokens", 100.0),
        ]
        .map(|(name, value)| Emitted {
            namespace: "llm".into(),
            name: Cow::Borrowed(name),
            dimensions: [("Subscription ID".to_owned(), "gold".to_owned())].into(),
            amount: value,
        })
        .into(),
    }
}

/// A call that a token limit refused.
pub(super) fn refused(second: u32, subscription: &str) -> Call {
    Call {
        subscription: Some(subscription.to_owned()),
        status: 429,
        error: Some(ErrorPart {
            source: "llm-token-limit".to_owned(),
            reason: "TokenLimitExceeded".to_owned(),
            message: "Token limit is exceeded. Try again in 5 seconds.".to_owned(),
            section: "inbound".to_owned(),
        }),
        backend: None,
        took: Duration::from_millis(2),
        model: None,
        metrics: Vec::new(),
        ..call(second)
    }
}

pub(super) fn series(dimensions: &[(&str, &str)]) -> Series {
    let pairs = dimensions.iter();
    Series {
        owner: Owner::Service("contoso".into()),
        namespace: "n".into(),
        metric: Cow::Borrowed("m"),
        dimensions: pairs
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

/// Two minutes with calls, one without, and one more with a stream.
pub(crate) fn store() -> Store {
    let mut store = Store::default();
    store.add(call(5));
    store.add(call(20));
    store.add(refused(30, "gold"));
    store.add(refused(70, "silver"));
    let mut stream = call(190);
    stream.subscription = Some("silver".to_owned());
    stream.took = Duration::from_millis(3_200);
    if let (Some(model), Some(backend)) = (&mut stream.model, &mut stream.backend) {
        model.stream = true;
        model.first_token = Some(Duration::from_millis(400));
        model.tokens = Some((20, 201));
        backend.took = Duration::from_secs(3);
    }
    for metric in &mut stream.metrics {
        metric.dimensions = [("Subscription ID".to_owned(), "silver".to_owned())].into();
    }
    store.add(stream);
    store
}
