//! Every promise has a file.

mod openapi;
mod schemas;
mod support;
mod tidy;
mod truths;
