//! The switch of every mutant. It stands in the copy only.

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

const UNREAD: u32 = u32::MAX;
const RECORDING: u32 = u32::MAX - 1;
const MOST: usize = 16_384;

static ACTIVE: AtomicU32 = AtomicU32::new(UNREAD);
static SEEN: [AtomicBool; MOST] = [const { AtomicBool::new(false) }; MOST];
static ONCE: Once = Once::new();

#[inline(always)]
pub fn is(mutant: u32) -> bool {
    let active = ACTIVE.load(Relaxed);
    active == mutant || (active >= RECORDING && first_or_recorded(mutant))
}

#[cold]
#[inline(never)]
fn first_or_recorded(mutant: u32) -> bool {
    ONCE.call_once(|| {
        let chosen = std::env::var("RUNAWAY_MUTANT").ok().and_then(|n| n.parse().ok());
        let recording = std::env::var_os("RUNAWAY_MUTANTS_SEEN").is_some();
        if recording {
            unsafe { atexit(write_seen) };
        }
        ACTIVE.store(if recording { RECORDING } else { chosen.unwrap_or(0) }, Relaxed);
    });
    let active = ACTIVE.load(Relaxed);
    if active == RECORDING {
        SEEN[mutant as usize].store(true, Relaxed);
    }
    active == mutant
}

unsafe extern "C" {
    fn atexit(run: extern "C" fn()) -> i32;
}

extern "C" fn write_seen() {
    let Some(folder) = std::env::var_os("RUNAWAY_MUTANTS_SEEN") else { return };
    let seen: Vec<String> =
        (0..MOST).filter(|n| SEEN[*n].load(Relaxed)).map(|n| n.to_string()).collect();
    let _ = std::fs::write(std::path::Path::new(&folder).join(std::process::id().to_string()), seen.join("\n"));
}

/// One of the iterators that a function may return.
#[derive(Clone)]
pub enum Either<A, B, C> {
    A(A),
    B(B),
    C(C),
}

impl<T, A: Iterator<Item = T>, B: Iterator<Item = T>, C: Iterator<Item = T>> Iterator for Either<A, B, C> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        match self {
            Either::A(a) => a.next(),
            Either::B(b) => b.next(),
            Either::C(c) => c.next(),
        }
    }
}
