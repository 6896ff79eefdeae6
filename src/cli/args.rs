//! What the user may type.

mod from;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};

use crate::report::text::COLUMNS;

/// More seeds than anybody waits for.
pub const MOST_SEEDS: i64 = 10_000;

pub use from::From;

const AFTER: &str = "\
Start with `runaway demo`.

Exit codes:
  0  every limit holds
  1  a limit does not hold
  2  the input is wrong
  3  stopped: Ctrl-C, or refused for safety
  4  the run could not be completed, or says nothing
Of several, the first of 2, 1, 3, 4 counts. Ctrl-C is how `mock` and `serve`
end: 0.";

const AFTER_RUN: &str = "\
Examples:
  runaway run moltbook@three-rounds
  runaway run wiper@lag-60s --seed 7
  runaway run wiper@lag-60s --probe 1s
  runaway run moltbook --set services.db.rows=owner
  runaway run my.yaml --plane mock --clock wall --time-scale 10 --out results
  runaway run targets.yaml --plane staging --dry-run";

const AFTER_TEST: &str = "\
Examples:
  runaway test                                  scenarios/, or the library
  runaway test scenarios --out results          for CI: JUnit, SARIF, Markdown, JSON
  runaway test wiper moltbook@hardened
  runaway baseline accept                       then: runaway test --fail-on worse";

const AFTER_DRILL: &str = "\
Examples:
  runaway check targets.yaml
  runaway drill targets.yaml --dry-run
  runaway drill targets.yaml --consent api.staging.example:443";

const AFTER_RECONCILE: &str = "\
Examples:
  runaway reconcile reports/desk-1 --audit gateway.ndjson
  runaway reconcile reports/desk-1 --audit gateway.log --audit issuer.log
  runaway reconcile reports/desk-1 --audit nginx.json --field time=/ts --field path=/uri --field identity=/user
  runaway reconcile reports/desk-1 --audit export.csv --field time=When --field path=URL --field trace=Correlation";

const AFTER_FIX: &str = "\
Examples:
  runaway fix moltbook
  runaway fix wiper@lag-60s
  runaway fix my.yaml --seeds 20 --format json

The first change is printed as a variant: paste it under `variants:` of the
file, and the command below it confirms it.";

const AFTER_GRAPH: &str = "\
Examples:
  runaway graph moltbook
  runaway graph moltbook@three-rounds --format dot | dot -Tsvg > reach.svg
  runaway graph reports/moltbook-1 --format opengraph > bloodhound.json";

const AFTER_INIT: &str = "\
Examples:
  runaway init moltbook
  runaway init --from openapi api.json --out mine.yaml
  runaway init --from chain:10
  runaway init --from grid:100x1000";

/// Let a compromised agent loose in a model of your world, and measure how far it gets before it is contained.
#[derive(Debug, Parser)]
#[command(name = "runaway", version, arg_required_else_help = true, max_term_width = COLUMNS, after_help = AFTER)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// See it work: one incident three times, side by side
    ///
    /// Runs Moltbook uncontrolled, as it was really fixed, and hardened; simulated and over HTTP.
    Demo(Demo),
    /// Run one scenario and say how far the agent got, what stopped it, and when
    Run(Run),
    /// Run every scenario and fail where one comes out otherwise than expected: what CI runs
    Test(Test),
    /// Say what got better and worse between two runs, two results of `test`, or since the baseline
    Compare(Compare),
    /// Keep what a team has accepted, for `test` and `compare`
    Baseline {
        #[command(subcommand)]
        command: BaselineCommand,
    },
    /// Check scenario and targets files and say everything that is wrong with them
    Check(Check),
    /// Contain an identity on a real system, and find out when each service really stopped accepting it
    Drill(Drill),
    /// Put back what a drill or a run on a real system left behind that could not end
    Undo(Undo),
    /// Say what to fix first: every change that the model knows, tried on a scenario and ranked by what it prevents
    Fix(Fix),
    /// Show by which ways data can be reached in a scenario, or was reached in a run, and what they all go through
    Graph(Graph),
    /// Set the thresholds of a scenario's detectors to a false-alarm budget, by its benign work
    Calibrate(Calibrate),
    /// Serve a scenario's world over HTTP on loopback, for curl
    Mock(Mock),
    /// Show the runs of a folder on a local page: open a report, compare two
    Serve(super::serve::Serve),
    /// Rebuild the summary of a run from its journal, without running anything
    Replay(Replay),
    /// Say who did what, from the audit log of a run alone; with its journal beside it, how much of that is right
    Reconstruct(Reconstruct),
    /// Put the defenders' log beside what a drill or a run sent: what it shows, under which identity, what is missing
    Reconcile(Reconcile),
    /// Tell what happened in a run, and which lines of its journal show it
    Explain(Explain),
    /// List the scenarios of the library, or one of the registries
    List(List),
    /// Tell a scenario's story: who can do what, what goes wrong, what contains it
    Show(Show),
    /// Start a scenario of your own: from the library, from an OpenAPI description, or by a rule
    Init(Init),
    /// Print a JSON Schema, for editors and for readers of run.json
    Schema(Schema),
    /// Print a completion script for your shell
    Completions {
        /// The shell that will read it
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Print a page of docs/reference
    #[command(hide = true)]
    Reference {
        /// Which page
        #[arg(value_enum)]
        of: ReferenceOf,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ReferenceOf {
    /// Every key of a scenario
    Format,
    /// Every key of a targets file
    Targets,
    /// What goes wrong with an agent
    Faults,
    /// What raises an alarm
    Detectors,
    /// What answers an alarm, and what prevents
    Responses,
    /// What is measured
    Measures,
    /// What each containment action does to each layer of credential
    Containment,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum PlaneName {
    /// In virtual time, in this process
    Sim,
    /// Over real HTTP on loopback
    Mock,
    /// Against a real API: the argument is a targets file
    Staging,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ClockName {
    /// As fast as it goes; the same bytes every time
    Virtual,
    /// As time really passes
    Wall,
}

#[derive(Clone, Debug, Args)]
#[command(after_help = AFTER_RUN)]
pub struct Run {
    /// A scenario of the library or a file, with @VARIANT where wanted
    #[arg(default_value = "moltbook", value_name = "NAME|FILE[@VARIANT]", value_hint = ValueHint::FilePath)]
    pub scenario: String,
    /// Where requests are answered
    #[arg(long, value_enum, default_value = "sim")]
    pub plane: PlaneName,
    /// Which clock the mock plane runs on
    #[arg(long, value_enum, default_value = "virtual")]
    pub clock: ClockName,
    /// How many times faster than life the wall clock runs
    #[arg(long, value_name = "FACTOR")]
    pub time_scale: Option<f64>,
    /// Draw everything from this seed instead of the scenario's
    #[arg(long)]
    pub seed: Option<u64>,
    /// Run it under so many seeds, the first one and those that follow, and say how often it came out so
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub seeds: Option<u32>,
    /// Change one setting of the scenario; may be given again
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// Ask so often whether each credential of the agent is still accepted, and show it beside what is known
    #[arg(long, value_name = "SPAN")]
    pub probe: Option<String>,
    /// Try what would have prevented it as `runaway fix` does, and say in the report what to fix first
    #[arg(long)]
    pub fix: bool,
    /// Where the results go, in place of what lies there [default: reports/<scenario>-<n>]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Write the run as OpenTelemetry spans (OTLP, JSON lines) here; needs a build with the feature `otlp`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub otlp: Option<PathBuf>,
    /// Run it anew whenever the file of the scenario changes, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// Print the verdict and the headline only
    #[arg(long, short)]
    pub quiet: bool,
    /// On a real system, look the origins up, print what would be sent, and send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Agree to requests to this host; say it for every host of the targets file
    #[arg(long, value_name = "HOST:PORT")]
    pub consent: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_TEST)]
pub struct Test {
    /// Scenarios of the library, files, or folders of them; @VARIANT runs one variant [default: scenarios/, or the library]
    #[arg(value_name = "DIR|FILE|NAME[@VARIANT]", value_hint = ValueHint::AnyPath)]
    pub scenarios: Vec<String>,
    /// Write results.json, results.sarif, junit.xml and summary.md here
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Write the results as JSON
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub json: Option<PathBuf>,
    /// Write JUnit XML
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
    /// Write SARIF 2.1.0
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub sarif: Option<PathBuf>,
    /// Write a comment for a pull request
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub markdown: Option<PathBuf>,
    /// Compare with this state [default: runaway.baseline.json where there is one]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Fail also where it got worse than the baseline
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    /// Broken limits that are tolerated for now [default: runaway.suppressions.yaml where there is one]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub suppressions: Option<PathBuf>,
    /// An OpenAPI description: which of its operations does no scenario exercise?
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub inventory: Option<PathBuf>,
    /// How many run side by side [default: one for each core]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub jobs: Option<u16>,
    /// Print what is wrong and the last lines only
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum FailOn {
    /// A limit is broken that was not
    New,
    /// Any measure got worse, beyond its interval
    Worse,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// What was: a baseline, results of `test`, or the folder of a run
    #[arg(value_hint = ValueHint::AnyPath)]
    pub base: PathBuf,
    /// What is
    #[arg(value_hint = ValueHint::AnyPath)]
    pub new: PathBuf,
    /// Fail where it got worse
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOn>,
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Subcommand)]
pub enum BaselineCommand {
    /// Run the scenarios and accept what they come to
    Accept(Accept),
}

#[derive(Debug, Args)]
pub struct Accept {
    /// Scenarios of the library, files, or folders of them [default: scenarios/, or the library]
    #[arg(value_name = "DIR|FILE|NAME[@VARIANT]", value_hint = ValueHint::AnyPath)]
    pub scenarios: Vec<String>,
    /// Where it is kept
    #[arg(long, default_value = super::test::BASELINE, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: PathBuf,
}

#[derive(Debug, Args)]
pub struct Demo {
    /// Skip the runs over HTTP
    #[arg(long)]
    pub sim_only: bool,
}

#[derive(Debug, Args)]
pub struct Check {
    /// Scenario or targets files; of a scenario, @VARIANT checks one variant only
    #[arg(required = true, value_name = "FILE[@VARIANT]", value_hint = ValueHint::FilePath)]
    pub files: Vec<String>,
    /// How findings are printed
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
    /// Of targets files: look every origin up, and ask the issuer for its endpoints. Without it nothing is sent
    #[arg(long)]
    pub online: bool,
    /// With --online: agrees to a request to this host; once for each
    #[arg(long, value_name = "HOST:PORT", requires = "online")]
    pub consent: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_DRILL)]
pub struct Drill {
    /// A targets file: docs/drill.md tells how to write one
    #[arg(value_name = "TARGETS", value_hint = ValueHint::FilePath)]
    pub targets: PathBuf,
    /// Print the plan and the address of every origin; send nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Agree to requests to this host and port; given once for each [default: a person is asked]
    #[arg(long, value_name = "HOST:PORT")]
    pub consent: Vec<String>,
    /// Where the results go, in place of what lies there [default: reports/<name>-<n>]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Undo {
    /// The folder of a drill or of a run on the staging plane, or the journal of a drill
    #[arg(value_name = "RUN", value_hint = ValueHint::FilePath)]
    pub journal: PathBuf,
    /// Agree to requests to this host and port; given once for each [default: a person is asked]
    #[arg(long, value_name = "HOST:PORT")]
    pub consent: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_FIX)]
pub struct Fix {
    /// A scenario of the library or a file, with @VARIANT where wanted
    #[arg(value_name = "NAME|FILE[@VARIANT]", value_hint = ValueHint::FilePath)]
    pub scenario: String,
    /// Draw everything from this seed instead of the scenario's
    #[arg(long)]
    pub seed: Option<u64>,
    /// Try each change under so many seeds [default: as many as the scenario speaks of, at most 5]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_SEEDS))]
    pub seeds: Option<u32>,
    /// Change one setting of the scenario; may be given again
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_GRAPH)]
pub struct Graph {
    /// A scenario of the library or a file, with @VARIANT where wanted; or the folder of a run, or its journal
    #[arg(value_name = "NAME|FILE[@VARIANT]|RUN", value_hint = ValueHint::AnyPath)]
    pub of: String,
    /// Change one setting of the scenario; may be given again
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    pub format: GraphFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum GraphFormat {
    /// The shortest ways to each class of data, and the fewest grants to cut
    Text,
    /// For Graphviz
    Dot,
    /// For BloodHound, as OpenGraph JSON
    Opengraph,
}

#[derive(Debug, Args)]
#[command(after_help = super::calibrate::AFTER)]
pub struct Calibrate {
    /// A scenario of the library or a file, with @VARIANT where wanted
    #[arg(value_name = "NAME|FILE[@VARIANT]", value_hint = ValueHint::FilePath)]
    pub scenario: String,
    /// How many false alarms each detector may raise, in how much benign work
    #[arg(long, default_value = "1 per 7d", value_name = "N per TIME")]
    pub budget: String,
    /// How many seeds set the thresholds; as many others check them
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=MOST_SEEDS))]
    pub seeds: u32,
    /// Change one setting of the scenario; may be given again
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// How the result is printed
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Mock {
    /// A scenario of the library or a file, with @VARIANT where wanted
    #[arg(default_value = "moltbook", value_name = "NAME|FILE[@VARIANT]", value_hint = ValueHint::FilePath)]
    pub scenario: String,
    /// Draw tokens from this seed instead of the scenario's
    #[arg(long)]
    pub seed: Option<u64>,
    /// The port of the first service; the others follow [default: ports that are free]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    pub port: u16,
    /// How the addresses are printed; as JSON, they are one line, and the access log follows as text
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_RECONCILE)]
pub struct Reconcile {
    /// The folder of a drill or of a run on the staging plane, or its requests.ndjson
    #[arg(value_name = "DIR|FILE", value_hint = ValueHint::AnyPath)]
    pub run: PathBuf,
    /// The defenders' log: OCSF, JSON lines, an access log, or CSV where its name ends so; may be given again
    #[arg(long, required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub audit: Vec<PathBuf>,
    /// Where a field stands: time, method, path, identity, status, trace, user-agent; may be given again
    #[arg(long = "field", value_name = "FIELD=PLACE")]
    pub fields: Vec<String>,
    /// How far a line may be from its request, where no trace tells
    #[arg(long, value_name = "SPAN", default_value = "2s")]
    pub window: String,
    /// How the result is written
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Replay {
    /// The journal of a run: reports/<scenario>-<n>/journal.ndjson
    #[arg(value_name = "JOURNAL", value_hint = ValueHint::FilePath)]
    pub journal: PathBuf,
    /// Write run.json, the summary and the audit log here again
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Write the run as OpenTelemetry spans (OTLP, JSON lines) here; needs a build with the feature `otlp`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub otlp: Option<PathBuf>,
    /// Print the verdict and the headline only
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Reconstruct {
    /// The folder of a run, or an audit log in OCSF, one event a line
    #[arg(value_name = "DIR|AUDIT", value_hint = ValueHint::AnyPath)]
    pub path: PathBuf,
    /// How it is printed
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Explain {
    /// The folder of a run, or its journal
    #[arg(value_name = "RUN", value_hint = ValueHint::AnyPath)]
    pub run: PathBuf,
    /// How the story is printed
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct List {
    /// What to list in place of the scenarios
    #[arg(value_enum)]
    pub what: Option<super::pages::Kind>,
    /// How the list is printed
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Show {
    /// A scenario of the library or a file, with @VARIANT for one variant of it; or an entry of a list, such as fault:harvest
    #[arg(value_name = "NAME|FILE[@VARIANT]|KIND:NAME", value_hint = ValueHint::FilePath)]
    pub scenario: String,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_INIT)]
pub struct Init {
    /// The scenario of the library to copy, or with --from openapi the description to read
    #[arg(value_name = "NAME|FILE", value_hint = ValueHint::FilePath, required_unless_present = "from")]
    pub source: Option<String>,
    /// What it is made from: `openapi`, `chain:LINKS`, `grid:KEYSxOPERATIONS`, or `random:SEED`
    #[arg(long, value_name = "RULE")]
    pub from: Option<From>,
    /// The scope that the compromised agent holds [default: the one that unlocks most changes]
    #[arg(long, requires = "from")]
    pub scope: Option<String>,
    /// Where to write it [default: NAME.yaml here]
    #[arg(long, short, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Schema {
    /// Of scenario files, of run.json, of the results of `test`, of targets files, or of drill.json
    #[arg(value_enum, default_value = "scenario")]
    pub of: SchemaOf,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum SchemaOf {
    Scenario,
    Run,
    Results,
    Targets,
    Drill,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    Text,
    Json,
}
