use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the equal parts that several machines play of one plan, written `0/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Shard {
    index: u64,
    of: u64,
}

impl Shard {
    /// `None` unless `index` lies below `of`.
    pub(crate) fn new(index: u64, of: u64) -> Option<Shard> {
        (index < of).then_some(Shard { index, of })
    }

    /// Counted from 0, as Kubernetes counts the pods of an Indexed Job.
    pub(crate) fn index(self) -> u64 {
        self.index
    }

    pub(crate) fn of(self) -> u64 {
        self.of
    }

    /// Arrivals are dealt like cards: every shard gets its share of every moment.
    pub(crate) fn has(self, arrival: u64) -> bool {
        arrival % self.of == self.index
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/');
        let number = |part: &str| part.parse::<u64>().ok();
        let (index, of) = parts
            .and_then(|(index, of)| Some((number(index)?, number(of)?)))
            .ok_or_else(|| "write `I/N`, such as `0/4` for the first of four".to_owned())?;
        Shard::new(index, of).ok_or_else(|| {
            format!(
                "shards are counted from 0, so the last of {of} is `{}/{of}`",
                of.saturating_sub(1)
            )
        })
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.index, self.of)
    }
}

impl TryFrom<String> for Shard {
    type Error = String;

    fn try_from(text: String) -> Result<Shard, String> {
        text.parse()
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> String {
        shard.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_lies_below_its_number() {
        assert_eq!("3/4".parse(), Ok(Shard { index: 3, of: 4 }));
        for text in ["4/4", "0/0", "1", "a/2", "-1/2", "1/2/3", ""] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
        assert_eq!(
            serde_json::from_str::<Shard>("\"1/2\"")
                .unwrap()
                .to_string(),
            "1/2"
        );
        assert!(serde_json::from_str::<Shard>("\"2/2\"").is_err());
    }
}
