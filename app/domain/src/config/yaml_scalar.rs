//! How plain scalars are read.
