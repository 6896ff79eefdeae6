//! Collections of records.

use crate::model::Column;
use crate::model::identity::{Collection, CreatedOwner, Ids};
use crate::scenario::finding::{Code, Finding};
use crate::scenario::quantity;
use crate::scenario::tree::{Key, Node, Value};
use crate::wire::{ClassId, CollId};

use super::{Lowering, rows};

impl Lowering<'_> {
    pub(super) fn data(&mut self) {
        let root = self.root;
        let data = root.get("data").map_or(&[][..], Node::entries);
        for (key, node) in data {
            let total = parts(node, &mut self.findings)
                .map(|parts| parts.iter().fold(0, |total: u32, (_, n)| total.saturating_add(*n)));
            let added = self.records.add(&key.name, total, node.get("count").map_or(key.place, |n| n.place));
            self.take(added);
        }
        for (key, node) in data {
            self.collection(key, node);
        }
        self.nested_in_itself(data);
    }

    fn collection(&mut self, key: &Key, node: &Node) {
        let Some(count) = self.records.position(&key.name).map(|at| self.records.all[at].count) else { return };
        for (later, what) in [("per", "one set of records for each of a group"), ("plants", "instructions in records")]
        {
            if let Some(node) = node.get(later) {
                self.later(what, node.place);
            }
        }
        let class = node.get("class").and_then(Node::text).unwrap_or("internal");
        let class = self.classes.iter().position(|c| c == class).unwrap_or_else(|| {
            self.classes.push(class.to_owned());
            self.classes.len() - 1
        });
        let parts = parts(node, &mut Vec::new()).filter(|_| count > 0).unwrap_or_default();
        let (owner, created_owner) = match node.get("owner").map(|n| (n, n.text().unwrap_or_default())) {
            None => (Column::Empty, CreatedOwner::Nobody),
            Some((_, "caller")) => (Column::Empty, CreatedOwner::Caller),
            Some((place, "part")) if node.get("count").is_none_or(|n| n.text().is_some()) => {
                self.no_parts(place);
                (Column::Empty, CreatedOwner::Nobody)
            }
            Some((place, "part")) => {
                let member = |part: &str| self.identities.member(&Node::scalar(part, place.place));
                let owners =
                    by_part(&parts, |part| member(part).map(|(at, index)| self.identities.all[at].first + index));
                (self.take(owners).map_or(Column::Empty, ByPart::column), CreatedOwner::Caller)
            }
            Some((formula, _)) => {
                let column = self.identities.column(formula, count);
                (self.take(column).unwrap_or_default(), CreatedOwner::Caller)
            }
        };
        let tenant = match node.get("tenant").map(|label| (label, label.text())) {
            None => Ok(Column::Empty),
            Some((label, Some("part"))) if node.get("count").is_none_or(|n| n.text().is_some()) => {
                self.no_parts(label);
                Ok(Column::Empty)
            }
            Some((_, Some("part"))) => by_part(&parts, |part| Ok(self.tenants.number(part))).map(ByPart::column),
            Some((label, _)) => self.tenants.column(label, count),
        };
        let tenant = self.take(tenant).unwrap_or_default();
        let inside = node.get("inside").map(|formula| self.inside(formula, count));
        let inside = inside.and_then(|i| self.take(i));
        let canaries = node.get("canary").and_then(|n| self.canaries(n, count));
        self.collections.push(Collection {
            name: key.name.clone(),
            class: ClassId::at(class),
            count,
            owner,
            tenant,
            holds: Column::Empty,
            ids: match node.get("ids").and_then(Node::text) {
                Some("sequential") => Ids::Sequential,
                Some("guessable") => Ids::Guessable,
                Some("unguessable") => Ids::Unguessable,
                _ => Ids::Listed,
            },
            inside,
            canaries: canaries.map(|n| (count - n, n)),
            created_owner,
        });
    }

    fn no_parts(&mut self, node: &Node) {
        let message = "`part` means the part that a record lies in, and these records have no parts";
        let help = "give each part its count: `count: {dev: 20, prod: 12}`";
        self.find(Finding::new(Code::Contradiction, node.place, message).help(help));
    }

    fn canaries(&mut self, node: &Node, count: u32) -> Option<u32> {
        let canaries = rows(node, &mut self.findings)?;
        if canaries > count {
            let message = format!("{canaries} canaries are more than the {count} records");
            self.find(Finding::new(Code::OutOfRange, node.place, message).help("they are the last of the records"));
        }
        (1..=count).contains(&canaries).then_some(canaries)
    }

    fn inside(&self, formula: &Node, count: u32) -> Result<(CollId, Column), Finding> {
        let column = self.records.column(formula, count)?;
        let text = formula.text().unwrap_or_default();
        let name = text.split_once("-{").map_or(text, |(name, _)| name);
        let parent = match self.records.position(name) {
            Some(at) => at,
            None => self.records.member(formula)?.0,
        };
        let first = self.records.all[parent].first;
        let within = match column {
            Column::Same(row) => Column::Same(row - first),
            Column::Counting { base, n } => Column::Counting { base: base - first, n },
            Column::Table(rows) => Column::Table(rows.iter().map(|row| row - first).collect()),
            Column::Empty => Column::Empty,
        };
        Ok((CollId::at(parent), within))
    }

    fn nested_in_itself(&mut self, data: &[(Key, Node)]) {
        for (at, (key, _)) in data.iter().enumerate() {
            let parent = |at: usize| self.collections.get(at).and_then(|c| c.inside.as_ref()).map(|(p, _)| p.index());
            let mut up = parent(at);
            for _ in 0..=data.len() {
                match up {
                    Some(outer) if outer == at => {
                        let message = format!("`{}` lies inside itself, in the end", key.name);
                        let help = "leave `inside` out for the outermost of them";
                        return self.find(Finding::new(Code::Cycle, key.place, message).help(help));
                    }
                    Some(outer) => up = parent(outer),
                    None => break,
                }
            }
        }
    }

    /// Which credentials lie in which records.
    pub(super) fn records_hold(&mut self) {
        let root = self.root;
        for (at, (_, node)) in root.get("data").map_or(&[][..], Node::entries).iter().enumerate() {
            let Some(holds) = node.get("holds") else { continue };
            let Some(count) = self.collections.get(at).map(|c| c.count) else { continue };
            let column = match &holds.value {
                Value::Scalar(_) => self.credentials.column(holds, count),
                _ => self.held_in_some(holds, count),
            };
            if let Some(column) = self.take(column) {
                self.collections[at].holds = column;
            }
        }
    }

    /// `{credential: FORMULA, in: [3, 17]}`: row k of the list holds credential k of the formula.
    fn held_in_some(&self, holds: &Node, count: u32) -> Result<Column, Finding> {
        let (Some(credential), Some(places)) = (holds.get("credential"), holds.get("in")) else {
            let finding = Finding::new(Code::MissingKey, holds.place, "which credential, and in which records?");
            return Err(finding.help("write `holds: {credential: NAME, in: [3, 17]}`"));
        };
        let places = places.each();
        let values = self.credentials.column(credential, places.len() as u32)?;
        let mut table = vec![Column::NOTHING; count as usize];
        for (k, place) in places.iter().enumerate() {
            let number = place.text().and_then(quantity::count).unwrap_or(0);
            let slot = usize::try_from(number).ok().and_then(|n| n.checked_sub(1)).and_then(|row| table.get_mut(row));
            match slot {
                Some(slot) => *slot = values.get(k as u32).unwrap_or(Column::NOTHING),
                None => {
                    let message = format!("there is no record {number}: there are {count}");
                    let finding = Finding::new(Code::OutOfRange, place.place, message);
                    return Err(finding.help("records are numbered from 1"));
                }
            }
        }
        Ok(Column::Table(table.into()))
    }
}

/// The named parts of a count; a plain count is one part without a name.
fn parts(node: &Node, findings: &mut Vec<Finding>) -> Option<Vec<(String, u32)>> {
    let count = node.get("count")?;
    match &count.value {
        Value::Map(entries) => {
            let parts: Vec<_> = entries.iter().map(|(k, n)| (k.name.clone(), rows(n, findings))).collect();
            parts.into_iter().map(|(name, n)| Some((name, n?))).collect()
        }
        _ => Some(vec![(String::new(), rows(count, findings)?)]),
    }
}

/// A value for each row, by the part that it lies in.
struct ByPart(Vec<(u32, u32)>);

impl ByPart {
    fn column(self) -> Column {
        Column::Table(self.0.iter().flat_map(|(value, n)| std::iter::repeat_n(*value, *n as usize)).collect())
    }
}

fn by_part(parts: &[(String, u32)], mut of: impl FnMut(&str) -> Result<u32, Finding>) -> Result<ByPart, Finding> {
    parts.iter().map(|(part, n)| Ok((of(part)?, *n))).collect::<Result<Vec<_>, Finding>>().map(ByPart)
}
