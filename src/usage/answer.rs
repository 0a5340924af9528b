//! Answers of the metrics API, and both shapes of its refusals.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use super::window::grain_seconds;

/// An answer, decoded.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Metrics {
    /// Seconds; absent when the answer is one value for the whole window.
    pub(super) interval: Option<u64>,
    pub(super) series: Vec<Series>,
}

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Series {
    pub(super) metric: String,
    /// By name in lower case: Azure does not keep the case.
    pub(super) dimensions: BTreeMap<String, String>,
    /// Intervals that have a value.
    pub(super) points: Vec<Point>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) at: Timestamp,
    pub(super) total: Option<f64>,
    pub(super) average: Option<f64>,
    pub(super) maximum: Option<f64>,
    pub(super) count: Option<f64>,
}

/// Why an answer has no data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("{code}: {message}")]
    Refused { code: String, message: String },
    /// Nobody answered.
    #[error("{0}")]
    Silent(String),
    #[error("the answer is not of the form that the API documents: {0}")]
    Shape(&'static str),
}

impl AnswerError {
    /// A refusal in either shape; `None` when the body is none.
    pub(crate) fn of(body: &Value) -> Option<AnswerError> {
        let error = if body["error"].is_object() {
            &body["error"]
        } else {
            body
        };
        let code = error["code"].as_str()?;
        // The reason of a log query is the innermost error.
        let mut inner = error;
        while inner["innererror"].is_object() {
            inner = &inner["innererror"];
        }
        let message = inner["message"].as_str().or(error["message"].as_str());
        Some(AnswerError::Refused {
            code: inner["code"].as_str().unwrap_or(code).to_owned(),
            message: message.unwrap_or("without a message").trim().to_owned(),
        })
    }
}

impl Metrics {
    /// # Errors
    ///
    /// When the body is a refusal, or no answer of this API.
    pub(crate) fn decode(body: &Value) -> Result<Metrics, AnswerError> {
        let Some(metrics) = body["value"].as_array() else {
            return Err(AnswerError::of(body).unwrap_or(AnswerError::Shape("no `value`")));
        };
        let mut series = Vec::new();
        for metric in metrics {
            let name = metric["name"]["value"].as_str();
            let name = name.ok_or(AnswerError::Shape("a metric without a name"))?;
            let refused = metric["errorCode"]
                .as_str()
                .filter(|code| *code != "Success");
            if let Some(code) = refused {
                return Err(AnswerError::Refused {
                    code: code.to_owned(),
                    message: metric["errorMessage"]
                        .as_str()
                        .unwrap_or("without a message")
                        .to_owned(),
                });
            }
            for line in metric["timeseries"].as_array().into_iter().flatten() {
                series.push(decode_series(name, line)?);
            }
        }
        Ok(Metrics {
            interval: body["interval"].as_str().and_then(grain_seconds),
            series,
        })
    }
}

fn decode_series(metric: &str, line: &Value) -> Result<Series, AnswerError> {
    let mut dimensions = BTreeMap::new();
    for pair in line["metadatavalues"].as_array().into_iter().flatten() {
        let name = pair["name"]["value"].as_str();
        let name = name.ok_or(AnswerError::Shape("a dimension without a name"))?;
        let value = pair["value"].as_str().unwrap_or_default();
        dimensions.insert(name.to_lowercase(), value.to_owned());
    }
    let mut points = Vec::new();
    for point in line["data"].as_array().into_iter().flatten() {
        let at = point["timeStamp"]
            .as_str()
            .and_then(|text| text.parse().ok());
        let at = at.ok_or(AnswerError::Shape("an interval without a time"))?;
        let value = |name: &str| point[name].as_f64();
        let point = Point {
            at,
            total: value("total"),
            average: value("average"),
            maximum: value("maximum"),
            count: value("count"),
        };
        // An interval without data has a time and nothing else: unknown, not zero.
        let known = [point.total, point.average, point.maximum, point.count];
        if known.iter().any(Option::is_some) {
            points.push(point);
        }
    }
    Ok(Series {
        metric: metric.to_owned(),
        dimensions,
        points,
    })
}
