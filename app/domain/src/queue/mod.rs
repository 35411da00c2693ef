//! What a task asks of the queue, what it holds while it runs, and why it waits.
//!
//! ```text
//! Policy     priority, resources, dependencies, start, retries, time limits, stop rules   decided by the scheduler
//! Execution  executor, capture mode, ending, process settings                             done by the supervisor
//! Allocation the devices that a run holds                                                 kept in its record
//! Waiting    why a run has not started, and when it may                                   told to people
//! ```

mod execution;
mod gpus;
mod policy;
mod resources;
mod waiting;

pub use execution::{CaptureMode, Execution, ExecutorName, ProcessLimit, StopSignal};
pub use gpus::{
    CUDA_VARIABLE, CheckGpusError, DeclaredGpu, GpuProviderName, GpuSettings, Strangers,
};
pub use policy::{
    Backoff, Dependencies, OnFailure, Policy, Retry, RetryOn, SweepPolicy, TimeLimits,
};
pub use resources::{Allocation, Device, GpuRequest, Resources};
pub use waiting::{WaitReason, Waiting};
