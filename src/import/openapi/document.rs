use super::description::Dialect;
use super::references::References;
use super::security::Requirement;
use super::tree::Tree;

/// A parsed description, with its references followed and what holds for all operations known.
pub(super) struct Document<'t> {
    pub root: &'t Tree,
    pub dialect: Dialect,
    pub references: &'t References<'t>,
    pub servers: &'t [String],
    pub requires: Requirement,
}

impl<'t> Document<'t> {
    pub fn follow(&self, node: &'t Tree) -> Option<&'t Tree> {
        self.references.follow(node)
    }

    /// A field of an object, references followed.
    pub fn field(&self, node: &'t Tree, key: &str) -> Option<&'t Tree> {
        self.follow(node.get(key)?)
    }
}
