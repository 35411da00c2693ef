//! Child processes and signals: nobody else starts or signals a process.
//!
//! ```text
//! clock     now, in milliseconds        identity  a process that no reused number can be mistaken for
//! spawn     the task and its supervisor tree      everything that descends from this process
//! signals   telling processes to end      tool      short questions to other programs
//! guest     a child that answers an order and is gone afterwards
//! ```

pub mod clock;
pub mod guest;
pub mod identity;
pub mod signals;
pub mod spawn;
pub mod tool;
pub mod tree;
