//! Chaos engineering for agent identities: a simulated agent with real credentials and a faulty instruction is let loose
//! on a mock world or a staging API, and how far it gets before it is contained is measured.
//!
//! The command line is one user of this library. The way of a run through it:
//!
//! ```
//! use runaway::measure::Outcome;
//! use runaway::plane::driver::Stop;
//! use runaway::run::{Kept, measurable, prepare};
//! use runaway::scenario::{Overrides, Source, parse};
//!
//! // A scenario: one of the library, or any text.
//! let story = runaway::library::find("moltbook").ok_or("no such story")?;
//! let source = Source { name: "moltbook.yaml".into(), text: story.text.into() };
//! let document = parse(source, &measurable())?;
//!
//! // A variant of it with all that is known before the run: its plan, the run without a fault, the positive control.
//! let prepared = prepare(&document, Some("hardened"), &Overrides::default(), &Stop::default())?;
//!
//! // The run, in virtual time. Its events go wherever they are wanted: into memory, a journal, a digest.
//! let mut events = Kept::default();
//! prepared.simulate(&Stop::default(), &mut events)?;
//!
//! // What it comes to. A limit on what other runs decide (human pace, other seeds) needs those runs first.
//! let finished = prepared.finish(&events.0, true);
//! assert_eq!(finished.measures.outcome, Outcome::Prevented);
//! assert_eq!(finished.measures.reach.excess.len(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`scenario`] reads what is written, [`model`] is what it means, [`library`] has the incidents.
//! - [`world`], [`agent`], [`responder`] and [`measure`] are the core: no I/O, no clock. They share [`wire`].
//! - [`plane`] lets them meet, in virtual time or over HTTP on loopback; [`run`] does that for one scenario.
//! - [`staging`] explores and drills a real system behind its guard.
//! - [`journal`], [`audit`], [`report`], [`gate`], [`verdict`], [`fix`] and [`graph`] make of it what people and machines read.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::expect_used, clippy::panic))]
pub mod agent;
pub mod analysis;
pub mod audit;
pub mod cli;
pub mod fix;
pub mod gate;
pub mod generate;
pub mod graph;
pub mod import;
pub mod journal;
mod lanes;
pub mod library;
pub mod measure;
pub mod model;
pub mod plane;
#[doc(hidden)]
pub mod planted;
pub mod report;
pub mod responder;
pub mod run;
pub mod scenario;
pub mod staging;
pub mod verdict;
pub mod vocabulary;
pub mod wire;
pub mod world;
