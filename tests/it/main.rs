//! Every promise has a file.

mod bad;
mod clients;
mod definitions;
mod generated;
mod hostile;
mod live;
mod openapi;
mod oracle;
mod parity;
mod probes;
mod properties;
mod schemas;
mod support;
mod tidy;
mod truths;
mod validation;
