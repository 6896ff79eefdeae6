//! Scenarios from descriptions that nobody here wrote.
