//! Places of a source file with the mutants that lie behind a switch there, and the text that comes of both.

use std::collections::BTreeSet;
use std::ops::Range;

pub type Id = u32;

/// A part of what an edit writes.
#[derive(Clone, Debug)]
pub enum Piece {
    Code(String),
    /// As it stands in the source.
    Plain(Range<usize>),
    /// The same, with the mutants inside it.
    Mutated(Range<usize>),
}

/// One place, and what is written over it.
#[derive(Debug)]
pub struct Edit {
    pub place: Range<usize>,
    pub shape: Shape,
}

#[derive(Debug)]
pub enum Shape {
    /// An expression: one of the alternatives, or what stood there.
    Choice { before: String, alternatives: Vec<(Id, Vec<Piece>)>, otherwise: Vec<Piece>, after: String },
    /// Returns at the start of a function.
    Early(Vec<(Id, String)>),
    /// The guard of an arm of a match: the arm deleted, the guard always true, the guard never true.
    Guard { deleted: Option<Id>, always: Option<Id>, never: Option<Id>, guard: Option<Range<usize>> },
}

/// Where the code of a mutant lies in the text that was written.
pub struct Trace {
    pub mutant: Id,
    pub own: Range<usize>,
    pub whole: Range<usize>,
}

pub struct Rendered {
    pub text: String,
    pub traces: Vec<Trace>,
}

struct Writer<'a> {
    source: &'a str,
    edits: &'a [Edit],
    dropped: &'a BTreeSet<Id>,
    out: Rendered,
}

/// The source with all mutants but those that were dropped.
pub fn render(source: &str, edits: &mut [Edit], dropped: &BTreeSet<Id>) -> Rendered {
    // Outer ones come before inner ones, and what is only put in before what is written over.
    edits.sort_by_key(|edit| {
        let length = edit.place.len();
        (edit.place.start, length != 0, usize::MAX - length)
    });
    let out = Rendered { text: String::with_capacity(source.len() * 3), traces: Vec::new() };
    let mut writer = Writer { source, edits, dropped, out };
    writer.mutated(0..source.len(), 0);
    writer.out
}

impl Writer<'_> {
    fn mutated(&mut self, place: Range<usize>, mut next: usize) {
        let mut at = place.start;
        while let Some(edit) = self.edits.get(next).filter(|edit| edit.place.start < place.end) {
            if edit.place.start >= at {
                self.out.text.push_str(&self.source[at..edit.place.start]);
                self.edit(edit, next + 1);
                at = edit.place.end;
            }
            next += 1;
        }
        self.out.text.push_str(&self.source[at..place.end]);
    }

    fn edit(&mut self, edit: &Edit, inner: usize) {
        let start = self.out.text.len();
        let first = self.out.traces.len();
        match &edit.shape {
            Shape::Choice { before, alternatives, otherwise, after } => {
                let alternatives: Vec<_> = alternatives.iter().filter(|(id, _)| !self.dropped.contains(id)).collect();
                if alternatives.is_empty() {
                    return self.mutated(edit.place.clone(), inner);
                }
                self.out.text.push_str(before);
                for (id, pieces) in alternatives {
                    self.out.text.push_str(&format!("if crate::mutants::is({id}) {{ "));
                    self.own(*id, |writer| writer.pieces(pieces, inner));
                    self.out.text.push_str(" } else ");
                }
                self.out.text.push_str("{ ");
                self.pieces(otherwise, inner);
                self.out.text.push_str(" }");
                self.out.text.push_str(after);
            }
            Shape::Early(values) => {
                for (id, value) in values.iter().filter(|(id, _)| !self.dropped.contains(id)) {
                    self.own(*id, |writer| {
                        writer.out.text.push_str(&format!(" if crate::mutants::is({id}) {{ return {value}; }}"));
                    });
                }
            }
            Shape::Guard { deleted, always, never, guard } => {
                let kept = |id: &Option<Id>| id.filter(|id| !self.dropped.contains(id));
                let (deleted, always, never) = (kept(deleted), kept(always), kept(never));
                self.guard(deleted, always, never, guard.clone(), inner);
            }
        }
        let whole = start..self.out.text.len();
        let own_ids: Vec<Id> = edit.mutants().collect();
        for trace in self.out.traces[first..].iter_mut().filter(|trace| own_ids.contains(&trace.mutant)) {
            trace.whole = whole.clone();
        }
    }

    fn guard(
        &mut self,
        deleted: Option<Id>,
        always: Option<Id>,
        never: Option<Id>,
        guard: Option<Range<usize>>,
        inner: usize,
    ) {
        if let Some(id) = deleted {
            self.own(id, |writer| writer.out.text.push_str(&format!(" if !crate::mutants::is({id})")));
        }
        let Some(guard) = guard else { return };
        if let Some(id) = always {
            self.own(id, |writer| writer.out.text.push_str(&format!("crate::mutants::is({id}) || ")));
        }
        if let Some(id) = never {
            self.own(id, |writer| writer.out.text.push_str(&format!("!crate::mutants::is({id}) && ")));
        }
        self.out.text.push('(');
        self.mutated(guard, inner);
        self.out.text.push(')');
    }

    fn pieces(&mut self, pieces: &[Piece], inner: usize) {
        for piece in pieces {
            match piece {
                Piece::Code(code) => self.out.text.push_str(code),
                Piece::Plain(place) => self.out.text.push_str(&self.source[place.clone()]),
                Piece::Mutated(place) => self.mutated(place.clone(), inner),
            }
        }
    }

    fn own(&mut self, mutant: Id, write: impl FnOnce(&mut Self)) {
        let start = self.out.text.len();
        write(self);
        let own = start..self.out.text.len();
        self.out.traces.push(Trace { mutant, whole: own.clone(), own });
    }
}

impl Edit {
    fn mutants(&self) -> impl Iterator<Item = Id> {
        match &self.shape {
            Shape::Choice { alternatives, .. } => alternatives.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
            Shape::Early(values) => values.iter().map(|(id, _)| *id).collect(),
            Shape::Guard { deleted, always, never, .. } => [*deleted, *always, *never].into_iter().flatten().collect(),
        }
        .into_iter()
    }
}
