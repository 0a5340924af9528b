//! Answers put together.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::answer::{AnswerError, Metrics, Point, Series};
use super::logs::Rows;
use super::model::{Amounts, Level, Missing, SubscriptionUsage, TokenSource, Usage, whole};
use super::question::{TOP, Topic};
use super::window::Window;

/// What every question came to.
pub(crate) type MetricsAnswers = Vec<(Topic, Result<Metrics, AnswerError>)>;
pub(crate) type LogAnswers = Vec<(Topic, Result<Rows, AnswerError>)>;

/// Adds up. A source without an answer is one sentence of `missing`, however often it was asked.
pub(crate) fn collect(
    name: String,
    window: Window,
    limit: Option<u64>,
    metrics: MetricsAnswers,
    logs: LogAnswers,
) -> Usage {
    let mut usage = Usage::empty(name, window, limit);
    let mut custom = BTreeMap::new();
    let mut logged = BTreeMap::new();
    let mut requests = BTreeMap::new();
    for (topic, answer) in metrics {
        match answer {
            Ok(answer) => {
                usage.answered += 1;
                usage.check(topic, &answer);
                usage.metrics(topic, &answer, &mut custom);
            }
            Err(error) => usage.missing(topic, &error.to_string()),
        }
    }
    for (topic, answer) in logs {
        match answer {
            Ok(rows) => {
                usage.answered += 1;
                if let Some(why) = &rows.partial {
                    usage.missing(topic, &format!("the answer is not complete: {why}"));
                }
                match topic {
                    Topic::LogRequests => requests = log_requests(&rows),
                    _ => log_tokens(&usage.window, &rows, &mut logged),
                }
            }
            Err(error) => usage.missing(topic, &error.to_string()),
        }
    }
    usage.subscriptions(custom, logged, &requests);
    usage
}

type BySubscription = BTreeMap<String, SubscriptionUsage>;

impl Usage {
    pub(super) fn empty(name: String, window: Window, limit: Option<u64>) -> Usage {
        let nothing = || vec![None; window.count()];
        Usage {
            name,
            window,
            limit,
            codes: BTreeMap::new(),
            reasons: BTreeMap::new(),
            apis: BTreeMap::new(),
            duration: nothing(),
            backend_duration: nothing(),
            cpu: nothing(),
            memory: nothing(),
            models: BTreeMap::new(),
            model_codes: BTreeMap::new(),
            first_token: None,
            tokens_per_second: None,
            subscriptions: Vec::new(),
            token_source: None,
            answered: 0,
            missing: Vec::new(),
        }
    }

    fn missing(&mut self, topic: Topic, why: &str) {
        let said = self
            .missing
            .iter()
            .any(|missing| missing.topic.source() == topic.source() && missing.why == why);
        if !said {
            let why = why.to_owned();
            self.missing.push(Missing { topic, why });
        }
    }

    /// What an answer does not say by itself: series that are cut off, intervals that were changed.
    fn check(&mut self, topic: Topic, answer: &Metrics) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for series in &answer.series {
            *counts.entry(&series.metric).or_default() += 1;
        }
        if counts.values().any(|count| *count >= TOP) {
            let why = format!("more than {TOP} series; the smallest are left out");
            self.missing(topic, &why);
        }
        match answer.interval {
            Some(interval) if interval != self.window.interval => {
                let why = format!(
                    "Azure answered in intervals of {} min instead of {} min",
                    interval / 60,
                    self.window.interval / 60
                );
                self.missing(topic, &why);
            }
            _ => {}
        }
    }

    fn metrics(&mut self, topic: Topic, answer: &Metrics, custom: &mut BySubscription) {
        for series in &answer.series {
            let dimension = |name: &str| series.dimensions.get(name).cloned().unwrap_or_default();
            match (topic, series.metric.as_str()) {
                (Topic::Codes, _) => {
                    let code = dimension("gatewayresponsecode").parse().unwrap_or(0);
                    let count = self.window.count();
                    let counts = self.codes.entry(code).or_insert_with(|| vec![0; count]);
                    by_interval(&self.window, series, counts);
                }
                (Topic::Reasons, _) => {
                    // Requests without an error have this one.
                    let reason = dimension("lasterrorreason");
                    if !reason.is_empty() && !reason.eq_ignore_ascii_case("none") {
                        *self.reasons.entry(reason).or_default() += total(series);
                    }
                }
                (Topic::Apis, _) => {
                    *self.apis.entry(dimension("apiid")).or_default() += total(series);
                }
                (Topic::Durations, "BackendDuration") => {
                    levels(&self.window, series, &mut self.backend_duration);
                }
                (Topic::Durations, _) => levels(&self.window, series, &mut self.duration),
                (Topic::Load, "CpuPercent_Gateway") => {
                    levels(&self.window, series, &mut self.cpu);
                }
                (Topic::Load, _) => levels(&self.window, series, &mut self.memory),
                (Topic::ModelTokens, metric) => {
                    let model = self
                        .models
                        .entry(dimension("modeldeploymentname"))
                        .or_default();
                    let tokens = total(series);
                    match metric {
                        "GeneratedTokens" => model.completion += tokens,
                        _ => model.prompt += tokens,
                    }
                }
                (Topic::ModelRequests, _) => {
                    let code = dimension("statuscode").parse().unwrap_or(0);
                    *self.model_codes.entry(code).or_default() += total(series);
                }
                (Topic::ModelTimes, "AzureOpenAITimeToResponse") => {
                    self.first_token = level(series);
                }
                (Topic::ModelTimes, _) => self.tokens_per_second = level(series),
                (Topic::CustomTokens, metric) => {
                    let id = dimension("subscription id");
                    let row = custom.entry(id).or_default();
                    custom_tokens(&self.window, metric, series, row);
                }
                (Topic::LogTokens | Topic::LogRequests, _) => {}
            }
        }
    }

    /// Logs know every call; where there are none, what the policy emitted is used.
    fn subscriptions(
        &mut self,
        custom: BySubscription,
        logged: BySubscription,
        requests: &BTreeMap<String, (u64, u64)>,
    ) {
        let (source, rows) = if logged.is_empty() {
            (TokenSource::CustomMetrics, custom)
        } else {
            (TokenSource::Logs, logged)
        };
        let mut rows: BySubscription = rows
            .into_iter()
            .filter(|(_, row)| row.total() > 0 || row.answers > 0)
            .collect();
        self.token_source = (!rows.is_empty()).then_some(source);
        for (id, counts) in requests {
            rows.entry(id.clone()).or_default().requests = Some(*counts);
        }
        let count = self.window.count();
        self.subscriptions = rows
            .into_iter()
            .map(|(id, mut row)| {
                row.tokens.resize(count, 0);
                row.id = if id.is_empty() { "none".to_owned() } else { id };
                row
            })
            .collect();
        self.subscriptions.sort_by_key(|row| Reverse(row.total()));
    }
}

fn total(series: &Series) -> u64 {
    series.points.iter().map(|point| whole(point.total)).sum()
}

fn by_interval(window: &Window, series: &Series, counts: &mut [u64]) {
    for point in &series.points {
        if let Some(count) = window
            .place(point.at)
            .and_then(|place| counts.get_mut(place))
        {
            *count += whole(point.total);
        }
    }
}

fn levels(window: &Window, series: &Series, levels: &mut [Option<Level>]) {
    for point in &series.points {
        let place = window.place(point.at);
        if let Some(level) = place.and_then(|place| levels.get_mut(place)) {
            *level = level_of(point).or(*level);
        }
    }
}

fn level_of(point: &Point) -> Option<Level> {
    let average = point.average?;
    Some(Level {
        average,
        maximum: point.maximum.unwrap_or(average),
    })
}

fn level(series: &Series) -> Option<Level> {
    let levels: Vec<_> = series.points.iter().map(level_of).collect();
    Usage::overall(&levels)
}

fn custom_tokens(window: &Window, metric: &str, series: &Series, row: &mut SubscriptionUsage) {
    let tokens = total(series);
    match metric {
        "Prompt Tokens" => row.amounts.prompt += tokens,
        "Completion Tokens" => row.amounts.completion += tokens,
        _ => {
            let answers = series.points.iter().map(|point| whole(point.count));
            row.answers += answers.sum::<u64>();
            row.tokens.resize(window.count(), 0);
            by_interval(window, series, &mut row.tokens);
        }
    }
}

fn log_tokens(window: &Window, rows: &Rows, found: &mut BySubscription) {
    for row in rows.iter() {
        let id = row.text("ApimSubscriptionId").unwrap_or_default();
        let known = found.entry(id.to_owned()).or_default();
        known.amounts = Amounts {
            prompt: known.amounts.prompt + row.count("Prompt"),
            completion: known.amounts.completion + row.count("Completion"),
        };
        known.answers += row.count("Requests");
        known.tokens.resize(window.count(), 0);
        // A bin that begins before the window is its first interval's.
        let at = row.time("TimeGenerated").map(|at| at.max(window.from));
        if let Some(place) = at.and_then(|at| window.place(at)) {
            known.tokens[place] += row.count("Total");
        }
    }
}

fn log_requests(rows: &Rows) -> BTreeMap<String, (u64, u64)> {
    let mut found: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for row in rows.iter() {
        let id = row.text("ApimSubscriptionId").unwrap_or_default();
        let counts = found.entry(id.to_owned()).or_default();
        counts.0 += row.count("Requests");
        counts.1 += row.count("Throttled");
    }
    found
}
