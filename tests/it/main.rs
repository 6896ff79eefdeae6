//! Every promise has a file.

mod bad;
mod formats;
mod hostile;
mod mutations;
mod openapi;
mod schemas;
mod support;
mod tidy;
mod truths;
