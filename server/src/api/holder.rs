//! What kind of process answers, and how it learns that it may leave.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::storage::server_file::HolderKind;

/// The process that holds the project; clones share one.
#[derive(Clone, Debug)]
pub struct Holder {
    kind: HolderKind,
    asked_to_leave: Arc<Notify>,
    requests: Arc<AtomicU64>,
}

impl Holder {
    /// A process of this kind.
    pub fn new(kind: HolderKind) -> Self {
        Self {
            kind,
            asked_to_leave: Arc::default(),
            requests: Arc::default(),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> HolderKind {
        self.kind
    }

    /// Counts a request.
    pub(super) fn was_asked(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests there were so far: an idle process compares two figures.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Asks the process to leave. Kept until somebody waits for it.
    pub(super) fn ask_to_leave(&self) {
        self.asked_to_leave.notify_one();
    }

    /// Waits until somebody has asked the process to leave.
    pub async fn left(&self) {
        self.asked_to_leave.notified().await;
    }
}
