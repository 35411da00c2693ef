//! The batch syntax: from a text to alternatives.
