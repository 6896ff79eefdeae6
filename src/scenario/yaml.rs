//! From text to tree. What the YAML reader says is put into words that help whoever wrote the file.

use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{Error, options};

use super::finding::{Code, Finding};
use super::shape::shortened_to;
use super::tree::{Node, Place};

/// Deeper than any part of the format goes.
const MOST_DEPTH: usize = 48;
/// More values than any scenario has, aliases counted as often as they are used.
const MOST_NODES: usize = 500_000;
/// The reader recurses, with large frames in debug builds.
const STACK: usize = 64 << 20;

/// Reads a text as YAML.
pub fn read(text: &str) -> Result<Node, Finding> {
    std::thread::scope(|scope| {
        let reader = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || {
            let budget = serde_saphyr::budget! {
                max_depth: MOST_DEPTH,
                flow_nesting_limit: MOST_DEPTH + 1,
                max_nodes: MOST_NODES,
                max_events: 4 * MOST_NODES,
                enforce_alias_anchor_ratio: false,
            };
            let options = options! {
                budget: budget,
                strict_booleans: true,
                non_finite_float_policy: NonFiniteFloatPolicy::AsString,
                with_snippet: false,
            };
            let read =
                serde_saphyr::from_str_with_options::<Node>(text, options).map_err(|error| finding(&error, text));
            read.map(|mut node| {
                node.as_written(text);
                node
            })
        });
        let failed = || {
            let help = "this is a fault of the program: please report it with the file";
            Finding::new(Code::NotYaml, Place::default(), "the file could not be read").help(help)
        };
        reader.map_err(|_| failed())?.join().map_err(|_| failed())?
    })
}

fn finding(error: &Error, text: &str) -> Finding {
    let place = place(error, text);
    let error = match error.without_snippet() {
        Error::AliasError { error, .. } => error.without_snippet(),
        error => error,
    };
    match error {
        Error::DuplicateMappingKey { key, .. } => {
            let key = key.as_deref().unwrap_or("this key");
            let message = format!("`{}` stands twice in one map", shortened_to(key, 60));
            Finding::new(Code::DuplicateKey, Place { len: key.len(), ..place }, message)
                .help("keep one of the two, or give them different names")
        }
        Error::MultipleDocuments { .. } => Finding::new(Code::NotYaml, place, "here begins a second document")
            .help("one file holds one scenario: remove the `---`, or make two files"),
        Error::UnknownAnchor { .. } => {
            Finding::new(Code::NotYaml, place, "`*` repeats something that `&` has not named before")
                .help("write `&name` before the first use, or put quotes around a text that begins with `*`")
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => {
            Finding::new(Code::NotYaml, place, "this repeats the value that it lies in")
                .help("`*name` may stand only after the value that `&name` names has ended")
        }
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => too_deep(place),
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => {
            let message = format!("the file holds more than {MOST_NODES} values, aliases counted each time");
            Finding::new(Code::TooLarge, place, message)
                .help("records are generated from counts: `count: 1_500` in place of a list")
        }
        error => said_by_the_reader(&error.to_string(), place, text),
    }
}

fn too_deep(place: Place) -> Finding {
    Finding::new(Code::NotYaml, place, format!("nested more than {MOST_DEPTH} deep"))
        .help("no part of the format goes that deep: is a bracket left open above?")
}

/// Where the error is. Some errors of the reader have a line and a column only.
fn place(error: &Error, text: &str) -> Place {
    let Some(location) = error.location() else { return Place::default() };
    if let Some(start) = location.span().byte_offset() {
        return Place { start: (start as usize).min(text.len()), len: 1 };
    }
    let (line, column) = (location.line().saturating_sub(1) as usize, location.column().saturating_sub(1) as usize);
    let Some(found) = text.split_inclusive('\n').nth(line) else { return Place { start: text.len(), len: 1 } };
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let within = found.char_indices().nth(column).map_or(found.trim_end().len(), |(at, _)| at);
    Place { start: start + within, len: 1 }
}

/// What the reader says, what that means, and what to do.
const SAID: &[(&str, &str, &str)] = &[
    ("unclosed bracket", "this bracket is never closed", "close it with `]` or `}`"),
    ("mismatched bracket", "this bracket closes one of another kind", "`[` is closed by `]`, and `{` by `}`"),
    ("misplaced bracket", "this bracket closes nothing", "remove it, or open it before"),
    ("unclosed quote", "this quote is never closed", "close it with the same quote"),
    ("unexpected end of stream", "the file ends inside a quote or a bracket", "close what is open"),
    (
        "mapping values are not allowed",
        "`:` cannot stand here",
        "keys of one map begin in the same column; a text with `: ` in it needs quotes",
    ),
    ("illegal placement of ':'", "`:` cannot stand here", "is a bracket or a quote left open above?"),
    (
        "block sequence entries are not allowed",
        "a list cannot begin here",
        "put each `- item` on a line of its own, below its key",
    ),
    ("simple key expected", "this key has no `:`", "write `key: value`; keys of one map begin in the same column"),
    ("simple key is no longer valid", "this key has no `:` on its line", "write `key: value` on one line"),
    ("invalid indentation", "this line is indented too little", "indent it deeper than the key above"),
    ("while parsing a block mapping", "this does not belong to the map above", "keys of one map begin in one column"),
    ("did not find expected", "this cannot stand here", "is a bracket, a quote or a `:` missing above?"),
    ("while parsing a flow", "this cannot stand here", "separate items with commas; is a bracket left open?"),
    (
        "trailing content",
        "something stands behind the closing quote",
        "is a quote left open above? else put quotes around the whole text",
    ),
    (
        "comments must be separated",
        "`#` begins a comment only after a space",
        "write ` #`, or put quotes around the text",
    ),
    ("unknown escape", "this escape is not known", "use single quotes, or write `\\\\` for a backslash"),
    ("cannot start any token", "no value begins with this character", "put quotes around the text"),
    ("unexpected character", "no value begins with this character", "put quotes around the text"),
    ("merge", "`<<` takes a map, or an alias of one", "write `<<: *name`, where `&name` stands before a map"),
    ("document start", "this cannot stand here", "is the line above indented too far, or a `:` missing?"),
    ("expected a word for a key", "a key is a word, not a list or a map", "write the key without brackets"),
    ("invalid u64", "this is not a number", "write the number without `!!int`"),
];

fn said_by_the_reader(said: &str, place: Place, text: &str) -> Finding {
    if said.contains("recursion limit") || said.contains("nesting") {
        return too_deep(place);
    }
    if let Some(start) = tab_indent(text) {
        return Finding::new(Code::NotYaml, Place { start, len: 1 }, "this line is indented with a tab")
            .help("YAML is indented with spaces, never with tabs");
    }
    match SAID.iter().find(|(phrase, ..)| said.contains(phrase)) {
        Some((_, message, help)) => Finding::new(Code::NotYaml, place, *message).help(*help),
        None => {
            let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ");
            let said = said.split_once(": ").filter(|(at, _)| at.starts_with("line ")).map_or(said, |(_, rest)| rest);
            Finding::new(Code::NotYaml, place, format!("this is not YAML: {}", shortened_to(said, 160)))
                .help("look at this line and the one above: indentation, quotes, brackets, `:`")
        }
    }
}

/// The first tab that stands where only spaces may.
fn tab_indent(text: &str) -> Option<usize> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        if line[spaces..].starts_with('\t') && !line.trim().is_empty() {
            return Some(start + spaces);
        }
        start += line.len();
    }
    None
}
