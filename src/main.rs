//! The program. Everything is in the library.

/// An exploration takes and gives back some thirty pieces of memory for each request.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    runaway::cli::main()
}
