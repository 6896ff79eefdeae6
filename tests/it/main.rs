//! Every promise has a file.

mod bad;
mod openapi;
mod schemas;
mod support;
mod tidy;
mod truths;
