//! Who and what there is: names and counts, drawn first, since every other part refers to them.

use super::dice::{Dice, Part};

/// A numbered group: identities, credentials or records.
#[derive(Clone)]
pub struct Group {
    pub name: &'static str,
    pub count: u32,
}

impl Group {
    /// One of its members, by name.
    pub fn member(&self, dice: &mut Dice) -> String {
        match self.count {
            1 => self.name.to_owned(),
            count => format!("{}-{}", self.name, dice.between(1, count)),
        }
    }

    /// A formula that gives each of `rows` rows a member.
    pub fn formula(&self, rows: u32, dice: &mut Dice) -> String {
        match dice.between(1, 3) {
            1 => self.member(dice),
            2 if rows > 0 => format!("{}-{{n div {}}}", self.name, dice.between(rows.div_ceil(self.count), rows)),
            _ => format!("{}-{{n mod {}}}", self.name, dice.between(1, self.count)),
        }
    }
}

/// A family of credentials, and its kind.
#[derive(Clone)]
pub struct Family {
    pub group: Group,
    pub kind: &'static str,
}

/// A collection, and the one that its records lie in.
pub struct Collection {
    pub group: Group,
    pub inside: Option<usize>,
}

/// What an operation does, and to which collection or family.
#[derive(Clone, Copy)]
pub enum Deed {
    List(usize),
    ListInside(usize),
    Get(usize),
    Change(usize),
    Delete(usize),
    Sweep(usize),
    Create(usize),
    Mint(usize),
    Ping,
}

pub struct Operation {
    pub name: String,
    pub deed: Deed,
}

pub struct Service {
    pub name: &'static str,
    pub provider: bool,
    pub operations: Vec<Operation>,
}

pub struct Cast {
    pub agents: u32,
    pub members: u32,
    pub families: Vec<Family>,
    pub collections: Vec<Collection>,
    pub services: Vec<Service>,
    pub horizon_ms: u32,
}

/// Each agent's own credential comes first: `key-2` is that of `bot-2`.
pub const OWN: usize = 0;

/// The names of the families, and their kinds.
const FAMILIES: [(&str, &str); 10] = [
    ("app", "connected-app"),
    ("access", "access-token"),
    ("client", "oauth-client"),
    ("deploy", "api-key"),
    ("login", "password"),
    ("pat", "personal-token"),
    ("refresh", "refresh-token"),
    ("role", "role-session"),
    ("signer", "signing-key"),
    ("web", "session"),
];
const COLLECTIONS: [&str; 6] = ["tickets", "orders", "files", "people", "builds", "vaults"];
const SERVICES: [&str; 4] = ["shop", "desk", "vault", "idp"];

impl Cast {
    pub fn draw(seed: u64) -> Cast {
        let mut dice = Dice::new(seed, Part::Cast);
        let (agents, members) = (dice.between(1, 3), dice.between(1, 5));
        let families = families(&mut dice, agents);
        let collections = collections(&mut dice);
        let count = dice.between(1, 4) as usize;
        let mut services: Vec<Service> = SERVICES.iter().take(count).map(|name| service(name, &mut dice)).collect();
        for service in &mut services {
            let listed = dice.between(0, collections.len() as u32 - 1) as usize;
            service.add(Deed::List(listed), &families, &collections);
            let wanted = dice.between(1, 5);
            for _ in 0..wanted {
                service.add(deed(&mut dice, &families, &collections), &families, &collections);
            }
        }
        Cast { agents, members, families, collections, services, horizon_ms: dice.between(20, 80) * 100 }
    }

    /// Every operation that the scenario spells out, as `service.operation`.
    pub fn operations(&self) -> Vec<(String, Deed)> {
        let named = |s: &Service, o: &Operation| (format!("{}.{}", s.name, o.name), o.deed);
        self.services.iter().flat_map(|s| s.operations.iter().map(move |o| named(s, o))).collect()
    }

    /// Families of which some exist at the start.
    pub fn issued(&self) -> Vec<&Family> {
        self.families.iter().filter(|f| f.group.count > 0).collect()
    }

    /// The collection whose records a request of this kind names.
    pub fn named_by(&self, deed: Deed) -> Option<&Collection> {
        match deed {
            Deed::Get(at) | Deed::Change(at) | Deed::Delete(at) => self.collections.get(at),
            Deed::ListInside(at) => self.collections.get(self.collections.get(at)?.inside?),
            _ => None,
        }
    }
}

fn families(dice: &mut Dice, agents: u32) -> Vec<Family> {
    let own = Family { group: Group { name: "key", count: agents }, kind: dice.pick(&FAMILIES).1 };
    let others = dice.some(&FAMILIES, 6);
    let other = |dice: &mut Dice, (name, kind): (&'static str, &'static str)| {
        let count = if dice.one_in(5) { 0 } else { dice.between(1, 4) };
        Family { group: Group { name, count }, kind }
    };
    std::iter::once(own).chain(others.into_iter().map(|named| other(dice, *named))).collect()
}

fn collections(dice: &mut Dice) -> Vec<Collection> {
    let mut all: Vec<Collection> = Vec::new();
    for name in dice.some(&COLLECTIONS, 5) {
        let count = if dice.one_in(4) { dice.between(20, 60) } else { dice.between(1, 12) };
        let inside = (!all.is_empty() && dice.one_in(3)).then(|| dice.between(0, all.len() as u32 - 1) as usize);
        all.push(Collection { group: Group { name, count }, inside });
    }
    all
}

fn service(name: &'static str, dice: &mut Dice) -> Service {
    Service { name, provider: name == "idp" || dice.one_in(6), operations: Vec::new() }
}

fn deed(dice: &mut Dice, families: &[Family], collections: &[Collection]) -> Deed {
    let at = dice.between(0, collections.len() as u32 - 1) as usize;
    match dice.between(1, 14) {
        1..=4 => Deed::List(at),
        5 if collections[at].inside.is_some() => Deed::ListInside(at),
        5..=7 => Deed::Get(at),
        8 => Deed::Change(at),
        9 | 10 => Deed::Delete(at),
        11 => Deed::Sweep(at),
        12 => Deed::Create(at),
        13 => Deed::Mint(dice.between(0, families.len() as u32 - 1) as usize),
        _ => Deed::Ping,
    }
}

impl Service {
    /// Adds an operation, unless there is one of that name.
    fn add(&mut self, deed: Deed, families: &[Family], collections: &[Collection]) {
        let name = match deed {
            Deed::List(at) => format!("list-{}", collections[at].group.name),
            Deed::ListInside(at) => format!("inside-{}", collections[at].group.name),
            Deed::Get(at) => format!("get-{}", collections[at].group.name),
            Deed::Change(at) => format!("change-{}", collections[at].group.name),
            Deed::Delete(at) => format!("delete-{}", collections[at].group.name),
            Deed::Sweep(at) => format!("sweep-{}", collections[at].group.name),
            Deed::Create(at) => format!("create-{}", collections[at].group.name),
            Deed::Mint(at) => format!("mint-{}", families[at].group.name),
            Deed::Ping => "ping".to_owned(),
        };
        if self.operations.iter().all(|o| o.name != name) {
            self.operations.push(Operation { name, deed });
        }
    }
}
