//! From the settings and the machine to the rules of the queue.

use crate::monitor::machine;
use crate::scheduler::{Amounts, Rules, milli_cpus};
use crate::storage::settings::QueueSettings;

/// The rules in force; what the settings leave open is what the machine has.
pub(super) fn rules(settings: &QueueSettings, slots: u32) -> Rules {
    let (cpus, memory_mb) = machine::capacity();
    let weights = settings.weights.iter();
    Rules {
        total: Amounts {
            slots,
            milli_cpus: milli_cpus(settings.cpus.unwrap_or(cpus).into()),
            memory_mb: settings.memory_mb.unwrap_or(memory_mb),
        },
        user_limit: settings.user_limit,
        fair_share: settings.fair_share,
        weights: weights
            .map(|(user, weight)| (user.clone(), f64::from(*weight)))
            .collect(),
        ageing_per_hour: settings.ageing_per_hour.into(),
        keep_after_ms: settings.keep_after_secs.saturating_mul(1000),
    }
}
