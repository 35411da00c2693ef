//! Messages of `/api/v1/ws`. The socket only pushes: reads and commands go over HTTP.
//!
//! Internally tagged, so that an unknown `type` becomes `Unknown` and unknown fields are ignored:
//! additions are minor, everything else is major.

use serde::{Deserialize, Serialize};

use super::ErrorCode;
use super::queue::GpuState;
use crate::log::LogDelta;
use crate::run::StatusCounts;
use crate::task::{RunId, TaskSummary};
use crate::time::Timestamp;

/// Changes that old clients cannot bear.
pub const PROTOCOL_MAJOR: u32 = 1;
/// Additions that old clients ignore.
pub const PROTOCOL_MINOR: u32 = 1;

/// What a client may listen to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Topic {
    /// Changes of tasks and of the counts.
    Tasks,
    /// One run's log.
    Log {
        /// The run.
        run: RunId,
    },
    /// The machine's load.
    System,
}

/// Client to server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Listen to a topic. `sub` is the client's own number for it.
    Subscribe {
        /// Chosen by the client, unique per connection.
        sub: u32,
        /// What to listen to.
        topic: Topic,
        /// `Log`: resume at this byte offset. Absent: the newest part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<u64>,
    },
    /// Stop listening.
    Unsubscribe {
        /// The client's number.
        sub: u32,
    },
    /// A message of a newer client.
    #[serde(other)]
    Unknown,
}

/// Server to client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The first message.
    Hello {
        /// [`PROTOCOL_MAJOR`]; another one means that the page is stale.
        major: u32,
        /// [`PROTOCOL_MINOR`].
        minor: u32,
        /// The server's version.
        server_version: String,
        /// Random per server process: another one makes `seq` numbers void. Byte offsets stay good.
        server_instance: String,
        /// The server's clock.
        now: Timestamp,
    },
    /// `Tasks`: where the state stands as the subscription begins.
    TasksSnapshot {
        /// The client's number.
        sub: u32,
        /// Events have larger numbers.
        seq: u64,
        /// Counts per status.
        counts: StatusCounts,
    },
    /// `Tasks`: one task is new or has changed.
    TaskChanged {
        /// The client's number.
        sub: u32,
        /// One more than the previous event's.
        seq: u64,
        /// The task as it is now.
        task: Box<TaskSummary>,
        /// Counts per status as they are now.
        counts: StatusCounts,
    },
    /// `Tasks`: so much changed (a new sweep) that lists are better fetched again.
    TasksReplaced {
        /// The client's number.
        sub: u32,
        /// One more than the previous event's.
        seq: u64,
        /// Counts per status as they are now.
        counts: StatusCounts,
    },
    /// `Log`: new rows and the tail.
    LogAppended {
        /// The client's number.
        sub: u32,
        /// What is new.
        delta: LogDelta,
    },
    /// `Log`: the run has ended and everything was sent.
    LogEnded {
        /// The client's number.
        sub: u32,
    },
    /// `System`: the machine's load.
    SystemLoad {
        /// The client's number.
        sub: u32,
        /// CPU use of all cores together, 0 to 100.
        cpu_percent: f32,
        /// Memory in use, bytes.
        memory_used_bytes: u64,
        /// Memory in all, bytes.
        memory_total_bytes: u64,
        /// The GPUs, and who is on them.
        #[serde(default)]
        gpus: Vec<GpuState>,
    },
    /// Everything that had been there at the time of `Subscribe` has been sent.
    CaughtUp {
        /// The client's number.
        sub: u32,
    },
    /// What the client has is void: start again from the next message. A log that ran ahead continues at `offset`.
    Resync {
        /// The client's number.
        sub: u32,
        /// Bytes of log that were passed over.
        skipped_bytes: u64,
        /// Where the log continues.
        offset: u64,
    },
    /// A subscription could not be served.
    Error {
        /// The client's number, if it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sub: Option<u32>,
        /// For programs.
        code: ErrorCode,
        /// For people.
        message: String,
    },
    /// A message of a newer server.
    #[serde(other)]
    Unknown,
}
