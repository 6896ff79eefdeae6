//! Every promise has a file.

mod bad;
mod binary;
mod census;
mod clients;
mod definitions;
mod determinism;
mod endings;
mod formats;
mod generated;
mod hostile;
mod known;
mod live;
mod mended;
mod mutations;
mod openapi;
mod oracle;
mod parity;
mod probes;
mod properties;
mod schemas;
mod secrets;
mod starter;
mod support;
mod tidy;
mod truths;
mod validation;
