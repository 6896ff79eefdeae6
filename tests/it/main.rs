//! Every promise has a file.

mod generated;
mod openapi;
mod oracle;
mod parity;
mod properties;
mod schemas;
mod support;
mod tidy;
mod truths;
