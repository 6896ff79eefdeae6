//! What credentials are good for beside their scopes: where they are taken, which records they open, who acts with them.

use crate::model::Column;
use crate::model::identity::Opens;
use crate::scenario::finding::{Code, Finding};
use crate::scenario::tree::Node;
use crate::wire::CollId;

use super::Lowering;
use super::formula;

impl Lowering<'_> {
    /// After services and data, since credentials name them.
    pub(super) fn credentials_are_good_for(&mut self) {
        let root = self.root;
        for (at, (_, node)) in root.get("credentials").map_or(&[][..], Node::entries).iter().enumerate() {
            let Some(count) = self.families.get(at).map(|f| f.count) else { continue };
            if let Some(audience) = node.get("audience") {
                self.families[at].audience = Some(self.services_named(Some(audience)));
            }
            if let Some(records) = node.get("records") {
                self.families[at].opens = Some(self.opened(records, count));
            }
            if let Some(actor) = node.get("act") {
                self.families[at].act = self.actor(actor, count);
                self.families[at].delegated = true;
            }
        }
    }

    fn opened(&mut self, records: &Node, count: u32) -> Opens {
        let mut opens = Opens::default();
        for item in records.each() {
            if formula::read(item).is_some() {
                let column = self.of_each(item, count);
                opens.each.extend(self.take(column));
            } else {
                let members = self.records.members(item);
                opens.all.extend(self.take(members).map(|(at, rows)| (CollId::at(at), rows)));
            }
        }
        opens
    }

    /// A record for each credential. Of what is only minted there may be as many as there are records.
    fn of_each(&self, formula: &Node, count: u32) -> Result<(CollId, Column), Finding> {
        let text = formula.text().unwrap_or_default();
        let name = text.split_once("-{").map_or(text, |(name, _)| name);
        let at = self.records.group(&Node::scalar(name, formula.place))?;
        let group = &self.records.all[at];
        let rows = if count > 0 { count } else { group.count };
        Ok((CollId::at(at), self.records.column(formula, rows)?.counted_from(group.first)))
    }

    /// `caller` is whoever asks for a new one.
    fn actor(&mut self, actor: &Node, count: u32) -> Column {
        if actor.text() != Some("caller") {
            let column = self.identities.column(actor, count);
            return self.take(column).unwrap_or_default();
        }
        if count > 0 {
            let message = "who acts with those that exist at the start?";
            let help = "name an identity; `caller` is whoever asks for a new one, of a family with `count: 0`";
            self.find(Finding::new(Code::Contradiction, actor.place, message).help(help));
        }
        Column::Empty
    }
}
