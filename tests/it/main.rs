//! Every promise has a file.

mod generated;
mod known;
mod openapi;
mod oracle;
mod properties;
mod schemas;
mod support;
mod tidy;
mod truths;
