//! Random streams of everything that can happen, against the real step function.

use std::collections::BTreeMap;

use domain::protocol::queue::{MoveTo, PauseRequest};
use domain::queue::{
    Backoff, Dependencies, Device, GpuRequest, OnFailure, Policy, Resources, Retry, RetryOn,
    SweepPolicy,
};

use super::super::event::Pause;
use super::super::gpus::Seen;
use super::super::organise::Organise;
use super::super::step::begin;
use super::*;
use crate::scheduler::SweepId;
use crate::scheduler::devices::Sighting;
use crate::storage::queue::{Known, Noted, QueueRow, enqueued};

const SLOTS: u32 = 4;
const GPU_MB: u64 = 1_000;
const USER_LIMIT: u32 = 3;
const SWEEP_LIMIT: u32 = 2;

/// One random thing.
#[derive(Clone, Debug)]
struct Choice {
    what: u8,
    which: usize,
    other: usize,
    how: u8,
}

fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let one = (0_u8..20, 0_usize..24, 0_usize..24, any::<u8>());
    let choice = one.prop_map(|(what, which, other, how)| Choice {
        what,
        which,
        other,
        how,
    });
    proptest::collection::vec(choice, 1..160)
}

/// The state with what a disk would hold beside it.
struct World {
    state: State,
    now: i64,
    rows: Vec<QueueRow>,
    /// Tasks whose sweep was queued as a whole.
    queued: BTreeSet<TaskId>,
    launched: BTreeSet<RunId>,
    tasks: usize,
}

fn rules() -> Rules {
    Rules {
        total: Amounts {
            slots: SLOTS,
            milli_cpus: 4_000,
            memory_mb: 100,
        },
        user_limit: Some(USER_LIMIT),
        keep_after_ms: 500,
        ..Rules::default()
    }
}

fn seen() -> Seen {
    let gpu = |index: usize| Sighting {
        device: Device {
            id: index.to_string(),
            ..Device::default()
        },
        memory_mb: GPU_MB,
        is_usable: true,
        ..Sighting::default()
    };
    Seen {
        gpus: (0..2).map(gpu).collect(),
        is_answered: true,
    }
}

fn sweep_id(name: &str) -> SweepId {
    SweepId {
        experiment: "e".to_owned(),
        sweep: name.to_owned(),
    }
}

impl World {
    fn new() -> Self {
        let mut state = State::new(rules());
        for (name, limit, fail_fast) in [("s1", Some(SWEEP_LIMIT), false), ("s2", None, true)] {
            let policy = SweepPolicy { limit, fail_fast };
            state.set_sweep_policy(&sweep_id(name), policy, Timestamp(0));
        }
        Self {
            state,
            now: 1,
            rows: Vec::new(),
            queued: BTreeSet::new(),
            launched: BTreeSet::new(),
            tasks: 0,
        }
    }

    fn name(&self, which: usize) -> TaskId {
        id(&format!("t{}", which % self.tasks.max(1)))
    }

    /// A task with random wishes.
    fn task(&self, choice: &Choice) -> Task {
        let Choice { how, other, .. } = choice;
        let pick = |n: u8| usize::from(how / n);
        let gpus = match pick(16) % 6 {
            0 => GpuRequest::Count { count: 1 },
            1 => GpuRequest::Memory {
                count: 1,
                memory_mb: 400,
            },
            2 => GpuRequest::Pinned {
                ids: vec!["1".to_owned()],
            },
            _ => GpuRequest::None,
        };
        let on_failure = [OnFailure::Cancel, OnFailure::Wait, OnFailure::Run][pick(3) % 3];
        let waits = self.tasks > 0 && how % 4 == 0;
        Task {
            sweep: format!("s{}", how % 3),
            user: ["ann", "bob"][usize::from(how % 2)].to_owned(),
            created_at_ms: Timestamp(self.now),
            index: 1 + u64::try_from(self.tasks).unwrap(),
            policy: Policy {
                priority: i32::from(how % 5) - 2,
                resources: Resources {
                    // 5 is more than there is.
                    slots: 1 + u32::from(how % 5),
                    cpus: f64::from(how % 3) * 1.5,
                    memory_mb: u64::from(how % 4) * 30,
                    gpus,
                },
                after: Dependencies {
                    tasks: waits.then(|| self.name(*other)).into_iter().collect(),
                    on_failure,
                },
                delay_ms: u64::from(how % 7 == 0) * 300,
                retry: Retry {
                    max: u32::from(how % 3),
                    on: vec![RetryOn::Failed, RetryOn::Lost],
                    backoff: Backoff {
                        first_ms: 200,
                        ..Backoff::default()
                    },
                },
                ..Policy::default()
            },
            ..task(&format!("t{}", self.tasks))
        }
    }

    fn event(&mut self, choice: &Choice) -> Event {
        let one = self.name(choice.which);
        let pause = [Pause::Begin, Pause::End][usize::from(choice.how % 2)];
        match choice.what {
            0..=4 => {
                let new = self.task(choice);
                self.tasks += 1;
                let start = if choice.how % 8 == 1 {
                    Start::Later
                } else {
                    self.queued.insert(new.id.clone());
                    Start::Now
                };
                let tasks = vec![new];
                Event::TasksAdded { tasks, start }
            }
            5 => act(Act::Run, &one.task),
            6 => act(Act::Rerun, &one.task),
            7 => act(Act::Cancel, &one.task),
            8 => Event::MoveRequested {
                tasks: vec![one, self.name(choice.other)],
                to: [MoveTo::Front, MoveTo::Back][usize::from(choice.how % 2)].clone(),
            },
            9 => Event::MoveRequested {
                tasks: vec![one],
                to: MoveTo::Before {
                    task: self.name(choice.other),
                },
            },
            10 => Event::PauseRequested {
                what: PauseRequest::Tasks {
                    tasks: vec![one],
                    filter: None,
                },
                pause,
            },
            11 => Event::PauseRequested {
                what: PauseRequest::Sweep {
                    experiment: "e".to_owned(),
                    sweep: format!("s{}", choice.other % 3),
                },
                pause,
            },
            12 => Event::PauseRequested {
                what: PauseRequest::Queue,
                pause,
            },
            13 => self.edit(choice).unwrap_or(Event::TimeCame),
            14 => Event::TimeCame,
            _ => self.end(choice).unwrap_or(Event::TimeCame),
        }
    }

    /// Another priority for a task.
    fn edit(&self, choice: &Choice) -> Option<Event> {
        let entry = self.state.entry(&self.name(choice.which))?;
        let mut task = (*entry.task()).clone();
        task.policy.priority = i32::from(choice.how % 5) - 2;
        Some(Event::Organised(Organise::Change(vec![task])))
    }

    /// The end of something that runs.
    fn end(&self, choice: &Choice) -> Option<Event> {
        let count = self.state.active.len();
        let run = self.state.active.keys().nth(choice.which % count.max(1))?;
        let by = CancelledBy::User;
        let outcome = match choice.how % 6 {
            0 => Outcome::Failed { exit_code: 1 },
            1 => Outcome::Lost,
            2 => Outcome::Cancelled { by },
            3 => Outcome::TimedOut,
            _ => Outcome::Succeeded,
        };
        let Event::RunChanged { id, record } = finished(&self.state, run, outcome) else {
            return None;
        };
        let record = RunRecord {
            ended_at_ms: Some(Timestamp(self.now)),
            ..*record
        };
        let record = Box::new(record);
        Some(Event::RunChanged { id, record })
    }

    /// One event, and a look at the devices if one is wanted; every rule is checked after each.
    fn happen(&mut self, event: Event) {
        let effects = step(&mut self.state, event, Timestamp(self.now));
        let wants_look = effects.contains(&Effect::LookAtGpus);
        self.check(&effects);
        if wants_look {
            let effects = step(
                &mut self.state,
                Event::GpusSeen { seen: seen() },
                Timestamp(self.now),
            );
            assert!(!effects.contains(&Effect::LookAtGpus));
            self.check(&effects);
        }
    }

    fn check(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Enqueue(runs) => self.rows.extend(enqueued(runs)),
                Effect::Note(rows) => self.rows.extend(rows.iter().cloned()),
                _ => {}
            }
        }
        let launched = launches(effects);
        for run in &launched {
            assert!(self.launched.insert(run.clone()), "{run} was started twice");
            self.check_start(run);
        }
        if !launched.is_empty() {
            self.check_room();
        }
        self.check_sums();
    }

    /// A run may have started now.
    fn check_start(&self, run: &RunId) {
        let state = &self.state;
        let entry = state.entry(&run.task).unwrap();
        let (task, record) = (entry.task(), state.run(run).unwrap());
        assert!(!state.queue.is_paused(), "{run} started in a paused queue");
        assert!(!state.queue.is_task_paused(&run.task), "{run} is paused");
        let rule = state.queue.sweep_rule(&sweep_id(&task.sweep));
        assert!(!rule.is_paused, "the sweep of {run} is paused");
        for other in &task.policy.after.tasks {
            let shown = state.entry(other).unwrap().shown();
            let is_over = shown == ShownStatus::Completed
                || (task.policy.after.on_failure == OnFailure::Run && shown.is_finished());
            assert!(is_over, "{run} started although {other} is {shown}");
        }
        let queued_at = record.queued_at_ms.unwrap();
        if record.retry == 0 {
            let delay = i64::try_from(task.policy.delay_ms).unwrap();
            assert!(self.now >= queued_at.as_ms() + delay, "{run} is too early");
        } else {
            let before = entry
                .runs()
                .iter()
                .find(|run| run.number + 1 == record.number)
                .cloned();
            let before = before.unwrap();
            assert!(
                record.retry <= task.policy.retry.max,
                "{run} is one too many"
            );
            assert_eq!(before.retry + 1, record.retry);
            let outcome = before.outcome.as_ref().unwrap();
            assert!(matches!(outcome, Outcome::Failed { .. } | Outcome::Lost));
            let pause = 200_i64 << (record.retry - 1);
            assert!(self.now >= before.ended_at_ms.unwrap().as_ms() + pause);
        }
    }

    /// Nothing is given to two.
    fn check_room(&self) {
        let (mut used, mut users, mut sweeps) =
            (Amounts::default(), BTreeMap::new(), BTreeMap::new());
        let mut gpus: BTreeMap<String, Vec<u64>> = BTreeMap::new();
        for run in self.state.active.keys() {
            let task = self.state.entry(&run.task).unwrap().task();
            used = used.plus(Amounts::of(&task.policy.resources));
            *users.entry(task.user.clone()).or_insert(0) += 1;
            *sweeps.entry(task.sweep.clone()).or_insert(0) += 1;
            let held = self.state.run(run).unwrap().allocation.gpus;
            let needed = match task.policy.resources.gpus {
                GpuRequest::None => 0,
                _ => 1,
            };
            assert_eq!(held.len(), needed, "{run}");
            for gpu in held {
                gpus.entry(gpu.id.clone()).or_default().push(gpu.memory_mb);
            }
        }
        assert!(rules().total.covers(used), "{used:?} is more than there is");
        assert!(users.values().all(|runs| *runs <= USER_LIMIT), "{users:?}");
        let limited = sweeps.get("s1").copied().unwrap_or(0);
        assert!(limited <= SWEEP_LIMIT, "{limited} runs of a limited sweep");
        for (gpu, parts) in gpus {
            let is_whole = parts.contains(&0);
            let sum: u64 = parts.iter().sum();
            assert!(!is_whole || parts.len() == 1, "GPU {gpu} was given twice");
            assert!(sum <= GPU_MB, "GPU {gpu} has too little memory");
        }
    }

    fn check_sums(&self) {
        let state = &self.state;
        let mut counts = StatusCounts::default();
        for entry in state.entries() {
            *counts.slot(entry.shown()) += 1;
        }
        assert_eq!(counts, state.counts());
        let running = state.queue.occupancy().running().count();
        assert_eq!(running, state.active.len());
        let runs = state.entries().flat_map(|entry| entry.runs().into_owned());
        let waiting = runs.filter(|run| run.status == RunStatus::Queued).count();
        assert_eq!(waiting, state.queue.len());
        let forecast = state.queue.forecast(Timestamp(self.now));
        let page = forecast.page(0, usize::MAX);
        assert_eq!(page.len(), waiting);
        for one in page {
            assert!(!one.waiting.reasons.is_empty(), "{} has no reason", one.id);
        }
    }

    /// What a start would find on the disk.
    fn restarted(&self) -> State {
        let mut state = State::new(rules());
        for (name, limit, fail_fast) in [("s1", Some(SWEEP_LIMIT), false), ("s2", None, true)] {
            let policy = SweepPolicy { limit, fail_fast };
            state.set_sweep_policy(&sweep_id(name), policy, Timestamp(0));
        }
        for entry in self.state.entries() {
            let is_recorded = |run: &&RunRecord| run.status != RunStatus::Queued;
            let mut runs: Vec<RunRecord> =
                entry.runs().iter().filter(is_recorded).cloned().collect();
            if runs.is_empty() && self.queued.contains(entry.id()) {
                runs.push(RunRecord::queued(1, entry.created_at_ms(), vec![]));
            }
            state.insert((*entry.task()).clone(), runs);
        }
        let known = |id: &RunId| {
            let runs = state.entry(&id.task).unwrap().runs();
            let is_recorded = |run: &RunRecord| {
                run.number > id.number
                    || (run.number == id.number && run.status != RunStatus::Queued)
            };
            if runs.iter().any(is_recorded) {
                Known::Recorded
            } else {
                Known::Unrecorded
            }
        };
        let noted = Noted::of(self.rows.iter().cloned(), known);
        state.is_held = true;
        begin(&mut state, noted, Timestamp(self.now));
        state
    }

    /// What a person sees of the queue.
    fn page(state: &State, now: i64) -> Vec<(RunId, i32, u32, bool)> {
        let mut page: Vec<_> = state
            .entries()
            .filter_map(|entry| state.queue.waiting(entry.id()))
            .map(|request| {
                let place = request.place;
                let is_paused = state.queue.is_task_paused(&request.id.task);
                let row = (
                    request.id.clone(),
                    request.priority,
                    request.retry,
                    is_paused,
                );
                ((request.priority, place), request.not_before, row)
            })
            .collect();
        page.sort();
        let _ = now;
        page.into_iter().map(|(_, _, row)| row).collect()
    }
}

/// True if nothing but a person or another machine can help it.
fn is_stuck(state: &State, request: &crate::scheduler::Request) -> bool {
    let is_too_large = !rules().total.covers(request.needs.amounts);
    let waits_in_vain = request.after.keys().any(|task| {
        let other = state.queue.waiting(task);
        state.standing(task) == crate::scheduler::Standing::Failed
            || other.is_some_and(|other| is_stuck(state, other))
            || state
                .entry(task)
                .is_some_and(|entry| entry.runs().is_empty())
    });
    is_too_large || waits_in_vain
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Nothing is ever given to two, nothing starts that must not, a restart finds the same queue, and once nothing new
    /// comes and what runs keeps ending, everything has its turn.
    #[test]
    fn every_rule_holds_under_any_order_of_events(choices in choices()) {
        let mut world = World::new();
        for choice in &choices {
            let event = world.event(choice);
            world.happen(event);
            world.now += 1 + i64::from(choice.how % 90);
        }
        let restarted = world.restarted();
        prop_assert_eq!(
            World::page(&world.state, world.now),
            World::page(&restarted, world.now)
        );
        prop_assert_eq!(world.state.queue.is_paused(), restarted.queue.is_paused());
        let resume = |what| Event::PauseRequested { what, pause: Pause::End };
        world.happen(resume(PauseRequest::Queue));
        for sweep in ["s0", "s1", "s2"] {
            let (experiment, sweep) = ("e".to_owned(), sweep.to_owned());
            world.happen(resume(PauseRequest::Sweep { experiment, sweep }));
        }
        let tasks = (0..world.tasks).map(|which| world.name(which)).collect();
        let filter = None;
        world.happen(resume(PauseRequest::Tasks { tasks, filter }));
        for _ in 0..10_000 {
            world.now += 1_000;
            let how = 4;
            match world.end(&Choice { what: 15, which: 0, other: 0, how }) {
                Some(end) => world.happen(end),
                None if world.state.queue.next_wake().is_some() => world.happen(Event::TimeCame),
                None => break,
            }
        }
        prop_assert_eq!(world.state.active.len(), 0);
        for entry in world.state.entries() {
            if let Some(request) = world.state.queue.waiting(entry.id()) {
                prop_assert!(is_stuck(&world.state, request), "{} starves", request.id);
            }
        }
    }
}
