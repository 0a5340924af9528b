//! Which service of a backend gets a request.

use std::sync::Arc;

use super::{Backend, Backends, Circuits, Member, Pool, Single};
use crate::base::{Moment, Seed};

/// What a backend id stands for right now.
#[derive(Debug)]
pub(in crate::engine) enum Chosen {
    /// The backend whose service it is; [`Backends::single`] has it.
    Single(Arc<Backend>),
    /// Every service is left alone: the id, and whether it is a pool's.
    Inactive {
        pool: bool,
    },
    Unknown,
}

impl Backend {
    /// The service itself; `None` for a pool.
    pub(in crate::engine) fn single(&self) -> Option<&Single> {
        match self {
            Backend::Single(single) => Some(single),
            Backend::Pool(_) => None,
        }
    }
}

/// `by_lot` draws members from `seed` by their weights; otherwise they take turns by them.
pub(in crate::engine) fn choose(
    backends: &Backends,
    circuits: &mut Circuits,
    id: &str,
    now: Moment,
    by_lot: Option<&mut Seed>,
) -> Chosen {
    let Some(backend) = backends.find(id) else {
        return Chosen::Unknown;
    };
    match &**backend {
        Backend::Single(single) if circuits.open_until(now, &single.id).is_some() => {
            Chosen::Inactive { pool: false }
        }
        Backend::Single(_) => Chosen::Single(Arc::clone(backend)),
        Backend::Pool(pool) => member(backends, circuits, pool, now, by_lot)
            .map_or(Chosen::Inactive { pool: true }, Chosen::Single),
    }
}

/// The member whose turn it is among those of the lowest priority that has any left.
fn member(
    backends: &Backends,
    circuits: &mut Circuits,
    pool: &Pool,
    now: Moment,
    by_lot: Option<&mut Seed>,
) -> Option<Arc<Backend>> {
    let active = |member: &&Member| {
        let single = backends
            .find(&member.backend)
            .and_then(|found| found.single());
        single.is_some_and(|single| {
            member.weight > 0 && circuits.open_until(now, &single.id).is_none()
        })
    };
    let active: Vec<&Member> = pool.members.iter().filter(active).collect();
    let priority = active.iter().map(|member| member.priority).min()?;
    let mut group = active;
    group.retain(|member| member.priority == priority);
    let all: u32 = group.iter().map(|member| member.weight).sum();
    let chosen = match by_lot {
        Some(seed) => {
            let mut lot = seed.below(u64::from(all));
            let drawn = group.iter().find(|member| {
                let weight = u64::from(member.weight);
                let hit = lot < weight;
                lot = lot.saturating_sub(weight);
                hit
            });
            drawn.copied()?
        }
        None => next(&group, i64::from(all), circuits.turns(&pool.id)),
    };
    backends.find(&chosen.backend).cloned()
}

/// Everybody gains its weight, and who has most pays for all: members come in the proportion of
/// their weights and as far apart as can be.
fn next<'m>(
    group: &[&'m Member],
    all: i64,
    turns: &mut std::collections::BTreeMap<String, i64>,
) -> &'m Member {
    let mut best: Option<(i64, &Member)> = None;
    for member in group {
        let credit = turns.entry(member.backend.clone()).or_default();
        *credit += i64::from(member.weight);
        if best.is_none_or(|(most, _)| *credit > most) {
            best = Some((*credit, member));
        }
    }
    let (_, chosen) = best.expect("a priority has members");
    if let Some(credit) = turns.get_mut(&chosen.backend) {
        *credit -= all;
    }
    chosen
}
