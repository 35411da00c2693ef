//! Rules of the queue, one by one and in any order of events.

mod properties;
mod rules;

use std::collections::BTreeMap;

use domain::queue::{Device, GpuRequest, OnFailure};
use domain::task::{RunId, TaskId};
use domain::time::Timestamp;

use super::devices::{self, Sighting};
use super::{Amounts, Needs, Place, Queue, Request, Rules, Sight, Standing, Start, SweepId};

fn task(name: &str) -> TaskId {
    TaskId {
        experiment: "e".to_owned(),
        task: name.to_owned(),
    }
}

fn run(name: &str) -> RunId {
    RunId {
        task: task(name),
        number: 1,
    }
}

fn sweep(name: &str) -> SweepId {
    SweepId {
        experiment: "e".to_owned(),
        sweep: name.to_owned(),
    }
}

/// A run of one slot that came at this time.
fn request(name: &str, at: i64) -> Request {
    Request {
        id: run(name),
        sweep: sweep("s"),
        user: "ann".to_owned(),
        priority: 0,
        needs: needs(1),
        place: Place::natural(at, 0),
        queued_at: Timestamp(at),
        not_before: None,
        retry: 0,
        after: BTreeMap::new(),
        on_failure: OnFailure::Cancel,
    }
}

fn needs(slots: u32) -> Needs {
    Needs {
        amounts: Amounts {
            slots,
            ..Amounts::default()
        },
        gpus: GpuRequest::None,
    }
}

fn queue(slots: u32) -> Queue {
    Queue::new(rules(slots))
}

fn rules(slots: u32) -> Rules {
    Rules {
        total: Amounts {
            slots,
            milli_cpus: 8_000,
            memory_mb: 1_000,
        },
        ..Rules::default()
    }
}

/// Devices of 1,000 MiB each.
fn see(queue: &mut Queue, count: usize) {
    let seen = (0..count)
        .map(|index| Sighting {
            device: Device {
                id: index.to_string(),
                ..Device::default()
            },
            memory_mb: 1_000,
            is_usable: true,
            ..Sighting::default()
        })
        .collect();
    devices::observe(queue.occupancy_mut().devices_mut(), seen);
}

fn decide(queue: &mut Queue, at: i64) -> Vec<Start> {
    queue.decide(Timestamp(at), Sight::Fresh).starts
}

/// The names of what starts now.
fn started(queue: &mut Queue, at: i64) -> Vec<String> {
    let names = |start: Start| start.id.task.task;
    decide(queue, at).into_iter().map(names).collect()
}

fn stands(queue: &mut Queue, name: &str, standing: Standing) -> Vec<String> {
    let doomed = queue.task_stands(&task(name), standing, Timestamp(0));
    doomed.into_iter().map(|run| run.task.task).collect()
}
