//! Every promise has a file.

mod bad;
mod hostile;
mod mutations;
mod openapi;
mod schemas;
mod support;
mod tidy;
mod truths;
