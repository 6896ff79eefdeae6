//! Collections of records.

use crate::model::Column;
use crate::model::identity::{Collection, CreatedOwner, Ids};
use crate::scenario::finding::{Code, Finding};
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
            let total = match node.get("per") {
                Some(group) => self.sets(group).zip(total).map(|(sets, each)| sets.saturating_mul(each)),
                None => total,
            };
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
        let parts = parts(node, &mut Vec::new()).filter(|_| count > 0).unwrap_or_default();
        let (class, classes) = self.classes_of(node, &parts);
        let (owner, created_owner) =
            match (node.get("per"), node.get("owner").map(|n| (n, n.text().unwrap_or_default()))) {
                (Some(group), _) => (self.owners_of_sets(node, group, count), CreatedOwner::Caller),
                (None, None) => (Column::Empty, CreatedOwner::Nobody),
                (None, Some((_, "caller"))) => (Column::Empty, CreatedOwner::Caller),
                (None, Some((place, "part"))) if node.get("count").is_none_or(|n| n.text().is_some()) => {
                    self.no_parts(place);
                    (Column::Empty, CreatedOwner::Nobody)
                }
                (None, Some((place, "part"))) => {
                    let member = |part: &str| self.identities.member(&Node::scalar(part, place.place));
                    let owners =
                        by_part(&parts, |part| member(part).map(|(at, index)| self.identities.all[at].first + index));
                    (self.take(owners).map_or(Column::Empty, ByPart::column), CreatedOwner::Caller)
                }
                (None, Some((formula, _))) => {
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
        let plants = self.plants(node.get("plants"), count);
        let (writers, readers) = (self.crowds(node.get("writers")), self.crowds(node.get("readers")));
        let keeps = node.get("keeps").and_then(|n| self.keeps(n, count));
        self.collections.push(Collection {
            name: key.name.clone(),
            class,
            classes,
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
            plants,
            writers,
            readers,
            keeps,
        });
    }

    /// The class of all records, or of each by the part that it lies in.
    fn classes_of(&mut self, node: &Node, parts: &[(String, u32)]) -> (ClassId, Column) {
        let by_parts = node.get("count").is_some_and(|n| n.text().is_none());
        match node.get("class").map(|n| (n, n.text().unwrap_or("internal"))) {
            Some((place, "part")) if !by_parts => {
                self.no_parts(place);
                (self.class("internal"), Column::Empty)
            }
            Some((_, "part")) => {
                let first = parts.first().map_or("internal", |(part, _)| part.as_str());
                let first = self.class(first);
                let column = by_part(parts, |part| Ok(self.class(part).number())).map(ByPart::column);
                (first, self.take(column).unwrap_or_default())
            }
            Some((_, class)) => (self.class(class), Column::Empty),
            None => (self.class("internal"), Column::Empty),
        }
    }

    fn class(&mut self, name: &str) -> ClassId {
        let known = self.classes.iter().position(|class| class == name);
        ClassId::at(known.unwrap_or_else(|| {
            self.classes.push(name.to_owned());
            self.classes.len() - 1
        }))
    }

    /// For how many there is a set of records.
    fn sets(&mut self, group: &Node) -> Option<u32> {
        if let Some(at) = self.identities.position(group.text().unwrap_or_default()) {
            return Some(self.identities.all[at].count);
        }
        let family = self.credentials.group(group).map_err(|finding| match self.credentials.all.len() {
            0 => finding.help("name a group of `identities:`"),
            _ => finding.help("name a group of `identities:` or a family of `credentials:`"),
        });
        self.take(family).map(|at| self.credentials.all[at].count)
    }

    /// Each set belongs to one of the group, or to the owner of one credential.
    fn owners_of_sets(&mut self, node: &Node, group: &Node, count: u32) -> Column {
        self.no_effect(node, &["owner"], "`per` says whose they are");
        if let Some(parts) = node.get("count").filter(|n| n.text().is_none()) {
            let finding = Finding::new(Code::Contradiction, parts.place, "a set of records has no parts");
            self.find(finding.help("say how many lie in each set: `count: 30`"));
            return Column::Empty;
        }
        let Some(each) = node.get("count").and_then(|n| rows(n, &mut Vec::new())).filter(|n| *n > 0) else {
            return Column::Empty;
        };
        let name = group.text().unwrap_or_default();
        let owner = |set: u32| match self.identities.position(name) {
            Some(at) => Some(self.identities.all[at].first + set),
            None => self.credentials.position(name).and_then(|at| self.families.get(at)?.of.get(set)),
        };
        Column::Table((0..count).map(|row| owner(row / each).unwrap_or(Column::NOTHING)).collect())
    }

    fn no_parts(&mut self, node: &Node) {
        let message = "`part` means the part that a record lies in, and these records have no parts";
        let help = "give each part its count: `count: {dev: 20, prod: 12}`";
        self.find(Finding::new(Code::Contradiction, node.place, message).help(help));
    }

    fn keeps(&mut self, node: &Node, count: u32) -> Option<u32> {
        let keeps = rows(node, &mut self.findings)?;
        if keeps == 0 || keeps < count {
            let message = match keeps {
                0 => "a collection that keeps nothing is none".to_owned(),
                _ => format!("it keeps {keeps}, and there are {count} to start with"),
            };
            let help = "keep at least as many as there are at the start";
            self.find(Finding::new(Code::ImpossibleNumber, node.place, message).help(help));
        }
        Some(keeps.max(1))
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
        Ok((CollId::at(parent), column.counted_from(first)))
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
