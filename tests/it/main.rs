//! Every promise has a file.

mod definitions;
mod openapi;
mod probes;
mod schemas;
mod support;
mod tidy;
mod truths;
mod validation;
