//! Every `$ref` of a document, followed once to its end. Nothing is fetched.

use indexmap::{IndexMap, IndexSet};

use super::note::{NoteKind, Notes, counted, short};
use super::place::Place;
use super::pointer;
use super::tree::Tree;

pub(super) struct References<'t> {
    targets: IndexMap<&'t str, Target<'t>>,
}

struct Target<'t> {
    end: End<'t>,
    uses: usize,
    said: bool,
}

#[derive(Clone, Copy)]
enum End<'t> {
    Unknown,
    Found(&'t Tree),
    Remote,
    Dangling,
    Loop,
}

impl<'t> References<'t> {
    /// Walks the whole document, examples and extensions included.
    pub fn survey(root: &'t Tree, notes: &mut Notes) -> References<'t> {
        let mut survey = Survey::default();
        survey.walk(root);
        let Survey { mut targets, anchors } = survey;
        for start in 0..targets.len() {
            settle(start, &mut targets, root, &anchors);
        }
        tell(root, &Place::TOP, &mut targets, notes);
        References { targets }
    }

    /// The node itself, or what it refers to; nothing where the reference leads nowhere, which was said already.
    pub fn follow(&self, node: &'t Tree) -> Option<&'t Tree> {
        match node.reference() {
            None => Some(node),
            Some(written) => match self.targets.get(written)?.end {
                End::Found(target) => Some(target),
                _ => None,
            },
        }
    }

    pub fn count(&self) -> usize {
        self.targets.values().map(|target| target.uses).sum()
    }

    pub fn distinct(&self) -> usize {
        self.targets.len()
    }

    pub fn unresolved(&self) -> usize {
        let lost = |target: &&Target| !matches!(target.end, End::Found(_));
        self.targets.values().filter(lost).map(|target| target.uses).sum()
    }
}

#[derive(Default)]
struct Survey<'t> {
    targets: IndexMap<&'t str, Target<'t>>,
    anchors: IndexMap<&'t str, &'t Tree>,
}

impl<'t> Survey<'t> {
    /// The parser bounds the depth of the tree, and with it this recursion.
    fn walk(&mut self, node: &'t Tree) {
        match node {
            Tree::List(items) => items.iter().for_each(|item| self.walk(item)),
            Tree::Map(fields) => {
                if let Some(written) = node.reference() {
                    let new = Target { end: End::Unknown, uses: 0, said: false };
                    self.targets.entry(written).or_insert(new).uses += 1;
                }
                if let Some(anchor) = node.text_at("$anchor") {
                    self.anchors.entry(anchor).or_insert(node);
                }
                fields.values().for_each(|field| self.walk(field));
            }
            _ => {}
        }
    }
}

/// Follows the chain that begins at a reference, and gives all its links the same end. Each reference is visited
/// once in the whole document, however long the chains are.
fn settle<'t>(
    start: usize,
    targets: &mut IndexMap<&'t str, Target<'t>>,
    root: &'t Tree,
    anchors: &IndexMap<&'t str, &'t Tree>,
) {
    let mut chain = IndexSet::new();
    let mut link = start;
    let end = loop {
        match targets.get_index(link) {
            None => break End::Dangling,
            Some((written, Target { end: End::Unknown, .. })) => {
                if !chain.insert(link) {
                    break End::Loop;
                }
                match look_up(written, root, anchors) {
                    End::Found(node) => match node.reference().and_then(|next| targets.get_index_of(next)) {
                        Some(next) => link = next,
                        None => break End::Found(node),
                    },
                    lost => break lost,
                }
            }
            Some((_, settled)) => break settled.end,
        }
    };
    for link in chain {
        if let Some((_, target)) = targets.get_index_mut(link) {
            target.end = end;
        }
    }
}

fn look_up<'t>(written: &str, root: &'t Tree, anchors: &IndexMap<&'t str, &'t Tree>) -> End<'t> {
    let Some(fragment) = written.strip_prefix('#') else {
        return End::Remote;
    };
    let found = pointer::at(root, fragment).or_else(|| anchors.get(fragment).copied());
    found.map_or(End::Dangling, End::Found)
}

/// Says for each target that was not found where the document first asks for it.
fn tell<'t>(node: &'t Tree, place: &Place<'_>, targets: &mut IndexMap<&'t str, Target<'t>>, notes: &mut Notes) {
    match node {
        Tree::List(items) => {
            for (index, item) in items.iter().enumerate() {
                tell(item, &place.item(index), targets, notes);
            }
        }
        Tree::Map(fields) => {
            if let Some(written) = node.reference()
                && let Some(target) = targets.get_mut(written)
            {
                target.tell(written, place, notes);
            }
            for (key, field) in fields.iter() {
                tell(field, &place.key(key), targets, notes);
            }
        }
        _ => {}
    }
}

impl Target<'_> {
    fn tell(&mut self, written: &str, place: &Place<'_>, notes: &mut Notes) {
        let (kind, what) = match self.end {
            End::Found(_) | End::Unknown => return,
            End::Remote => (NoteKind::RemoteRef, "points outside this document and is not fetched"),
            End::Dangling => (NoteKind::DanglingRef, "points to, or by way of, something that does not exist"),
            End::Loop => (NoteKind::RefLoop, "only ever leads to another reference, in a loop"),
        };
        if !std::mem::replace(&mut self.said, true) {
            let sentence = format!("`{}` {what} ({})", short(written), counted(self.uses, "reference"));
            notes.add(kind, place, sentence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{NoteKind, read};

    const BROKEN: &str = r##"
openapi: 3.0.0
info: {title: t, version: '1'}
paths:
  /a: {get: {parameters: [{$ref: '#/components/parameters/A'}, {$ref: common.yaml#/P}]}}
  /b: {$ref: 'https://example.com/b.json'}
  /c: {$ref: '#/components/schemas/Missing'}
components:
  parameters:
    A: {$ref: '#/components/parameters/B'}
    B: {$ref: '#/components/parameters/A'}
    Self: {$ref: '#/components/parameters/Self'}
    IntoLoop: {$ref: '#/components/parameters/Self'}
  schemas:
    Tree: {properties: {left: {$ref: '#/components/schemas/Tree'}, $ref: {type: string}}}
    Alias: {$ref: '#/components/schemas/Tree'}
    Foreign: {$ref: common.yaml#/P}
"##;

    #[test]
    fn what_is_wrong_with_references_is_said_where_it_first_appears() {
        let broken = read(BROKEN.as_bytes()).unwrap();
        let told: Vec<_> = broken.notes.iter().map(|note| (note.kind, note.to_string())).collect();
        let told: Vec<_> = told.iter().map(|(kind, note)| (*kind, note.as_str())).collect();
        let (looped, remote, dangling) = (NoteKind::RefLoop, NoteKind::RemoteRef, NoteKind::DanglingRef);
        for ((kind, note), (expected_kind, place, written, uses)) in told.iter().zip([
            (looped, "#/paths/~1a/get/parameters/0", "#/components/parameters/A", "2 references"),
            (remote, "#/paths/~1a/get/parameters/1", "common.yaml#/P", "2 references"),
            (remote, "#/paths/~1b", "https://example.com/b.json", "one reference"),
            (dangling, "#/paths/~1c", "#/components/schemas/Missing", "one reference"),
            (looped, "#/components/parameters/A", "#/components/parameters/B", "one reference"),
            (looped, "#/components/parameters/Self", "#/components/parameters/Self", "2 references"),
        ]) {
            assert_eq!(*kind, expected_kind);
            assert!(note.starts_with(&format!("{place}: `{written}` ")), "{note}");
            assert!(note.ends_with(&format!("({uses})")), "{note}");
        }
        assert_eq!(told.len(), 6, "recursion through a property is no loop: {told:#?}");
        assert_eq!(broken.operations.len(), 1);
        assert_eq!((broken.counts.refs, broken.counts.distinct_refs, broken.counts.unresolved_refs), (11, 7, 9));
    }
}
