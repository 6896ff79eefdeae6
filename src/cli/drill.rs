//! `runaway drill`: a containment on a real system, from a targets file to an exit code.

use std::fmt::Write as _;
use std::fs::File;
use std::io::IsTerminal as _;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use super::args;
use super::discovery::discovered;
use super::failure::Failure;
use super::files::replace;
use super::folder::{Folder, JOURNAL, SENT};
use super::open::folder_of;
use super::output;
use super::undumpable::leave_no_core;
use crate::report::text::hung;
use crate::scenario::Source;
use crate::staging::client::SentLog;
use crate::staging::drill::{Drilled, drill as run_drill, judge, summary, to_json};
use crate::staging::guard::{Agreement, Kill, Proposal, Refused, Watch, caps_of_restoring};
use crate::staging::targets::{self, Act, Alarm, Targets};
use crate::verdict::Exit;

/// `runaway drill`.
pub fn drill(args: &args::Drill) -> Result<Exit, Failure> {
    leave_no_core()?;
    let (targets, warnings) = targets::read(Source::open(&args.targets)?, folder_of(&args.targets))?;
    for warning in &warnings {
        output::aside(&hung(&format!("warning[{}]: ", warning.code.name()), &warning.message, 2));
    }
    if targets.drill.steps.is_empty() {
        let help = match targets.explore {
            Some(_) => {
                "it is the file of an exploration, which `runaway run FILE --plane staging` runs; to drill, say under \
                        `drill` how the identity is contained: docs/drill.md"
            }
            None => "say under `drill` how the identity is contained: docs/drill.md",
        };
        return Err(Failure::input("this targets file has nothing to drill", Some(help.into())));
    }
    let targets = Arc::new(targets);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let done = runtime.block_on(start(args, targets));
    // A thread may still wait for a person to press Enter.
    runtime.shutdown_background();
    done
}

async fn start(args: &args::Drill, targets: Arc<Targets>) -> Result<Exit, Failure> {
    let proposal = Proposal::resolve(targets.clone(), lookup).await?;
    let plan = plan(&targets, &proposal);
    if args.dry_run {
        return output::text(&format!("{plan}\nnothing was sent\n"));
    }
    let agreement = agreed_hosts(&args.consent, &plan, &targets, AFTER_A_DRY_RUN)?;
    proposal.is_agreed(&agreement)?;
    let mut folder = match &args.out {
        Some(folder) => Folder::given(folder)?,
        None => Folder::fresh(Path::new("reports"), &targets.name, None)?,
    };
    let journal = folder.journal();
    let sent = sent_log(&folder)?;
    let (targets, proposal) = discovered(targets, proposal, &agreement, sent.clone()).await?;
    let pinned = proposal.pinned().to_vec();
    let consents = proposal.agree(&agreement, Kill::default(), Kill::default())?;
    let file = File::create(&journal).map_err(|error| Failure::at(&journal, &error))?;
    let drilled = run_drill(targets, &pinned, consents, Watch::begin()?, file, sent.clone()).await?;
    let sent = sent.finish();
    let exit = tell(&mut folder, &drilled, sent.is_ok())?;
    Ok(sent.map_or_else(|error| output::despite(Failure::at(&folder.sent(), &error), exit), |()| exit))
}

/// The file that keeps what was sent.
pub fn sent_log(folder: &Folder) -> Result<Arc<SentLog>, Failure> {
    let path = folder.sent();
    let file = File::create(&path).map_err(|error| Failure::at(&path, &error))?;
    Ok(Arc::new(SentLog::new(file)))
}

/// The same file of an earlier run, behind its last whole line.
pub fn sent_log_again(folder: &Folder) -> Result<Arc<SentLog>, Failure> {
    let path = folder.sent();
    let opened = File::options().create(true).append(true).open(&path);
    let behind = opened.and_then(|file| {
        let last = std::fs::read(&path)?.iter().rposition(|byte| *byte == b'\n');
        let whole = last.map_or(0, |at| at as u64 + 1);
        file.set_len(whole)?;
        Ok(SentLog::behind(file, whole))
    });
    behind.map(Arc::new).map_err(|error| Failure::at(&path, &error))
}

/// Looks a name up, once.
pub async fn lookup(host: &str, port: u16) -> std::io::Result<Vec<IpAddr>> {
    Ok(tokio::net::lookup_host((host, port)).await?.map(|address| address.ip()).collect())
}

/// What was written while a run went on, as far as the disk took all of it.
pub fn whole_traces(journal: bool, sent: bool) -> Vec<&'static str> {
    [(JOURNAL, journal), (SENT, sent)].into_iter().filter(|(_, whole)| *whole).map(|(name, _)| name).collect()
}

fn tell(folder: &mut Folder, drilled: &Drilled, sent: bool) -> Result<Exit, Failure> {
    let Drilled { header, events, journal } = drilled;
    let result = judge(header, events);
    let text = summary(header, events, &result);
    let json = serde_json::to_string_pretty(&to_json(header, events, &result))
        .map_err(|e| Failure::incomplete(e.to_string()))?;
    let written = [("drill.json", json + "\n"), ("summary.txt", text.clone())]
        .into_iter()
        .try_for_each(|(name, text)| replace(&folder.path().join(name), &text));
    let whole = journal.as_ref().map_err(|error| Failure::at(&folder.journal(), error));
    let written = written.and(whole.copied()).and_then(|()| folder.done());
    let names = [&["drill.json"][..], &whole_traces(journal.is_ok(), sent), &["summary.txt"]].concat();
    let end = format!("\n{}", folder.told(&names));
    let exit = output::result(&(text + &end + &folder.rest()), result.exit());
    Ok(written.map_or_else(|failure| output::despite(failure, exit), |()| exit))
}

/// What somebody agrees to: everything that will happen, and where.
fn plan(targets: &Targets, proposal: &Proposal) -> String {
    let mut out = format!("{}: a drill of {}\n", targets.name, targets.identity);
    out.push_str(&origins_and_writes(targets, proposal));
    let names = |all: &[targets::CredentialIx]| {
        all.iter().map(|ix| targets.credential(*ix).name.clone()).collect::<Vec<_>>().join(", ")
    };
    let _ = writeln!(
        out,
        "\nprobes  {} at {}",
        names(&targets.drilled),
        targets.services.iter().map(|s| s.name.clone()).collect::<Vec<_>>().join(", ")
    );
    let _ = writeln!(
        out,
        "  every {}, {} requests a second in all; control: {}",
        targets.drill.cadence,
        targets.probes_per_second().ceil(),
        names(&[targets.control])
    );
    for (head, steps) in [("steps", &targets.drill.steps), ("restore", &targets.drill.restore)] {
        if !steps.is_empty() {
            let _ = writeln!(out, "\n{head}");
        }
        for (n, step) in steps.iter().enumerate() {
            let kind = match &step.act {
                Act::Http(request) => format!("{} {}", request.method, targets.origin(request.origin).name),
                Act::Command { .. } => "a program".to_owned(),
                Act::Pause(_) => "a person".to_owned(),
                Act::WaitForAlarm { at_most } => format!("at most {at_most}"),
            };
            let _ = writeln!(out, "  {}. {} ({kind})", n + 1, step.name);
        }
    }
    out.push_str(&caps_and_stops(targets, "the drill"));
    out
}

/// Every address, and what may be changed there.
pub fn origins_and_writes(targets: &Targets, proposal: &Proposal) -> String {
    let mut out = "\norigins\n".to_owned();
    for (origin, pinned) in targets.origins.iter().zip(proposal.pinned()) {
        let _ = writeln!(out, "  {}  {}  at {}", origin.name, pinned.key, pinned.address);
    }
    let contact = targets.contact.as_deref().unwrap_or("nobody: say `contact` in the targets file");
    let _ = writeln!(out, "\nwhom each request names for questions\n  {contact}");
    if let Some(issuer) = &targets.issuer {
        let _ = writeln!(out, "\nasked first\n  {} where its endpoints are", issuer.url);
    }
    if let Some(Alarm::Webhook(hook)) = &targets.alarm {
        let _ = writeln!(out, "\nlistens\n  at http://{}{} for an alarm", hook.listen, hook.path);
    }
    out.push_str("\nwrites that are allowed\n");
    for pattern in &targets.rules.allowed {
        let end = if pattern.open_end { "*" } else { "" };
        let _ = writeln!(out, "  {} {}:{}{end}", pattern.method, targets.origin(pattern.origin).name, pattern.path);
    }
    if targets.rules.allowed.is_empty() {
        out.push_str("  none\n");
    }
    out
}

/// What ends it.
pub fn caps_and_stops(targets: &Targets, what: &str) -> String {
    let (caps, after) = (&targets.caps, caps_of_restoring(targets.caps));
    let stops = if targets.stops.is_empty() { "none".to_owned() } else { targets.stops.len().to_string() };
    format!(
        "\ncaps\n  {} requests, {} in {}, {} at once, {}, {} URLs, {} bytes, {} writes\n  stop conditions: {stops}; Ctrl-C \
         stops {what}, a second one the restoring too\n\nputting things back\n  {} requests more, {} at once, {}, {} writes \
         more\n",
        caps.requests,
        caps.rate.n,
        caps.rate.per,
        caps.at_once,
        caps.duration,
        caps.objects,
        caps.bytes,
        caps.writes,
        after.requests,
        after.at_once,
        after.duration,
        after.writes,
    )
}

/// How to agree, to a command that can show what it would send, and to one that cannot.
pub const AFTER_A_DRY_RUN: &str =
    "`--dry-run` shows it; then say `--consent HOST:PORT` for every host, or run it at a terminal";
pub const AT_ONCE: &str = "say `--consent HOST:PORT` for every host, or run it at a terminal";

/// Consent from the command line, or from a person at the terminal.
pub fn agreed_hosts(
    consent: &[String],
    plan: &str,
    targets: &Targets,
    consenting: &'static str,
) -> Result<Agreement, Failure> {
    if !consent.is_empty() {
        return Ok(Agreement::Hosts(consent.to_vec()));
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::refused("nobody agreed to what would be sent", consenting));
    }
    output::aside(&format!(
        "{plan}\nThis sends real requests to the hosts above. To agree, type the name of the drill: "
    ));
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    if line.trim() == targets.name {
        return Ok(Agreement::AllShown);
    }
    Err(Failure::refused(
        "that was not the name of the drill, so nothing was sent",
        format!("type `{}` to agree", targets.name),
    ))
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Failure {
        let help = match &refused {
            Refused::NoConsent(host) => format!("say `--consent {host}` too, if you mean it"),
            Refused::Unresolved { .. } => "look at the name, and at the network".to_owned(),
            _ => "`runaway drill --dry-run` shows the plan and every address".to_owned(),
        };
        Failure::refused(refused.to_string(), help)
    }
}
