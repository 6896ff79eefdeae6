//! What holds real credentials leaves no image of its memory.

use std::io;

/// From now on a crash leaves no core file, neither of this process nor of a program that it starts. On Linux, nobody else
/// of the same user may look into its memory either.
///
/// # Errors
///
/// The system does not let it.
#[cfg(unix)]
pub fn leave_no_core() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// The system writes no core files by itself.
///
/// # Errors
///
/// None.
#[cfg(not(unix))]
pub fn leave_no_core() -> io::Result<()> {
    Ok(())
}
