//! Child processes and signals: nobody else starts or signals a process.
//!
//! ```text
//! clock     now, in milliseconds        identity  a process that no reused number can be mistaken for
//! spawn     the task and its supervisor session   a process in a session of its own, by posix_spawn(3)
//! settings  what a task's process sets on itself before it becomes the task
//! cgroup    limits that the kernel keeps     oom       whether the kernel killed for memory
//! signals   telling processes to end      tree      everything that descends from this process
//! usage     what processes use            tool      short questions to other programs
//! guest     a child that answers an order and is gone afterwards
//! terminal  that of a person, its modes and size
//! warm      an interpreter that runs are forked from
//! stand_in  a task's process whose work is done by the program that submitted it
//! ```

pub mod cgroup;
pub mod clock;
pub mod guest;
pub mod identity;
pub mod oom;
pub mod session;
pub mod settings;
pub mod signals;
pub mod spawn;
pub mod stand_in;
pub mod terminal;
pub mod tool;
pub mod tree;
pub mod usage;
pub mod warm;
