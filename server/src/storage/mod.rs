//! Everything under `_runyard_/`: the files are the truth.
//!
//! Only this module writes under a project, and only [`layout`] knows a file's name. JSON files start with `format`;
//! writers write a temporary file, sync it and rename it; append-only files survive a torn last line.
//!
//! ```text
//! layout   every path               format   versioned file structs
//! atomic   write, sync, rename      lock     who may write
//! project  open or create           sweeps   a submission, all or none
//! tasks    what is on disk          runs     one run's record
//! queue    what waits, as a journal    run_folders  exp.0, exp.1, … elsewhere
//! stamped  folders of batch files   call_folders  folders of Python experiments
//! store    contents shared by sweeps   snapshot     sources in the store
//! settings what a person set       secrets  variables that nobody else reads
//! trash    removed tasks               notes        what a person writes beside a task
//! scan     all tasks at a start        index        what need not be read again
//! records  what scripts record, as it grows
//! ```
#![expect(
    clippy::disallowed_methods,
    reason = "storage is the only writer of files under a project"
)]

pub mod atomic;
pub mod call_folders;
pub mod error;
pub mod format;
pub mod identities;
pub mod index;
pub mod layout;
pub mod lock;
pub mod notes;
pub mod project;
pub mod queue;
pub mod records;
pub mod run_folders;
pub mod runs;
pub mod scan;
pub mod secrets;
pub mod server_file;
pub mod settings;
pub mod settings_file;
pub mod snapshot;
pub mod stamped;
pub mod store;
pub mod sweeps;
pub mod tasks;
pub mod templates;
pub mod trash;

pub use error::StorageError;
pub use layout::Layout;
