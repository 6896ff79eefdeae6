//! Reading a journal back: exactly the events that were written.

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _};

use serde_json::Value;

use crate::model::Plan;
use crate::wire::{
    ActorId, ApprovalId, CollId, Conversation, CredId, Effect, Event, FamilyId, FlowId, HeldId, IdentityId,
    InstructionId, JobId, Key, LimitId, Message, OpId, Open, RequestId, ResponseId, RouteId, RuleId, SecretKind, Span,
    StepId, Target, Tick, Written,
};

use super::digest::{Digest, of_json};
use super::fields::record;
use super::order::disorder;
use super::{Header, Trailer, words};

/// A journal that was read.
pub struct Journal {
    pub header: Header,
    pub plan: Plan,
    pub events: Vec<Event>,
    /// Missing when the run was killed: the journal says what happened until then.
    pub trailer: Option<Trailer>,
    /// Of the events that were read.
    pub digest: String,
}

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the journal cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("the journal is empty")]
    Empty,
    #[error("line 1 is not the header of a journal: {0}")]
    Header(String),
    #[error("this journal has format {0}, and this program reads format {known}", known = super::FORMAT)]
    Format(u32),
    #[error("the scenario in the journal cannot be rebuilt: {0}")]
    Scenario(String),
    #[error("line {line} is damaged: {why}")]
    Damaged { line: usize, why: String },
    #[error("line {line} is longer than any line of a journal")]
    TooLong { line: usize },
    #[error("the journal was changed: it has the digest {found}, and it says {said}")]
    Changed { found: String, said: String },
    #[error("the journal was changed: it has {found} events, and it says {said}")]
    Miscounted { found: u64, said: u64 },
}

/// Reads a journal. `plan_of` rebuilds the plan from the resolved scenario and the variant.
pub fn read(
    input: impl BufRead,
    plan_of: impl FnOnce(&Value, Option<&str>) -> Result<Plan, String>,
) -> Result<Journal, ReadError> {
    let mut lines = WholeLines { input, line: Vec::new(), read: 0 };
    let first = lines.next()?.ok_or(ReadError::Empty)?;
    let header: Header = serde_json::from_slice(first).map_err(|e| ReadError::Header(e.to_string()))?;
    if header.format != super::FORMAT {
        return Err(ReadError::Format(header.format));
    }
    let mut plan = plan_of(&header.document, header.variant.as_deref()).map_err(ReadError::Scenario)?;
    plan.meta.sizes_unknown = header.plane == "staging";
    let names = Names::of(&plan);
    let mut events = Vec::new();
    let mut trailer = None;
    let mut torn = None;
    while let Some(line) = lines.next()? {
        if trailer.is_some() {
            let why = "the journal was complete before it".to_owned();
            return Err(ReadError::Damaged { line: lines.read, why });
        }
        let parsed = parse(line, &names);
        if let Some(why) = torn.take() {
            return Err(ReadError::Damaged { line: lines.read - 1, why });
        }
        match parsed {
            Ok(Line::Event(event)) => events.push(event),
            Ok(Line::Trailer(t)) => trailer = Some(t),
            // The last line of a killed run may be torn; anything after it is damage.
            Err(why) => torn = Some(why),
        }
    }
    let mut digest = Digest::new(&header.scenario, header.variant.as_deref(), header.seed, &header.document);
    digest.events(&events);
    let digest = digest.finish();
    match &trailer {
        Some(trailer) if trailer.digest != digest => {
            Err(ReadError::Changed { found: digest, said: trailer.digest.clone() })
        }
        Some(trailer) if trailer.events != events.len() as u64 => {
            Err(ReadError::Miscounted { found: events.len() as u64, said: trailer.events })
        }
        Some(Trailer { references, references_digest: Some(said), .. }) if *said != of_json(references) => {
            Err(ReadError::Changed { found: of_json(references), said: said.clone() })
        }
        None if let Some((place, why)) = disorder(&header.plane, &events) => {
            // The header is line 1.
            Err(ReadError::Damaged { line: place + 2, why: why.to_owned() })
        }
        _ => Ok(Journal { header, plan, events, trailer, digest }),
    }
}

/// Lines as bytes, one at a time: the last one of a killed run may end inside a letter.
struct WholeLines<R> {
    input: R,
    line: Vec<u8>,
    read: usize,
}

/// No line of a journal is longer; a file without lines is not read into memory.
const LONGEST_LINE: u64 = 256 << 20;

impl<R: BufRead> WholeLines<R> {
    fn next(&mut self) -> Result<Option<&[u8]>, ReadError> {
        self.line.clear();
        let read = self.input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut self.line)?;
        if read as u64 == LONGEST_LINE {
            return Err(ReadError::TooLong { line: self.read + 1 });
        }
        self.read += 1;
        Ok((read > 0).then_some(self.line.as_slice()))
    }
}

enum Line {
    Event(Event),
    Trailer(Trailer),
}

fn parse(line: &[u8], names: &Names) -> Result<Line, String> {
    let value: Value = serde_json::from_slice(line).map_err(|e| e.to_string())?;
    if value.get("complete").is_some() {
        return serde_json::from_value(value).map(Line::Trailer).map_err(|e| e.to_string());
    }
    let fields = Read { value: &value, names };
    fields.event().map(Line::Event).ok_or_else(|| "this is no event of a journal".to_owned())
}

/// The ids behind names.
struct Names {
    operations: BTreeMap<String, OpId>,
    collections: BTreeMap<String, CollId>,
    rules: BTreeMap<String, RuleId>,
    steps: BTreeMap<String, StepId>,
    instructions: BTreeMap<String, InstructionId>,
}

impl Names {
    fn of(plan: &Plan) -> Names {
        Names {
            operations: plan.operation_ids().map(|op| (plan.operation_name(op), op)).collect(),
            collections: plan.collection_ids().map(|c| (plan.collection(c).name.clone(), c)).collect(),
            rules: plan.controls.detectors.iter().enumerate().map(|(i, d)| (d.name.clone(), RuleId::at(i))).collect(),
            steps: plan.controls.steps.iter().enumerate().map(|(i, s)| (s.name.clone(), StepId::at(i))).collect(),
            instructions: plan
                .instructions
                .iter()
                .enumerate()
                .map(|(i, t)| (t.name.clone(), InstructionId::at(i)))
                .collect(),
        }
    }
}

struct Read<'a> {
    value: &'a Value,
    names: &'a Names,
}

impl Read<'_> {
    fn number(&self, key: &str) -> Option<u64> {
        self.value.get(key)?.as_u64()
    }

    fn small(&self, key: &str) -> Option<u32> {
        u32::try_from(self.number(key)?).ok()
    }

    fn word(&self, key: &str) -> Option<&str> {
        self.value.get(key)?.as_str()
    }

    fn yes(&self, key: &str) -> Option<bool> {
        self.word(key).map(|w| w == "yes")
    }

    fn at(&self) -> Option<Tick> {
        self.number("at").map(Tick)
    }

    fn by(&self) -> Option<ActorId> {
        self.small("by").map(ActorId::new)
    }

    fn id(&self) -> Option<RequestId> {
        Some(RequestId { by: self.by()?, n: self.small("n")? })
    }

    fn coll(&self) -> Option<CollId> {
        self.collection("in")
    }

    fn collection(&self, key: &str) -> Option<CollId> {
        self.names.collections.get(self.word(key)?).copied()
    }

    fn instruction(&self) -> Option<InstructionId> {
        self.names.instructions.get(self.word("instruction")?).copied()
    }

    fn step(&self) -> Option<StepId> {
        self.names.steps.get(self.word("step")?).copied()
    }

    fn conversation(&self) -> Option<Conversation> {
        Some(Conversation { by: ActorId::new(self.small("begun_by")?), n: self.small("task")? })
    }

    fn approval(&self) -> Option<ApprovalId> {
        self.small("approval").map(ApprovalId::new)
    }

    fn cred(&self, key: &str) -> Option<CredId> {
        self.small(key).map(CredId::new)
    }

    fn reason(&self) -> Option<crate::wire::Reason> {
        let (limit, approval) = (self.small("limit").map(LimitId::new), self.approval());
        words::read_reason(
            self.word("reason")?,
            words::Pointers { step: self.step(), limit, approval, flow: self.small("flow").map(FlowId::new) },
        )
    }

    fn effect(&self) -> Option<Effect> {
        Effect::parse(self.word("effect")?)
    }

    fn event(&self) -> Option<Event> {
        let at = self.at()?;
        Some(match self.word("event")? {
            "asked" => Event::Asked {
                at,
                id: self.id()?,
                purpose: words::read_purpose(self.word("for")?)?,
                route: RouteId::new(self.small("route")?),
                op: match self.word("op") {
                    Some(name) => Some(*self.names.operations.get(name)?),
                    None => None,
                },
                held: self.small("held").map(HeldId::new),
                cred: self.cred("cred"),
                principal: self.small("principal").map(IdentityId::new),
                verdict: words::read_verdict(self.word("verdict")?)?,
                reason: self.reason()?,
                status: u16::try_from(self.number("status")?).ok()?,
                back: Span(self.number("back")?),
            },
            "touched" => Event::Touched {
                at,
                id: self.id()?,
                coll: self.coll()?,
                effect: self.effect()?,
                first: self.small("first")?,
                n: self.small("rows")?,
            },
            "created" => Event::Created { at, id: self.id()?, coll: self.coll()?, row: self.small("row")? },
            "wrote" => Event::Wrote {
                at,
                id: self.id()?,
                into: record(self.coll(), self.small("row"))?,
                what: self.written()?,
            },
            "minted" => Event::Minted {
                at,
                id: self.id()?,
                cred: self.cred("cred")?,
                family: FamilyId::new(self.small("family")?),
                parent: self.cred("parent"),
                principal: self.small("principal").map(IdentityId::new),
                actor: self.small("actor").map(IdentityId::new),
            },
            "forged" => Event::Forged {
                at,
                id: self.id()?,
                cred: self.cred("cred")?,
                family: FamilyId::new(self.small("family")?),
                key: self.cred("key")?,
                principal: IdentityId::new(self.small("principal")?),
            },
            "queued" => {
                let job = JobId::new(self.small("job")?);
                Event::Queued { at, id: self.id()?, job, fires: Tick(self.number("fires")?) }
            }
            "fired" => Event::Fired { at, id: self.id()?, job: JobId::new(self.small("job")?) },
            "cancelled" => {
                let job = JobId::new(self.small("job")?);
                Event::Cancelled { at, id: self.id()?, job, reason: self.reason()? }
            }
            "said" => {
                let message = Message { digest: self.number("digest")?, conversation: self.conversation() };
                Event::Said { at, id: self.id()?, message }
            }
            "consulted" => Event::Consulted {
                at,
                id: self.id()?,
                approval: self.approval()?,
                yes: self.yes("yes")?,
                answers: Tick(self.number("answers")?),
            },
            "lost" => Event::Lost { at, id: self.id()? },
            _ => return self.other(at),
        })
    }

    /// Events that are about no request of an agent.
    fn other(&self, at: Tick) -> Option<Event> {
        Some(match self.word("event")? {
            "got" => {
                let by = self.by()?;
                Event::Got {
                    at,
                    by,
                    held: HeldId::new(self.small("held")?),
                    kind: SecretKind::parse(self.word("kind")?)?,
                    via: self.small("via").map(|n| RequestId { by, n }),
                    lay_in: record(self.coll(), self.small("row")),
                    cred: self.cred("cred"),
                }
            }
            "turned" => Event::Turned { at, by: self.by()?, turn: words::read_turn(self.word("turn")?)? },
            "obeyed" => {
                let by = self.by()?;
                Event::Obeyed {
                    at,
                    by,
                    instruction: self.instruction()?,
                    via: RequestId { by, n: self.small("via")? },
                    lay_in: record(self.coll(), self.small("row"))?,
                    author: self.small("author").map(IdentityId::new),
                }
            }
            "claimed" => Event::Claimed {
                at,
                by: self.by()?,
                op: *self.names.operations.get(self.word("op")?)?,
                calls: self.small("calls")?,
            },
            "alarm" => Event::Alarm {
                at,
                rule: *self.names.rules.get(self.word("rule")?)?,
                key: self.key()?,
                since: Tick(self.number("since")?),
            },
            "responding" => Event::Responding {
                at,
                response: ResponseId::new(self.small("response")?),
                acts: Tick(self.number("acts")?),
            },
            "acted" => Event::Acted {
                at,
                id: self.id()?,
                step: self.step()?,
                target: self.target()?,
                returned: Tick(self.number("returned")?),
                worked: self.yes("worked")?,
            },
            "census" => Event::Census {
                at,
                cred: self.cred("cred"),
                op: *self.names.operations.get(self.word("op")?)?,
                open: match self.word("open")? {
                    "shut" => Open::Shut,
                    "until" => Open::Until(Tick(self.number("until")?)),
                    "for-ever" => Open::ForEver,
                    _ => return None,
                },
            },
            "left" => Event::Left {
                at,
                snapshot: words::read_snapshot(self.word("when")?)?,
                coll: self.coll()?,
                effect: self.effect()?,
                first: self.small("first")?,
                n: self.small("rows")?,
            },
            "survivor" => Event::Survivor { at, cred: self.cred("cred")?, root: self.yes("root")? },
            "gap" => Event::Gap { at },
            "ended" => Event::Ended { at, settled: self.yes("settled")?, aborted: self.yes("aborted")? },
            _ => return None,
        })
    }

    fn written(&self) -> Option<Written> {
        Some(match self.word("what")? {
            "instruction" => Written::Instruction(self.instruction()?),
            "copies" => {
                Written::Copies { coll: self.collection("of")?, first: self.small("first")?, n: self.small("rows")? }
            }
            "secret" => Written::Secret(self.cred("cred")),
            _ => return None,
        })
    }

    fn key(&self) -> Option<Key> {
        let of = self.small("of");
        Some(match self.word("key")? {
            "credential" => Key::Credential(CredId::new(of?)),
            "principal" => Key::Principal(IdentityId::new(of?)),
            "owner" => Key::Owner(IdentityId::new(of?)),
            "everyone" => Key::Global,
            "conversation" => Key::Conversation(self.conversation()?),
            _ => return None,
        })
    }

    fn target(&self) -> Option<Target> {
        let of = self.small("of");
        Some(match self.word("target")? {
            "credential" => Target::Credential(CredId::new(of?)),
            "identity" => Target::Identity(IdentityId::new(of?)),
            "named" => Target::Named,
            "record" => Target::Record(record(self.coll(), self.small("row"))?),
            _ => return None,
        })
    }
}
