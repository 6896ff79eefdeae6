//! Every promise has a file.

mod bad;
mod clients;
mod generated;
mod hostile;
mod live;
mod openapi;
mod oracle;
mod parity;
mod properties;
mod schemas;
mod support;
mod tidy;
mod truths;
