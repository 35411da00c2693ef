//! The way to the dispatcher for everybody else.

use domain::protocol::http::{ActOnTasksResponse, Refusal, Start};
use domain::protocol::queue::{GpuState, MoveTo, PauseRequest};
use domain::queue::SweepPolicy;
use domain::task::{Task, TaskId};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::entry::Entry;
use super::event::{Act, Change, Event, Pause};
use super::organise::Organise;
use super::state::State;
use crate::scheduler::SweepId;
use crate::storage::settings::QueueSettings;

/// The dispatcher has ended; the process is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the dispatcher has ended")]
pub struct DispatcherGone;

type Read = Box<dyn FnOnce(&State) + Send>;

pub(super) enum Request {
    Read(Read),
    Add {
        tasks: Vec<Task>,
        start: Start,
        done: oneshot::Sender<()>,
    },
    Act {
        act: Act,
        tasks: Vec<TaskId>,
        done: oneshot::Sender<ActOnTasksResponse>,
    },
    LookAtGpus {
        done: oneshot::Sender<Vec<GpuState>>,
    },
    Organise {
        change: Organise,
        done: oneshot::Sender<Organised>,
    },
    SetSlots {
        slots: u32,
        done: oneshot::Sender<()>,
    },
    SetRules {
        settings: QueueSettings,
        done: oneshot::Sender<()>,
    },
    /// Anything else that a person says; it may be refused for some tasks.
    Order {
        event: Box<Event>,
        done: oneshot::Sender<Vec<Refusal>>,
    },
}

/// What became of an [`Organise`].
#[derive(Debug, Default)]
pub struct Organised {
    /// What was taken off.
    pub taken: Vec<Entry>,
    /// To which tasks it was not done, and why.
    pub refused: Vec<Refusal>,
}

/// A handle; clones share the one dispatcher.
#[derive(Clone, Debug)]
pub struct Dispatcher {
    pub(super) requests: mpsc::Sender<Request>,
    pub(super) changes: broadcast::Sender<Change>,
}

impl Dispatcher {
    /// Looks at the state. `look` must be quick: everything else waits for it.
    pub async fn read<R: Send + 'static>(
        &self,
        look: impl FnOnce(&State) -> R + Send + 'static,
    ) -> Result<R, DispatcherGone> {
        let (sender, receiver) = oneshot::channel();
        let read: Read = Box::new(move |state| {
            // Who asked may have left meanwhile.
            sender.send(look(state)).ok();
        });
        self.requests
            .send(Request::Read(read))
            .await
            .map_err(|_| DispatcherGone)?;
        receiver.await.map_err(|_| DispatcherGone)
    }

    /// Takes a sweep that was written into the state.
    pub async fn add(&self, tasks: Vec<Task>, start: Start) -> Result<(), DispatcherGone> {
        let (done, receiver) = oneshot::channel();
        self.requests
            .send(Request::Add { tasks, start, done })
            .await
            .map_err(|_| DispatcherGone)?;
        receiver.await.map_err(|_| DispatcherGone)
    }

    /// Acts on tasks; every one is either done or refused with a reason.
    pub async fn act(
        &self,
        act: Act,
        tasks: Vec<TaskId>,
    ) -> Result<ActOnTasksResponse, DispatcherGone> {
        let (done, receiver) = oneshot::channel();
        self.requests
            .send(Request::Act { act, tasks, done })
            .await
            .map_err(|_| DispatcherGone)?;
        receiver.await.map_err(|_| DispatcherGone)
    }

    /// The GPUs as they are now, with what is held of them. A driver is asked, which may take a while.
    pub async fn look_at_gpus(&self) -> Result<Vec<GpuState>, DispatcherGone> {
        let (done, receiver) = oneshot::channel();
        self.requests
            .send(Request::LookAtGpus { done })
            .await
            .map_err(|_| DispatcherGone)?;
        receiver.await.map_err(|_| DispatcherGone)
    }

    /// Takes tasks off, puts them back, or takes a change of them into the state; what follows on the disk is the caller's.
    pub async fn organise(&self, change: Organise) -> Result<Organised, DispatcherGone> {
        let (done, receiver) = oneshot::channel();
        self.requests
            .send(Request::Organise { change, done })
            .await
            .map_err(|_| DispatcherGone)?;
        receiver.await.map_err(|_| DispatcherGone)
    }

    /// Sets the number of slots; running tasks are never ended by it.
    pub async fn set_slots(&self, slots: u32) -> Result<(), DispatcherGone> {
        let (done, receiver) = oneshot::channel();
        self.requests
            .send(Request::SetSlots { slots, done })
            .await
            .map_err(|_| DispatcherGone)?;
        receiver.await.map_err(|_| DispatcherGone)
    }

    /// Sets the rules of the queue, the slots apart. What runs goes on.
    pub async fn set_rules(&self, settings: QueueSettings) -> Result<(), DispatcherGone> {
        let (done, receiver) = oneshot::channel();
        self.requests
            .send(Request::SetRules { settings, done })
            .await
            .map_err(|_| DispatcherGone)?;
        receiver.await.map_err(|_| DispatcherGone)
    }

    /// Sets what holds for a sweep as a whole. For a new sweep: before its tasks are added.
    pub async fn set_sweep_policy(
        &self,
        sweep: SweepId,
        policy: SweepPolicy,
    ) -> Result<(), DispatcherGone> {
        self.order(Event::SweepPolicySet { sweep, policy })
            .await
            .map(drop)
    }

    /// Pauses or resumes; the tasks for which that makes no sense are returned.
    pub async fn pause(
        &self,
        what: PauseRequest,
        pause: Pause,
    ) -> Result<Vec<Refusal>, DispatcherGone> {
        self.order(Event::PauseRequested { what, pause }).await
    }

    /// Puts waiting tasks elsewhere in the order; those that cannot be moved are returned.
    pub async fn move_tasks(
        &self,
        tasks: Vec<TaskId>,
        to: MoveTo,
    ) -> Result<Vec<Refusal>, DispatcherGone> {
        self.order(Event::MoveRequested { tasks, to }).await
    }

    async fn order(&self, event: Event) -> Result<Vec<Refusal>, DispatcherGone> {
        let (done, receiver) = oneshot::channel();
        let event = Box::new(event);
        self.requests
            .send(Request::Order { event, done })
            .await
            .map_err(|_| DispatcherGone)?;
        receiver.await.map_err(|_| DispatcherGone)
    }

    /// Listens to changes from now on. Who falls behind by more than the channel holds is told so and reads again.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }
}
