//! Fault injection: whatever dies, whenever it dies, no run is lost, none happens twice, nothing is left behind, and the
//! next start tells the truth.
//!
//! ```text
//! chance        random numbers from a printed seed     RUNYARD_FAULT_SEED=… repeats a run of the suite
//! field         a project whose tasks leave traces outside it
//! truth         the files, the server and the traces against each other
//! kills         servers, supervisors and tasks killed at random instants
//! instants      a server killed at each kind of file operation, one after the other
//! surroundings  a full disk, an unwritable folder, few descriptors, a clock that goes back, another boot
//! ```
//!
//! `RUNYARD_FAULT_ROUNDS` makes it longer: it is the number of projects that [`kills`] goes through.

mod chance;
mod field;
mod instants;
mod kills;
mod surroundings;
mod truth;
