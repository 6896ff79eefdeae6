//! What fuzzing has learned, replayed: no reader of foreign bytes panics. `scripts/fuzz TARGET` goes on from there.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

#[path = "../../fuzz/readers.rs"]
mod readers;

/// Longer than this is for the night.
const MOST: Duration = Duration::from_secs(30);
/// Longer than this is no reading.
const MOST_FOR_ONE: Duration = Duration::from_secs(25);

fn replay(name: &str, folders: &[&str], read: fn(&[u8])) {
    #[expect(clippy::disallowed_methods, reason = "a bound for the whole replay, not a measurement")]
    let since = Instant::now();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let corpus = format!("fuzz/corpus/{name}");
    let mut files = 0;
    for folder in std::iter::once(corpus.as_str()).chain(folders.iter().copied()) {
        let entries = fs::read_dir(root.join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
        for path in entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let began = since.elapsed();
            read(&fs::read(&path).unwrap());
            files += 1;
            let took = since.elapsed() - began;
            assert!(took < MOST_FOR_ONE, "{} took {took:?} to be read", path.display());
            if since.elapsed() > MOST {
                println!("{name}: {files} files in {MOST:?}, the others are left to the night");
                return;
            }
        }
    }
    assert!(files > 0, "{name}: no corpus");
}

#[test]
fn scenarios() {
    replay("scenario", &["scenarios", "tests/formats"], readers::scenario);
}

#[test]
fn descriptions() {
    replay("openapi", &["tests/formats/api", "tests/bad/api"], readers::openapi);
}

#[test]
fn journals() {
    replay("journal", &[], readers::journal);
}

#[test]
fn audit_logs() {
    replay("audit", &[], readers::audit);
}

#[test]
fn tokens() {
    replay("token", &[], readers::token);
}
