//! Random streams of events.
