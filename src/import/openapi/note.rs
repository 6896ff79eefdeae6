use std::fmt;

use super::limits::{MAX_NOTES, MAX_QUOTED};

/// Something in a description that was skipped, clashed, or could not be resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    pub kind: NoteKind,
    /// A JSON pointer into the document.
    pub place: String,
    pub sentence: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum NoteKind {
    /// A chain of references that only ever leads to itself.
    RefLoop,
    /// A reference outside the document. Nothing is ever fetched.
    RemoteRef,
    /// A reference to a place that does not exist.
    DanglingRef,
    /// Two templates match exactly the same requests.
    PathClash,
    /// Two templates match some of the same requests, and neither is the more specific one throughout.
    PathOverlap,
    /// Two operations ask for the same name.
    DuplicateId,
    /// A key stands twice in one object.
    DuplicateKey,
    /// Not what the specification says, and read as the sentence tells.
    Malformed,
    /// A name that nothing declares.
    Undeclared,
    /// Well-formed, but of no use here.
    Skipped,
    /// How many notes are not listed.
    LeftOut,
}

impl NoteKind {
    pub const fn name(self) -> &'static str {
        match self {
            NoteKind::RefLoop => "ref-loop",
            NoteKind::RemoteRef => "remote-ref",
            NoteKind::DanglingRef => "dangling-ref",
            NoteKind::PathClash => "path-clash",
            NoteKind::PathOverlap => "path-overlap",
            NoteKind::DuplicateId => "duplicate-id",
            NoteKind::DuplicateKey => "duplicate-key",
            NoteKind::Malformed => "malformed",
            NoteKind::Undeclared => "undeclared",
            NoteKind::Skipped => "skipped",
            NoteKind::LeftOut => "left-out",
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.sentence)
    }
}

#[derive(Default)]
pub(super) struct Notes {
    list: Vec<Note>,
    left_out: usize,
}

impl Notes {
    pub fn add(&mut self, kind: NoteKind, place: impl fmt::Display, sentence: impl AsRef<str>) {
        if self.list.len() >= MAX_NOTES {
            self.left_out += 1;
            return;
        }
        self.list.push(Note { kind, place: plain(&place.to_string()), sentence: plain(sentence.as_ref()) });
    }

    pub fn into_list(mut self) -> Vec<Note> {
        if self.left_out > 0 {
            let sentence = format!("{} further notes are not listed", self.left_out);
            self.list.push(Note { kind: NoteKind::LeftOut, place: "#".to_owned(), sentence });
        }
        self.list
    }
}

/// Foreign text without control characters, which a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// As much of a foreign text as a note repeats.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_QUOTED) {
        Some((end, _)) => format!("{}…", plain(text.get(..end).unwrap_or_default())),
        None => plain(text),
    }
}

/// `one reference`, `3 references`.
pub(super) fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("one {thing}") } else { format!("{count} {thing}s") }
}
