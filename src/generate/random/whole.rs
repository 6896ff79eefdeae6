//! What whole worlds have beyond small ones: instructions and who obeys them, messages, failures, further detectors and
//! controls, delegation, keys, audiences. A patch on a small world, drawn from a stream of its own.

use std::fmt::Write as _;

use super::cast::{Cast, Deed};
use super::dice::Dice;
use super::fields::{Fields, list, quoted};

/// The newer parts of one world, each where it goes.
pub struct Whole {
    dice: Dice,
    /// Collections that hold instructions.
    planted: Vec<usize>,
    /// What wakes the agent that waits.
    wakes: Option<String>,
    /// Whether anything is logged as a view of a page.
    viewed: bool,
}

impl Whole {
    pub fn draw(mut dice: Dice, cast: &Cast) -> Whole {
        let all: Vec<usize> = (0..cast.collections.len()).collect();
        let planted = dice.some(&all, 2).into_iter().copied().collect();
        let operations: Vec<String> = cast
            .operations()
            .into_iter()
            .filter(|(_, deed)| matches!(deed, Deed::Create(_) | Deed::Change(_) | Deed::Ping))
            .map(|(name, _)| name)
            .collect();
        let wakes = (!operations.is_empty()).then(|| dice.pick(&operations).clone());
        Whole { dice, planted, wakes, viewed: false }
    }

    /// What a service says beside the rest.
    pub fn service(&mut self, fields: Fields) -> Fields {
        let dice = &mut self.dice;
        fields.with_if(dice.one_in(4), "fails", dice.pick(&["5%", "20%"]))
    }

    /// What an operation says beside the rest.
    pub fn operation(&mut self, fields: Fields, name: &str, deed: Deed) -> Fields {
        let dice = &mut self.dice;
        let lists = matches!(deed, Deed::List(_) | Deed::ListInside(_));
        // A refresh token beside it would bring back what was kept out.
        let mints = matches!(deed, Deed::Mint(_)) && !fields.has("refresh");
        let viewed = dice.one_in(8);
        self.viewed |= viewed;
        fields
            .with_if(self.wakes.as_deref() == Some(name), "wakes", "waiter")
            .with_if(lists && dice.one_in(3), "order", "newest first")
            .with_if(viewed, "logs_as", "page-view")
            .with_if(dice.one_in(8), "audit", dice.pick(&["none", "all", "[principal, act, trace]"]))
            .with_if(mints && dice.one_in(3), "scopes", "presented")
    }

    /// What a family says beside the rest.
    pub fn credential(&mut self, fields: Fields, cast: &Cast) -> Fields {
        let dice = &mut self.dice;
        let services: Vec<&str> = cast.services.iter().map(|service| service.name).collect();
        let collections: Vec<_> = cast.collections.iter().map(|c| &c.group).collect();
        let records: Vec<String> = (0..2).map(|_| quoted(dice.pick(&collections).member(dice))).collect();
        let bound = fields.has("bound");
        fields
            .with_if(!bound && dice.one_in(5), "bound", dice.pick(&["dpop", "mtls"]))
            .with_if(dice.one_in(5), "audience", list(dice.some(&services, 3)))
            .with_if(dice.one_in(6), "records", list(records))
            .with_if(dice.one_in(4), "act", "robot")
    }

    /// What a collection says beside the rest.
    pub fn collection(&mut self, fields: Fields, at: usize, count: u32) -> Fields {
        let dice = &mut self.dice;
        let planted = self.planted.contains(&at) && count > 0;
        let rows: Vec<u32> = (1..=count).collect();
        let chosen = if planted { dice.some(&rows, 3) } else { Vec::new() };
        let text: &&str = dice.pick(&["order", "echo"]);
        fields
            .with_if(planted, "plants", Fields::default().with(text, list(chosen)))
            .with_if(dice.one_in(3), "readers", "stranger")
            .with_if(dice.one_in(3), "writers", dice.pick(&["stranger", "boss"]))
            .with_if(dice.one_in(4), "keeps", count + dice.between(1, 3))
    }

    /// Whoever does the texts that lie about.
    pub fn instructions(&mut self, cast: &Cast) -> String {
        let mut text = String::from("\ninstructions:\n");
        for name in ["order", "echo"] {
            let steps: Vec<Fields> = (0..self.dice.between(1, 3)).map(|_| self.told(cast)).collect();
            let signed = self.dice.one_in(3);
            let fields = Fields::default().with("says", list(steps)).with_if(signed, "signed", "yes");
            let _ = writeln!(text, "  {name}: {fields}");
        }
        text
    }

    /// A step that writes what it carries where it can.
    fn told(&mut self, cast: &Cast) -> Fields {
        let (name, deed) = self.dice.pick(&cast.operations()).clone();
        let step = super::steps::step(&name, deed, cast, &mut self.dice);
        let writes = matches!(deed, Deed::Create(_) | Deed::Change(_));
        step.with_if(writes && self.dice.one_in(2), "carrying", self.dice.pick(&["order", "echo", "found secrets"]))
    }

    /// The faults that come out of texts, and a plan that goes stale.
    pub fn agents(&mut self, cast: &Cast) -> String {
        let mut text = String::new();
        let holds = |cast: &Cast| if cast.agents == 1 { "[key]" } else { "[key-1]" };
        let bot = |cast: &Cast| if cast.agents == 1 { "bot" } else { "bot-1" };
        let knows =
            list(cast.services.iter().filter(|s| !s.operations.is_empty()).map(|s| quoted(format!("{}.*", s.name))));
        // Where an instruction lies, if anything there is ever listed.
        let listed = |wanted: &dyn Fn(usize) -> bool| -> Vec<String> {
            let lists = |(name, deed): (String, Deed)| matches!(deed, Deed::List(at) if wanted(at)).then_some(name);
            cast.operations().into_iter().filter_map(lists).collect()
        };
        let mut lists = listed(&|at| self.planted.contains(&at));
        if lists.is_empty() {
            lists = listed(&|_| true);
        }
        let reads = |dice: &mut Dice| Fields::default().with("do", quoted(dice.pick(&lists)));
        let agent = |told: String| {
            Fields::default().with("is", bot(cast)).with("holds", holds(cast)).with("knows", &knows).with("told", told)
        };
        let again = reads(&mut self.dice);
        let again = match self.dice.between(1, 3) {
            1 => again.with("times", "2 per 900ms"),
            _ => again.with("every", "400ms").with("times", self.dice.between(1, 4)),
        };
        let told = list([again]);
        let fault = match self.dice.between(1, 4) {
            1 => "injected".to_owned(),
            2 => "[injected, harvest]".to_owned(),
            3 => "{spread: {probability: 50%, repeats: each time, forgets: 1s}}".to_owned(),
            _ => "spread".to_owned(),
        };
        let obeys = *self.dice.pick(&["everybody", "everybody", "signed", "stranger", "nobody"]);
        let reader = agent(told).with("fault", fault).with("obeys", obeys);
        let _ = write!(text, "  reader:\n{}", reader.block(4));
        let told = list([reads(&mut self.dice).with("after_refusal", "stop"), self.told(cast)]);
        let _ = write!(text, "  stale:\n{}", agent(told).with("fault", "stale-plan").block(4));
        if self.wakes.is_some() {
            let told = list([reads(&mut self.dice)]);
            let waiter = agent(told).with("fault", "over-broad").with("starts", "when woken");
            let _ = write!(text, "  waiter:\n{}", waiter.block(4));
        }
        text
    }

    /// A detector of one of the newer kinds.
    pub fn detector(&mut self, cast: &Cast) -> Fields {
        let dice = &mut self.dice;
        let within = *dice.pick(&["200ms", "1s", "3s"]);
        let fields = Fields::default();
        let keyed = *dice.pick(&["credential", "principal", "owner", "conversation", "everyone"]);
        let collection = dice.pick(&cast.collections).group.name;
        let operations = cast.operations();
        let some = || list([quoted(&operations[0].0)]);
        match dice.between(1, 7) {
            1 => fields.with("denials", dice.between(1, 10)).with("within", within).with("by", keyed),
            2 => fields.with("repeats", dice.between(2, 5)).with("within", within).with("by", keyed),
            3 => fields.with("cost", quoted("$1")).with("within", within).with("by", keyed),
            4 => fields.with("never_seen", "yes"),
            5 => fields.with("not_owner", cast.families[0].group.name),
            6 => fields.with("after_reading", list([collection])).with("on", some()).with("within", within),
            _ => fields.with("requests", 3).with("within", within).with_if(self.viewed, "events", "[page-view]"),
        }
    }

    /// A step of one of the newer kinds, or one that fails, or takes its targets in another order.
    pub fn step(&mut self, cast: &Cast) -> Fields {
        let dice = &mut self.dice;
        let family = dice.pick(&cast.families).group.name;
        let every = format!("every {family}");
        let queued = list([quoted(&dice.pick(&cast.operations()).0)]);
        let fields = match dice.between(1, 5) {
            1 => Fields::default().with("rotate", every).with("grace", dice.pick(&["200ms", "1s"])),
            2 => Fields::default().with("cancel", queued),
            3 => Fields::default().with("delete", "records with order"),
            4 => Fields::default().with("require", "asked"),
            _ => Fields::default().with("revoke", every),
        };
        fields.with_if(dice.one_in(2), "fails", dice.pick(&["10%", "60%"])).with_if(
            dice.one_in(2),
            "order",
            dice.pick(&["newest first", "random"]),
        )
    }

    /// How long a response takes.
    pub fn takes(&mut self) -> String {
        self.dice.pick(&["{median: 200ms, p95: 900ms}", "{median: 1s, p95: 3s}"]).to_string()
    }

    /// An approval, which a step can require, and a rule about what flows.
    pub fn controls(&mut self, cast: &Cast) -> String {
        let dice = &mut self.dice;
        let operations = cast.operations();
        let on = |dice: &mut Dice| list(dice.some(&operations, 2).into_iter().map(|(name, _)| quoted(name)));
        let approval = Fields::default()
            .with("by", "boss")
            .with("says_yes", dice.pick(&["always", "never", "70%"]))
            .with_if(dice.one_in(3), "each", "plan")
            .with_if(dice.one_in(2), "takes", dice.pick(&["300ms", "{median: 100ms, p95: 500ms}"]))
            .with_if(dice.one_in(3), "exempt", "[robot]");
        let asked =
            Fields::default().with("on", on(dice)).with("approval", approval).with("armed", dice.pick(&["yes", "no"]));
        let flow = Fields::default()
            .with("on", on(dice))
            .with("after_reading", list([dice.pick(&cast.collections).group.name]))
            .with("by", dice.pick(&["principal", "conversation"]));
        format!("  asked: {asked}\n  flow: {flow}\n")
    }
}
