//! Whose level the lines of remaining tokens show, and what is said about it.

use std::collections::BTreeMap;

use super::bucket::Bucket;
use super::series::{Between, MOST_SERIES, Series};
use crate::base::{Tier, number};
use crate::report::peak::per_subscription;
use crate::results::{Outcome, Record, Run};

/// What the lines show.
pub(super) enum Subject {
    Bucket(Bucket),
    Header,
}

/// Records of the counter, or of the subscription, that a line is of.
pub(super) type Group<'a> = (&'a str, Vec<&'a Record>);

impl Subject {
    /// A bucket only where header and capacity are certain to be of the same limit.
    pub(super) fn of(run: &Run) -> Subject {
        let tier = run.info.target.tier.as_deref().and_then(Tier::from_name);
        let mut limits = run.info.limits.iter().filter_map(|limit| {
            let per_minute = limit.tokens_per_minute?;
            Some((per_minute, limit.counter_key.as_str()))
        });
        let bucket = limits.next().filter(|first| {
            let per_minute = first.0;
            let more = |record: &Record| record.remaining_tokens > Some(per_minute);
            per_minute > 0 && limits.all(|limit| limit == *first) && !run.records.iter().any(more)
        });
        match bucket {
            Some((per_minute, _)) if tier.is_some_and(Tier::is_v2) => {
                Subject::Bucket(Bucket::new(per_minute))
            }
            _ => Subject::Header,
        }
    }

    pub(super) fn title(&self) -> &'static str {
        match self {
            Subject::Bucket(_) => "Bucket level",
            Subject::Header => "Remaining tokens",
        }
    }

    pub(super) fn noun(&self) -> &'static str {
        match self {
            Subject::Bucket(_) => "tokens in the bucket",
            Subject::Header => "tokens remaining",
        }
    }

    pub(super) fn description(&self) -> String {
        match self {
            Subject::Bucket(bucket) => format!(
                "told by the remaining header and by Retry-After; inferred in between: it starts full \
                 and refills at {} tokens/min",
                number(bucket.holds, 0)
            ),
            Subject::Header => {
                "as the gateway's header last said when a request was done; it refills \
                                unseen in between"
                    .to_owned()
            }
        }
    }

    pub(super) fn lines(&self, groups: &[Group<'_>]) -> Vec<Series> {
        let lines = groups.iter().map(|(name, records)| match self {
            Subject::Bucket(bucket) => Series {
                name: (*name).to_owned(),
                points: bucket.levels(records),
                between: Between::Rises {
                    per_second: bucket.per_second(),
                    up_to: bucket.holds,
                },
            },
            Subject::Header => Series {
                name: (*name).to_owned(),
                points: reported(records),
                between: Between::Holds,
            },
        });
        lines.filter(|series| !series.points.is_empty()).collect()
    }
}

/// The subscriptions that were throttled most, then those with most reports; and how many are not
/// among those. A bucket that all of them share is one group.
pub(super) fn groups<'a>(run: &'a Run, subject: &Subject) -> (Vec<Group<'a>>, usize) {
    let together = matches!(subject, Subject::Bucket(_)) && !per_subscription(&run.info);
    let mut groups: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in &run.records {
        let name = if together {
            "all requests"
        } else {
            record.subscription.as_str()
        };
        groups.entry(name).or_default().push(record);
    }
    let mut groups: Vec<Group<'a>> = groups.into_iter().collect();
    let reports = |records: &[&Record]| {
        let reports = records
            .iter()
            .filter(|record| record.remaining_tokens.is_some());
        reports.count()
    };
    groups.retain(|(_, records)| reports(records) > 0);
    groups.sort_by_cached_key(|(_, records)| {
        let throttled = records
            .iter()
            .filter(|record| record.outcome() == Outcome::Throttled);
        std::cmp::Reverse((throttled.count(), reports(records)))
    });
    let left_out = groups.len().saturating_sub(MOST_SERIES);
    groups.truncate(MOST_SERIES);
    (groups, left_out)
}

/// The header at every moment at which it came.
fn reported(records: &[&Record]) -> Vec<(u64, f64)> {
    let points = records
        .iter()
        .filter_map(|record| Some((record.done_us, record.remaining_tokens? as f64)));
    let mut points: Vec<(u64, f64)> = points.collect();
    // Stable: of two reports in one microsecond the later record counts.
    points.sort_by_key(|(moment, _)| *moment);
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;
    use crate::results::LimitInfo;

    fn titles(change: impl FnOnce(&mut Run)) -> &'static str {
        let mut run = fixtures::burst();
        change(&mut run);
        Subject::of(&run).title()
    }

    #[test]
    fn a_bucket_is_drawn_only_where_there_is_one() {
        assert_eq!(titles(|_| {}), "Bucket level");
        for tier in [Some("developer"), Some("premium"), Some("v3"), None] {
            let title = titles(|run| run.info.target.tier = tier.map(str::to_owned));
            assert_eq!(title, "Remaining tokens", "{tier:?}");
        }
        let limit = |per_minute: Option<u64>, key: &str| LimitInfo {
            place: "token-limit.xml:20".to_owned(),
            counter_key: key.to_owned(),
            tokens_per_minute: per_minute,
            quota: None,
        };
        let key = "@(context.Subscription.Id)";
        for (limits, title) in [
            (vec![], "Remaining tokens"),
            (vec![limit(None, key)], "Remaining tokens"),
            (vec![limit(Some(0), key)], "Remaining tokens"),
            (
                vec![limit(Some(500), key), limit(None, key)],
                "Bucket level",
            ),
            (vec![limit(Some(500), key); 2], "Bucket level"),
            // Whose header it was is not known.
            (
                vec![limit(Some(500), key), limit(Some(900), key)],
                "Remaining tokens",
            ),
            (
                vec![limit(Some(500), key), limit(Some(500), "all")],
                "Remaining tokens",
            ),
            // More left than fits: the header is of something else.
            (vec![limit(Some(400), key)], "Remaining tokens"),
        ] {
            assert_eq!(
                titles(|run| run.info.limits.clone_from(&limits)),
                title,
                "{limits:?}"
            );
        }
    }
}
