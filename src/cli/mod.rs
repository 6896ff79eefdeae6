//! The command line.

mod args;
mod aside;
mod calibrate;
mod check;
mod compare;
mod demo;
mod discovery;
mod drill;
mod explain;
mod explore;
mod failure;
mod files;
mod fix;
mod folder;
mod gate;
mod graph;
mod init;
mod interrupt;
mod job;
mod journal;
mod list;
mod mock;
mod open;
mod otlp;
mod output;
mod pages;
mod progress;
mod reconcile;
mod reconstruct;
mod reference;
mod replay;
mod run;
mod serve;
mod show;
mod test;
mod undo;
mod undumpable;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use args::{Cli, Command, SchemaOf};
use failure::Failure;

/// Runs the program and says how it ended.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Demo(args) => demo::demo(&args),
        Command::Run(args) => run::run(&args),
        Command::Test(args) => test::test(&args),
        Command::Compare(args) => compare::compare(&args),
        Command::Baseline { command: args::BaselineCommand::Accept(args) } => compare::accept(&args),
        Command::Check(args) => check::check(&args),
        Command::Drill(args) => drill::drill(&args),
        Command::Undo(args) => undo::undo(&args),
        Command::Fix(args) => fix::fix(&args),
        Command::Graph(args) => graph::graph(&args),
        Command::Calibrate(args) => calibrate::calibrate(&args),
        Command::Mock(args) => mock::mock(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Reconcile(args) => reconcile::reconcile(&args),
        Command::Reconstruct(args) => reconstruct::reconstruct(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::List(args) => list::list(&args),
        Command::Show(args) => show::show(&args),
        Command::Init(args) => init::init(&args),
        Command::Schema(args) => schema(args.of),
        Command::Completions { shell } => completions(shell),
        Command::Man => manual(),
        Command::Reference { of } => reference::reference(of),
    };
    match done {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => failure.report(),
    }
}

fn schema(of: SchemaOf) -> Result<crate::verdict::Exit, Failure> {
    let schema = match of {
        SchemaOf::Scenario => crate::scenario::schema(),
        SchemaOf::Run => crate::report::run_schema(),
        SchemaOf::Results => crate::gate::results_schema(),
        SchemaOf::Drill => crate::staging::drill::drill_schema(),
        SchemaOf::Targets => crate::staging::targets::grammar::schema(),
    };
    output::json(&schema)
}

fn completions(shell: clap_complete::Shell) -> Result<crate::verdict::Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "runaway", &mut script);
    output::bytes(&script)
}

fn manual() -> Result<crate::verdict::Exit, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    output::bytes(&page)
}
