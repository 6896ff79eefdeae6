//! How much of a description is read. Each bound is far above what real descriptions need.

/// The largest public descriptions that we know (Microsoft Graph, GitHub) are 14 to 40 MB unpacked; a gzip bomb grows
/// a thousandfold.
pub(super) const MAX_BYTES: usize = 64 << 20;

/// GitHub nests 22 deep. Reading recurses: unoptimised, a YAML level takes 22 KiB of a thread's 2 MiB of stack.
pub(super) const MAX_DEPTH: usize = 64;

/// GitHub has 260,000 nodes. At about 100 bytes each this keeps a hostile document, or a YAML alias bomb, under half
/// a gigabyte.
pub(super) const MAX_NODES: usize = 4_000_000;

/// The largest real API that we know, Microsoft Graph, has about 16,000.
pub(super) const MAX_OPERATIONS: usize = 50_000;

/// Many paths may share one path item, so a small document can describe much. Counted in bytes of names, and
/// `WORK_PER_ENTRY` for each entry of a list that is looked at; GitHub needs about two million.
pub(super) const MAX_WORK: usize = 256 << 20;
pub(super) const WORK_PER_ENTRY: usize = 64;

/// More findings than this help nobody; the rest is counted.
pub(super) const MAX_NOTES: usize = 10_000;

/// How many characters of a foreign text a note repeats.
pub(super) const MAX_QUOTED: usize = 120;

/// Names longer than this are cut; they become keys that people read. GitHub's longest has 86.
pub(super) const MAX_NAME: usize = 100;

/// Templates that partly overlap are found pair by pair; GitHub needs ten million bytes of comparing.
pub(super) const MAX_COMPARED: usize = 1 << 30;

/// How many schemas are looked through for the shape of one answer; recursive ones never end.
pub(super) const MAX_SHAPE_NODES: usize = 100;

/// An object with more properties than this is a record, not an envelope around a list.
pub(super) const MAX_ENVELOPE: usize = 6;

/// How many media types of an answer, or types of a schema, are looked at.
pub(super) const MAX_CHOICES: usize = 16;

/// Nobody lists more.
pub(super) const MAX_SERVERS: usize = 64;

/// Servers commonly refuse a longer request line.
pub(super) const MAX_PATH: usize = 8_192;
