/// One family of series.
#[derive(Debug)]
pub(crate) struct Family {
    /// In Prometheus' spelling.
    pub(crate) name: &'static str,
    pub(crate) help: &'static str,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Counter,
    Gauge,
    Histogram(Buckets),
}

/// Upper bounds of a histogram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Buckets {
    /// 1, 4, 16 … 67,108,864, as the convention has them.
    Tokens,
    /// 0.01, 0.02, 0.04 … 81.92 seconds, as the convention has them.
    Seconds,
    /// Around zero: how far an estimate is off, as a share of what was reported.
    Error,
}

/// `gen_ai.client.token.usage`
pub(crate) const TOKEN_USAGE: Family = Family {
    name: "gen_ai_client_token_usage",
    help: "Tokens of answers, input and output",
    kind: Kind::Histogram(Buckets::Tokens),
};

/// `gen_ai.server.request.duration`
pub(crate) const REQUEST_DURATION: Family = Family {
    name: "gen_ai_server_request_duration_seconds",
    help: "From the request until the last byte of its answer is known",
    kind: Kind::Histogram(Buckets::Seconds),
};

/// `gen_ai.server.time_to_first_token`
pub(crate) const TIME_TO_FIRST_TOKEN: Family = Family {
    name: "gen_ai_server_time_to_first_token_seconds",
    help: "From the request until the first content of a stream",
    kind: Kind::Histogram(Buckets::Seconds),
};

/// `gen_ai.server.time_per_output_token`
pub(crate) const TIME_PER_OUTPUT_TOKEN: Family = Family {
    name: "gen_ai_server_time_per_output_token_seconds",
    help: "From the first content of a stream until its end, by token after the first",
    kind: Kind::Histogram(Buckets::Seconds),
};

pub(crate) const REQUESTS: Family = Family {
    name: "apim_gateway_requests_total",
    help: "Answers of the gateway by API, subscription and status",
    kind: Kind::Counter,
};

pub(crate) const DECISIONS: Family = Family {
    name: "apim_token_limit_decisions_total",
    help: "Requests that a token limit judged: allowed, throttled (429) or quota (403)",
    kind: Kind::Counter,
};

pub(crate) const REMAINING: Family = Family {
    name: "apim_token_limit_remaining_tokens",
    help: "Tokens left now, by counter key",
    kind: Kind::Gauge,
};

pub(crate) const OVERSHOOT: Family = Family {
    name: "apim_token_limit_overshoot_tokens_total",
    help: "Tokens charged beyond the limit, by counter key",
    kind: Kind::Counter,
};

pub(crate) const ESTIMATE_ERROR: Family = Family {
    name: "apim_prompt_estimate_error_ratio",
    help: "Estimated minus reported prompt tokens over reported ones",
    kind: Kind::Histogram(Buckets::Error),
};

/// `gen_ai.client.operation.duration`
pub(crate) const CLIENT_DURATION: Family = Family {
    name: "gen_ai_client_operation_duration_seconds",
    help: "From when a request was due until its answer was whole, passed requests",
    kind: Kind::Histogram(Buckets::Seconds),
};

/// `gen_ai.client.operation.time_to_first_chunk`
pub(crate) const CLIENT_FIRST_CHUNK: Family = Family {
    name: "gen_ai_client_operation_time_to_first_chunk_seconds",
    help: "From when a request was due until the first content of its stream, passed requests",
    kind: Kind::Histogram(Buckets::Seconds),
};

/// `gen_ai.client.operation.time_per_output_chunk`
pub(crate) const CLIENT_OUTPUT_CHUNK: Family = Family {
    name: "gen_ai_client_operation_time_per_output_chunk_seconds",
    help: "From one content event of a stream to the next",
    kind: Kind::Histogram(Buckets::Seconds),
};

pub(crate) const LOAD_REQUESTS: Family = Family {
    name: "apimon_load_requests_total",
    help: "Requests of the load test by subscription and outcome",
    kind: Kind::Counter,
};

pub(crate) const LOAD_TOKENS: Family = Family {
    name: "apimon_load_tokens_total",
    help: "Tokens of passed requests by subscription and direction",
    kind: Kind::Counter,
};

pub(crate) const LOAD_LATENESS: Family = Family {
    name: "apimon_load_lateness_seconds",
    help: "From when a request was due until the load test began with it",
    kind: Kind::Histogram(Buckets::Seconds),
};

/// In the order in which they are written.
pub(super) const ALL: [&Family; 15] = [
    &REQUESTS,
    &DECISIONS,
    &REMAINING,
    &OVERSHOOT,
    &ESTIMATE_ERROR,
    &TOKEN_USAGE,
    &REQUEST_DURATION,
    &TIME_TO_FIRST_TOKEN,
    &TIME_PER_OUTPUT_TOKEN,
    &CLIENT_DURATION,
    &CLIENT_FIRST_CHUNK,
    &CLIENT_OUTPUT_CHUNK,
    &LOAD_REQUESTS,
    &LOAD_TOKENS,
    &LOAD_LATENESS,
];

impl Buckets {
    /// Upper bounds without the last one, which is infinite.
    pub(crate) fn bounds(self) -> Vec<f64> {
        match self {
            Buckets::Tokens => (0..14).map(|power| 4_f64.powi(power)).collect(),
            Buckets::Seconds => (0..14).map(|power| 0.01 * 2_f64.powi(power)).collect(),
            Buckets::Error => vec![
                -0.5, -0.2, -0.1, -0.05, -0.01, 0.0, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0,
            ],
        }
    }
}
