//! What this tab listens to: kept here, so that a new connection can be told all of it.

use std::collections::BTreeMap;

use domain::protocol::{ClientMessage, Topic};

/// One wish.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    topic: Topic,
    /// Where a log resumes; moves on as deltas arrive.
    from: Option<u64>,
}

/// All wishes by the client's number. Numbers are never used twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Subscriptions {
    wanted: BTreeMap<u32, Wanted>,
    last: u32,
}

impl Subscriptions {
    /// A new wish: its number, and what to tell the server if it is there.
    pub(super) fn add(&mut self, topic: Topic, from: Option<u64>) -> (u32, ClientMessage) {
        self.last += 1;
        let sub = self.last;
        let message = ClientMessage::Subscribe {
            sub,
            topic: topic.clone(),
            from,
        };
        self.wanted.insert(sub, Wanted { topic, from });
        (sub, message)
    }

    /// The wish is over; `None` if it was unknown.
    pub(super) fn remove(&mut self, sub: u32) -> Option<ClientMessage> {
        self.wanted
            .remove(&sub)
            .map(|_| ClientMessage::Unsubscribe { sub })
    }

    /// A log was received up to `offset`: a later connection resumes there.
    pub(super) fn resume_at(&mut self, sub: u32, offset: u64) {
        if let Some(wanted) = self.wanted.get_mut(&sub) {
            wanted.from = Some(offset);
        }
    }

    /// What a fresh connection must be told.
    pub(super) fn all(&self) -> Vec<ClientMessage> {
        let subscribe = |(sub, wanted): (&u32, &Wanted)| ClientMessage::Subscribe {
            sub: *sub,
            topic: wanted.topic.clone(),
            from: wanted.from,
        };
        self.wanted.iter().map(subscribe).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_connection_hears_every_live_wish_with_its_last_offset() {
        let mut subscriptions = Subscriptions::default();
        let (tasks, _) = subscriptions.add(Topic::Tasks, None);
        let (system, _) = subscriptions.add(Topic::System, None);
        subscriptions.resume_at(tasks, 70);
        assert_eq!(
            subscriptions.remove(system),
            Some(ClientMessage::Unsubscribe { sub: system })
        );
        assert_eq!(subscriptions.remove(system), None);
        let expected = ClientMessage::Subscribe {
            sub: tasks,
            topic: Topic::Tasks,
            from: Some(70),
        };
        assert_eq!(subscriptions.all(), [expected]);
        assert!(
            subscriptions.add(Topic::System, None).0 > system,
            "numbers are never used twice"
        );
    }
}
