//! What of a policy has run: counts that a document's elements, branches and expressions carry, so
//! that every copy of an element counts in one place.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// How often something ran. Copies share the count. Lost updates of gateways with several workers
/// do not matter: what ran at all is never lost.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trail(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    ran: AtomicU32,
    passed_by: AtomicU32,
}

impl Trail {
    pub(crate) fn mark(&self) {
        bump(&self.0.ran);
    }

    /// A branch whose condition did not hold.
    pub(crate) fn pass_by(&self) {
        bump(&self.0.passed_by);
    }

    pub(crate) fn ran(&self) -> u32 {
        self.0.ran.load(Ordering::Relaxed)
    }

    pub(crate) fn passed_by(&self) -> u32 {
        self.0.passed_by.load(Ordering::Relaxed)
    }
}

/// A plain load and store: a locked addition would cost more than the element it counts.
fn bump(count: &AtomicU32) {
    let next = count.load(Ordering::Relaxed).saturating_add(1);
    count.store(next, Ordering::Relaxed);
}
