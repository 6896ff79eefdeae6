//! Every promise has a file.

mod bad;
mod binary;
mod census;
mod clients;
mod definitions;
mod determinism;
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
mod stories;
mod support;
mod tidy;
mod truths;
mod validation;
