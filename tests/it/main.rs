//! Every promise has a file.

mod generated;
mod openapi;
mod oracle;
mod schemas;
mod support;
mod tidy;
mod truths;
