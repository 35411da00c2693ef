//! The real binary, driven from outside: its command line, its HTTP answers, its processes and its files.
//!
//! One module per kind of promise; `support` holds what plays the person, the browser and the attacker. Nothing here
//! sleeps for a guessed time: conditions are waited for, with a ceiling.
#![expect(
    clippy::disallowed_methods,
    reason = "a test plays the person: it writes files, starts programs and reads the clock"
)]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed; helpers are tests too"
)]

mod bad_input;
mod batch;
mod batch_faults;
mod cached;
mod calls;
mod cancel;
mod cli_background;
mod cli_organise;
mod cli_queue;
mod cli_tasks;
mod cli_texts;
mod config_mode;
mod configs;
mod dry_run;
mod edit;
mod engine;
mod exec;
mod executors;
mod expyrun_table;
mod faults;
mod foreground;
mod fork;
mod gpus;
mod http;
mod index;
mod inline;
mod inspect;
mod inspect_check;
mod live;
mod logs;
mod organise;
mod probe;
mod probe_hostile;
mod process_capture;
mod process_ending;
mod process_limits;
mod process_survival;
mod queue;
mod records;
mod reproduce;
mod run_files;
mod security_access;
mod security_content;
mod security_lan;
mod security_origin;
mod security_paths;
mod security_routes;
mod selection;
mod settings;
mod slots;
mod sources;
mod support;
mod survival;
