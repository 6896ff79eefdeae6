//! Every promise has a file.

mod binary;
mod census;
mod determinism;
mod generated;
mod known;
mod openapi;
mod oracle;
mod properties;
mod schemas;
mod secrets;
mod support;
mod tidy;
mod truths;
