//! Putting back what a drill left behind that could not end: from its journal, in the order of its targets file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::event::{Event, Header, Probed, Reading, Who};
use super::record::Record;
use super::restore::restore;
use super::steps::Turn;
use super::watching::Scene;
use super::{Drilled, ended};
use crate::scenario::{Rejected, Source};
use crate::staging::alarm::Ear;
use crate::staging::client::{Client, SentLog};
use crate::staging::guard::{Consents, Watch};
use crate::staging::targets::{self, Act, Targets};

/// The journal of a drill, as far as it was written.
#[derive(Debug)]
pub struct Past {
    pub header: Header,
    pub events: Vec<Event>,
    /// Where the last whole line ends. What stands behind it was cut off.
    whole: u64,
}

impl Past {
    /// Reads a journal. A last line that is cut off was never known to be written, and is left out.
    pub fn read(path: &Path) -> io::Result<Past> {
        let mut lines = BufReader::new(File::open(path)?);
        let (mut events, mut whole, mut line) = (Vec::new(), 0, Vec::new());
        let damaged =
            |n: usize| io::Error::new(io::ErrorKind::InvalidData, format!("line {} is no event of a drill", n + 1));
        loop {
            line.clear();
            let n = lines.read_until(b'\n', &mut line)?;
            if n == 0 || !line.ends_with(b"\n") {
                break;
            }
            events.push(serde_json::from_slice::<Event>(&line).map_err(|_| damaged(events.len()))?);
            whole += n as u64;
        }
        match events.first() {
            Some(Event::Header(header)) if header.format == super::event::FORMAT => {
                if let Some(at) = events.iter().position(|event| !event.fits(header)) {
                    return Err(damaged(at));
                }
                Ok(Past { header: (**header).clone(), events, whole })
            }
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "it does not begin with the header of a drill")),
        }
    }

    /// The targets file that the drill was run with.
    pub fn targets(&self) -> Result<Targets, Rejected> {
        let name = format!("the targets of {}", self.header.targets);
        let source = Source { name, text: self.header.document.as_str().into() };
        let (folder, known) = (PathBuf::from(&self.header.folder), self.header.endpoints.as_ref());
        targets::read_knowing(source, &folder, known).map(|(targets, _)| targets)
    }

    /// Whether anything was begun that has to be put back.
    pub fn did_anything(&self) -> bool {
        self.events.iter().any(Event::is_step_begun)
    }

    /// The steps of restoring that were seen to be done.
    fn restored(&self) -> BTreeSet<Turn> {
        let done = self.events.iter().filter_map(|event| match event {
            Event::Stepped(step) if step.restoring && step.done() => Some((step.step, step.instance)),
            _ => None,
        });
        done.collect()
    }

    /// Whether every step of restoring was done, each time that it was to be.
    pub fn is_restored(&self, targets: &Targets) -> bool {
        let done = self.restored();
        let steps = targets.drill.restore.iter().enumerate();
        steps.flat_map(|(at, step)| step.turns(targets).map(move |turn| (at, turn))).all(|turn| done.contains(&turn))
    }

    /// Whether all that was accepted before anything was done was seen to work again, when that was last looked at.
    pub fn is_steady(&self) -> bool {
        let (mut before, mut after) = (BTreeSet::new(), BTreeMap::new());
        for event in &self.events {
            match event {
                Event::Probed(Probed {
                    who: Who::Drilled { credential, .. },
                    service: Some(service),
                    reading: Reading::Accepted,
                    ..
                }) => drop(before.insert((*credential, *service))),
                Event::Restored { credential, service, reading, .. } => {
                    after.insert((*credential, *service), *reading);
                }
                _ => {}
            }
        }
        before.iter().all(|pair| after.get(pair) == Some(&Reading::Accepted))
    }
}

/// What happened since somebody last went on with putting back: all of it, where nobody did.
pub fn last_put_back(events: &[Event]) -> &[Event] {
    let begin = events.iter().rposition(|event| matches!(event, Event::Resumed { .. })).unwrap_or(0);
    &events[begin..]
}

/// Does the steps of restoring that are not known to be done, shows the credentials once more, and adds all of it to the
/// journal.
pub async fn undo(
    past: Past,
    targets: Arc<Targets>,
    consents: Consents,
    watch: Watch,
    journal: &Path,
    sent: Arc<SentLog>,
) -> io::Result<Drilled> {
    let Header { services, credentials, .. } = &past.header;
    if (services.len(), credentials.len()) != (targets.services.len(), targets.credentials.len()) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "its header is not that of its targets file"));
    }
    let client = Client::new(consents.restore, &targets)?.writing_down(sent);
    watch.signals(client.kill().clone(), client.kill().clone())?;
    watch.duration(client.caps().duration, client.kill().clone());
    if let Some(file) = &targets.kill_file {
        watch.file(file.clone(), vec![client.kill().clone()]);
    }
    let file = OpenOptions::new().append(true).open(journal)?;
    file.set_len(past.whole)?;
    let done = past.restored();
    let record = Record::resume((file, past.whole), client.kill().clone(), past.events.clone());
    let mut scene = Scene::new(targets, Arc::new(client), record);
    scene.remember(&past.events);
    if scene.targets.drill.restore.iter().any(|step| matches!(step.act, Act::WaitForAlarm { .. })) {
        scene.ear = Ear::open(&scene.targets, &scene.client, &scene.vault).await.map_err(io::Error::other)?;
    }
    let run = scene.client.run_id().to_string();
    scene.record.add(Event::Resumed { at: scene.record.now(), run });
    restore(&scene, &scene.client, &done).await;
    Ok(ended(&scene, past.header, (0, 0)))
}

#[cfg(test)]
mod tests {
    use super::super::event::{Came, FORMAT, Stepped};
    use super::*;

    fn header() -> Header {
        let text = serde_json::json!({
            "format": FORMAT, "written_by": "", "plane": "staging", "targets": "t", "document": "", "folder": ".",
            "identity": "a", "run": "", "started": "", "origins": [], "services": [], "credentials": [], "cadence": 1,
            "sparse": null, "phases": 1, "settle": 1, "deadline": 1, "may_remint": false,
        });
        serde_json::from_value(text).unwrap()
    }

    /// A step that is about the drilled credential is done for each fresh one.
    #[test]
    fn a_step_of_restoring_is_done_when_it_was_for_every_credential() {
        let text = "targets: 1
name: t
origins: {api: {url: 'http://api.test', address: 127.0.0.1}}
writes: ['POST api:/*']
credentials: {token: {from: {request: 'POST api:/token', take: /t}}, other: {from: {env: B}}}
identity: {name: a, credentials: token}
control: other
cleanup: other
services: {api: {probe: 'GET api:/x'}}
caps: {writes: 30}
stop: none
drill:
  phases: 2
  settle: 1s
  deadline: 5s
  steps: [{http: 'POST api:/end', with: other, covers: [token]}]
  restore: [{http: 'POST api:/back', with: other, json: '{\"of\": \"{token}\"}'}]
";
        let source = Source { name: "t".into(), text: text.into() };
        let (targets, _) = targets::read(source, Path::new(".")).unwrap();
        let back = |instance| {
            Event::Stepped(Stepped {
                at: 9,
                step: 0,
                restoring: true,
                name: "back".into(),
                instance: Some(instance),
                came: Came::Done,
                status: Some(200),
                error: None,
                covers: vec![],
                services: vec![],
            })
        };
        let past = |events| Past { header: header(), events, whole: 0 };
        assert!(!past(vec![back(1)]).is_restored(&targets));
        assert!(past(vec![back(1), back(0)]).is_restored(&targets));
    }

    #[test]
    fn a_journal_that_is_cut_anywhere_loses_no_whole_line() {
        let step = Stepped {
            at: 9,
            step: 0,
            restoring: true,
            name: "back".into(),
            instance: None,
            came: Came::Done,
            status: Some(200),
            error: None,
            covers: vec![],
            services: vec![],
        };
        let began = Event::Began { at: 5, step: 0, restoring: false, name: "revoke".into() };
        let all = [Event::Header(Box::new(header())), began, Event::Stepped(step)];
        let lines: Vec<String> = all.iter().map(|event| serde_json::to_string(event).unwrap() + "\n").collect();
        let whole = lines.concat();
        let ends: Vec<usize> = lines
            .iter()
            .scan(0, |end, line| {
                *end += line.len();
                Some(*end)
            })
            .collect();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.ndjson");
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let kept = ends.iter().filter(|end| **end <= cut).count();
            match Past::read(&path) {
                Err(_) => assert_eq!(kept, 0, "cut at {cut}"),
                Ok(past) => {
                    assert_eq!((past.events.len(), past.whole as usize), (kept, ends[kept - 1]), "cut at {cut}");
                    assert_eq!(past.did_anything(), kept >= 2);
                    assert_eq!(past.restored().len(), usize::from(kept == 3));
                }
            }
        }
        std::fs::write(&path, whole.replacen("began", "begun", 1)).unwrap();
        assert!(Past::read(&path).unwrap_err().to_string().contains("line 2"));
    }
}
