//! `metrics` and `metrics:getBatch`: values of series in intervals.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::definitions::{Definition, known, name};
use super::filter::Filter;
use super::reply::Reply;
use super::resource::Resource;
use super::series::Cell;
use super::store::Store;
use super::time::{GRAINS, moment, timespan, unescape, zulu};

/// Series of an answer when nobody says how many.
const TOP: usize = 10;
/// Longest answer of one series; an interval that gives more is refused or adjusted.
const MOST_POINTS: u64 = 1_440;
/// Metrics of one call.
const MOST_METRICS: usize = 20;

/// What is asked of one resource.
#[derive(Debug)]
struct Question<'p> {
    namespace: Option<&'p str>,
    names: Option<&'p str>,
    from: Timestamp,
    to: Timestamp,
    /// Name and seconds.
    interval: (&'static str, u64),
    aggregations: Option<Vec<Aggregation>>,
    filter: Filter,
    top: usize,
    order: Option<(Aggregation, bool)>,
    rolled: Vec<String>,
    metadata_only: bool,
    validate: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aggregation {
    Total,
    Average,
    Minimum,
    Maximum,
    Count,
}

/// `GET …/providers/Microsoft.Insights/metrics`; `parameters` are decoded once.
pub(crate) fn list(
    store: &Store,
    resource: &Resource,
    parameters: &[(String, String)],
    now: Timestamp,
) -> Reply {
    let answer = Question::read(parameters, now).and_then(|question| {
        let value = question.of(store, resource)?;
        Ok(json!({
            "cost": question.cost(value.len()),
            "timespan": format!("{}/{}", zulu(question.from), zulu(question.to)),
            "interval": question.interval.0,
            "namespace": question.namespace.unwrap_or(resource.namespace()),
            "resourceregion": resource.region,
            "value": value,
        }))
    });
    answer.map_or_else(Reply::flat, Reply::ok)
}

/// `POST …/metrics:getBatch`: the same of several resources; what is none of `resources` has none.
pub(crate) fn batch(
    store: &Store,
    resources: &[Resource],
    parameters: &[(String, String)],
    body: &Value,
    now: Timestamp,
) -> Reply {
    let Some(ids) = body["resourceids"].as_array().filter(|ids| !ids.is_empty()) else {
        return Reply::nested("BadRequest", "The body has no `resourceids`");
    };
    let answer = Question::read(parameters, now).and_then(|question| {
        let mut values = Vec::new();
        for id in ids {
            let id = id.as_str().unwrap_or_default();
            let resource = resources
                .iter()
                .find(|resource| resource.id.eq_ignore_ascii_case(id))
                .ok_or_else(|| format!("Resource not found: {id}"))?;
            values.push(json!({
                "starttime": zulu(question.from),
                "endtime": zulu(question.to),
                "interval": question.interval.0,
                "namespace": question.namespace.unwrap_or(resource.namespace()),
                "resourceregion": resource.region,
                "resourceid": resource.id,
                "value": question.of(store, resource)?,
            }));
        }
        Ok(json!({ "values": values }))
    });
    answer.map_or_else(|problem| Reply::nested("BadRequest", problem), Reply::ok)
}

/// A parameter by its name, which is compared without case; an empty one counts as absent.
pub(super) fn parameter<'p>(parameters: &'p [(String, String)], name: &str) -> Option<&'p str> {
    let mut named = parameters
        .iter()
        .filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let value = named.next().map(|(_, value)| value.trim());
    value.filter(|value| !value.is_empty())
}

impl<'p> Question<'p> {
    fn read(parameters: &'p [(String, String)], now: Timestamp) -> Result<Question<'p>, String> {
        let of = |name| parameter(parameters, name);
        let (from, to) = span(parameters, now)?;
        let yes = |name, default: bool| {
            of(name).map_or(default, |value| value.eq_ignore_ascii_case("true"))
        };
        let aggregations = of("aggregation").map(|text| {
            let names = text.split(',').map(|name| Aggregation::named(name.trim()));
            names.collect::<Result<Vec<_>, _>>()
        });
        let order = of("orderby").map(|text| {
            let (name, direction) = text.split_once(' ').unwrap_or((text, "asc"));
            let descending = direction.trim().eq_ignore_ascii_case("desc");
            Aggregation::named(name).map(|aggregation| (aggregation, descending))
        });
        let top = of("top").map(|text| {
            let top = text.parse().ok().filter(|top: &usize| *top > 0);
            top.ok_or_else(|| format!("Invalid top: {text}"))
        });
        let filter = of("$filter").or(of("filter"));
        Ok(Question {
            namespace: of("metricnamespace"),
            names: of("metricnames"),
            from,
            to,
            interval: interval(of("interval"), yes("AutoAdjustTimegrain", false), from, to)?,
            aggregations: aggregations.transpose()?,
            filter: filter.map_or(Ok(Filter::default()), Filter::parse)?,
            top: top.transpose()?.unwrap_or(TOP),
            order: order.transpose()?,
            rolled: of("rollupby")
                .map(|text| {
                    text.split(',')
                        .map(|name| name.trim().to_lowercase())
                        .collect()
                })
                .unwrap_or_default(),
            metadata_only: of("resultType")
                .is_some_and(|kind| kind.eq_ignore_ascii_case("metadata")),
            validate: yes("ValidateDimensions", true),
        })
    }

    /// The metrics that are asked for, the first one of the namespace when none is named.
    fn of(&self, store: &Store, resource: &Resource) -> Result<Vec<Value>, String> {
        let namespace = self.namespace.unwrap_or(resource.namespace());
        let known = known(store, resource, namespace);
        let Some(names) = self.names else {
            let first = known.first().into_iter();
            return first
                .map(|metric| self.metric(store, resource, namespace, metric))
                .collect();
        };
        let names = unescape(names);
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        if names.len() > MOST_METRICS {
            return Err(format!(
                "At most {MOST_METRICS} metrics may be requested in one call"
            ));
        }
        let metrics = names.into_iter().map(|name| {
            let metric = known
                .iter()
                .find(|metric| metric.name.eq_ignore_ascii_case(name))
                .ok_or_else(|| missing(resource, namespace, name, &known))?;
            self.metric(store, resource, namespace, metric)
        });
        metrics.collect()
    }

    fn metric(
        &self,
        store: &Store,
        resource: &Resource,
        namespace: &str,
        metric: &Definition,
    ) -> Result<Value, String> {
        self.check_dimensions(metric)?;
        let timeseries = self.timeseries(store, resource, namespace, metric);
        Ok(json!({
            "id": format!("{}/providers/Microsoft.Insights/metrics/{}", resource.id, metric.name),
            "type": "Microsoft.Insights/metrics",
            "name": name(&metric.name),
            "displayDescription": metric.description,
            "unit": metric.unit,
            "timeseries": timeseries,
            "errorCode": "Success",
        }))
    }

    fn check_dimensions(&self, metric: &Definition) -> Result<(), String> {
        let known = |name: &str| {
            let mut dimensions = metric.dimensions.iter();
            dimensions.any(|dimension| dimension.eq_ignore_ascii_case(name))
        };
        let clauses = &self.filter.clauses;
        match clauses.iter().find(|clause| !known(&clause.dimension)) {
            Some(clause) if self.validate => Err(format!(
                "Metric: {} does not support requested dimension combination: {}, supported ones are: {}",
                metric.name,
                clause.dimension,
                metric.dimensions.join(",")
            )),
            _ => Ok(()),
        }
    }

    fn timeseries(
        &self,
        store: &Store,
        resource: &Resource,
        namespace: &str,
        metric: &Definition,
    ) -> Vec<Value> {
        let mut found: BTreeMap<Vec<(String, String)>, Line> = BTreeMap::new();
        for (start, series, cell) in store.cells(self.from, self.to) {
            let asked = series.metric.eq_ignore_ascii_case(&metric.name)
                && series.namespace.eq_ignore_ascii_case(namespace);
            if !asked || !resource.owns(series) {
                continue;
            }
            if let Some(mut values) = self.filter.split(&resource.seen(series)) {
                values.retain(|(name, _)| !self.rolled.contains(name));
                let bucket = self.bucket(start);
                found.entry(values).or_default().add(bucket, cell);
            }
        }
        if found.is_empty() && self.filter.clauses.is_empty() {
            // A metric without data has one series of empty intervals.
            found.insert(Vec::new(), Line::default());
        }
        let mut lines: Vec<_> = found.into_iter().collect();
        self.sort(&mut lines, metric);
        if self.filter.is_open() {
            lines.truncate(self.top);
        }
        lines
            .iter()
            .map(|(values, line)| self.write(values, line, metric))
            .collect()
    }

    fn sort(&self, lines: &mut [(Vec<(String, String)>, Line)], metric: &Definition) {
        let first = self.asked(metric).first().copied();
        let (aggregation, descending) = self
            .order
            .unwrap_or((first.unwrap_or(Aggregation::Total), true));
        let value = |line: &Line| {
            let whole = line.whole.as_ref();
            whole.map_or(0.0, |cell| aggregation.of(cell))
        };
        lines.sort_by(|(_, a), (_, b)| {
            let order = value(a).total_cmp(&value(b));
            if descending { order.reverse() } else { order }
        });
    }

    fn asked(&self, metric: &Definition) -> Vec<Aggregation> {
        let default = || {
            let named = Aggregation::named(metric.aggregation());
            named.into_iter().collect()
        };
        self.aggregations.clone().unwrap_or_else(default)
    }

    /// Number of the interval that a moment lies in. Intervals are counted from the beginning of
    /// what was asked for, as Azure does.
    fn bucket(&self, start: Timestamp) -> u64 {
        let since = start.as_second() - self.from.as_second();
        u64::try_from(since).unwrap_or(0) / self.interval.1
    }

    fn write(&self, values: &[(String, String)], line: &Line, metric: &Definition) -> Value {
        let metadata = values
            .iter()
            .map(|(dimension, value)| json!({ "name": name(dimension), "value": value }));
        let metadata: Vec<Value> = metadata.collect();
        if self.metadata_only {
            return json!({ "metadatavalues": metadata });
        }
        let asked = self.asked(metric);
        let data = (0..self.points()).map(|bucket| {
            let seconds = i64::try_from(bucket * self.interval.1).unwrap_or(i64::MAX);
            let start = self.from.as_second().saturating_add(seconds);
            let start = Timestamp::from_second(start).unwrap_or(self.from);
            let mut point = Map::new();
            point.insert("timeStamp".to_owned(), zulu(start).into());
            // Without data an interval has nothing but its time.
            for aggregation in line.buckets.get(&bucket).iter().flat_map(|_| &asked) {
                let value = aggregation.of(&line.buckets[&bucket]);
                point.insert(aggregation.word().to_owned(), value.into());
            }
            Value::Object(point)
        });
        json!({ "metadatavalues": metadata, "data": data.collect::<Vec<_>>() })
    }

    fn points(&self) -> u64 {
        points(self.from, self.to, self.interval.1)
    }

    fn cost(&self, metrics: usize) -> u64 {
        (self.points() * metrics as u64).saturating_sub(1)
    }
}

/// The values of one series.
#[derive(Debug, Default)]
struct Line {
    buckets: BTreeMap<u64, Cell>,
    whole: Option<Cell>,
}

impl Line {
    fn add(&mut self, bucket: u64, cell: &Cell) {
        let join = |known: &mut Cell| known.join(cell);
        self.buckets.entry(bucket).and_modify(join).or_insert(*cell);
        match &mut self.whole {
            Some(whole) => whole.join(cell),
            whole => *whole = Some(*cell),
        }
    }
}

impl Aggregation {
    fn named(name: &str) -> Result<Aggregation, String> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "total" => Aggregation::Total,
            "average" => Aggregation::Average,
            "minimum" => Aggregation::Minimum,
            "maximum" => Aggregation::Maximum,
            "count" => Aggregation::Count,
            _ => return Err(format!("Invalid aggregation: {name}")),
        })
    }

    fn word(self) -> &'static str {
        match self {
            Aggregation::Total => "total",
            Aggregation::Average => "average",
            Aggregation::Minimum => "minimum",
            Aggregation::Maximum => "maximum",
            Aggregation::Count => "count",
        }
    }

    fn of(self, cell: &Cell) -> f64 {
        match self {
            Aggregation::Total => cell.sum,
            Aggregation::Average => cell.sum / cell.count as f64,
            Aggregation::Minimum => cell.least,
            Aggregation::Maximum => cell.most,
            Aggregation::Count => cell.count as f64,
        }
    }
}

/// From the minute that the span begins in.
fn span(parameters: &[(String, String)], now: Timestamp) -> Result<(Timestamp, Timestamp), String> {
    let of = |name| parameter(parameters, name);
    let (from, to) = match (of("timespan"), of("starttime")) {
        (Some(text), _) => {
            timespan(text, now).ok_or_else(|| format!("Invalid timespan: {text}"))?
        }
        (None, Some(start)) => {
            let end = of("endtime").map_or(Some(now), moment);
            let both = moment(start).zip(end).filter(|(from, to)| from < to);
            both.ok_or_else(|| format!("Invalid starttime or endtime: {start}"))?
        }
        (None, None) => (now - jiff::SignedDuration::from_hours(1), now),
    };
    let minute = from.as_second().div_euclid(60) * 60;
    Ok((Timestamp::from_second(minute).unwrap_or(from), to))
}

fn points(from: Timestamp, to: Timestamp, seconds: u64) -> u64 {
    let length = u64::try_from(to.as_second() - from.as_second()).unwrap_or(0);
    length.div_ceil(seconds).max(1)
}

/// The interval asked for; with leave to adjust it, the next one that exists and gives no more
/// points than an answer may have.
fn interval(
    wanted: Option<&str>,
    adjust: bool,
    from: Timestamp,
    to: Timestamp,
) -> Result<(&'static str, u64), String> {
    let length = u64::try_from(to.as_second() - from.as_second()).unwrap_or(1);
    let wanted = wanted.unwrap_or("PT1M");
    if wanted.eq_ignore_ascii_case("FULL") {
        return Ok(("FULL", length.max(1)));
    }
    let asked = super::time::iso_duration(wanted).map(|span| span.as_secs());
    let exact = GRAINS
        .iter()
        .find(|(_, seconds)| Some(*seconds) == asked)
        .copied();
    if adjust {
        let fits = |grain: &&(&str, u64)| {
            grain.1 >= asked.unwrap_or(60) && points(from, to, grain.1) <= MOST_POINTS
        };
        return Ok(GRAINS.iter().find(fits).copied().unwrap_or(("P1D", 86_400)));
    }
    let grain = exact.ok_or_else(|| {
        let names: Vec<&str> = GRAINS.iter().map(|(name, _)| *name).collect();
        format!(
            "Invalid time grain duration: {wanted}, supported ones are: {}",
            names.join(",")
        )
    })?;
    if points(from, to, grain.1) > MOST_POINTS {
        return Err(format!(
            "The timespan has more than {MOST_POINTS} intervals of {wanted}; use a longer interval"
        ));
    }
    Ok(grain)
}

fn missing(resource: &Resource, namespace: &str, name: &str, known: &[Definition]) -> String {
    let names: Vec<&str> = known.iter().map(|metric| metric.name.as_str()).collect();
    let resource_type = resource.namespace().split_once('/');
    let (provider, kind) = resource_type.unwrap_or((namespace, ""));
    format!(
        "Failed to find metric configuration for provider: {provider}, resource Type: {kind}, metric: {name}, \
         Valid metrics: {}",
        names.join(",")
    )
}
