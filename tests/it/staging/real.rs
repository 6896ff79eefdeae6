//! Real servers that others wrote: started by a test, and ended by their process ids, also where the test itself is killed.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A first start on a machine that does much else takes no longer.
const PATIENCE: Duration = Duration::from_secs(120);

/// Processes, and the folder with what they keep and say.
pub struct Running {
    children: Vec<Child>,
    logs: Vec<PathBuf>,
    pub state: tempfile::TempDir,
}

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What `scripts/fetch-test-inputs` put somewhere. `None` where it is not installed; that is a failure where tests must all
/// run.
pub fn fetched<const N: usize>(folders: [&str; N]) -> Option<[PathBuf; N]> {
    let inputs = folders.map(|folder| root().join("target/test-inputs").join(folder));
    if inputs.iter().all(|folder| folder.is_dir()) {
        return Some(inputs);
    }
    assert!(std::env::var("CI").as_deref() != Ok("true"), "scripts/fetch-test-inputs installs the servers");
    eprintln!("the real servers are not installed, so this did not run: scripts/fetch-test-inputs");
    None
}

pub fn free_ports<const N: usize>() -> [u16; N] {
    let all: [TcpListener; N] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    all.map(|listener| listener.local_addr().expect("an address").port())
}

pub fn random_secret() -> String {
    let bytes = fs::File::open("/dev/urandom").and_then(|mut file| {
        let mut bytes = [0; 24];
        std::io::Read::read_exact(&mut file, &mut bytes).map(|()| bytes)
    });
    bytes.expect("random bytes").iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The folder with the shared libraries of unpacked packages.
pub fn libraries(unpacked: &Path) -> PathBuf {
    unpacked.join(format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH))
}

impl Running {
    pub fn nothing() -> Running {
        Running { children: Vec::new(), logs: Vec::new(), state: tempfile::tempdir().expect("a folder") }
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.state.path().join(name)
    }

    /// A command that is asked to end when the thread ends that starts it, whatever ends that.
    pub fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM", "--"]).arg(program);
        command
    }

    /// Starts one; what it prints is shown where something goes wrong.
    pub fn spawn(&mut self, name: &str, command: &mut Command) {
        let path = self.file(&format!("{name}.log"));
        let log = fs::File::create(&path).expect("a log");
        self.logs.push(path);
        let (out, error) = (log.try_clone().expect("a log"), log);
        let child = command.stdin(Stdio::null()).stdout(out).stderr(error).spawn();
        self.children.push(child.unwrap_or_else(|error| panic!("{name} does not start: {error}")));
    }

    /// A log that one of them writes itself.
    pub fn also_logs(&mut self, name: &str) {
        self.logs.push(self.file(name));
    }

    /// Waits for an answer with that status. `config` is for curl.
    ///
    /// # Errors
    ///
    /// One of them ended, with what it said.
    #[expect(clippy::disallowed_methods, reason = "servers take their time to start")]
    pub fn wait_for(&mut self, url: &str, status: &str, config: &str) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        let asking = ["-s", "-m", "10", "-o", "/dev/null", "-w", "%{http_code}", "--config", "-", url];
        while Instant::now() < until {
            if curl(&asking, config) == status {
                return Ok(());
            }
            for child in &mut self.children {
                if let Some(ended) = child.try_wait().expect("a process") {
                    return Err(format!("a server ended with {ended}: {}", self.logs()));
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{url} did not answer {status}: {}", self.logs());
    }

    fn logs(&self) -> String {
        self.logs.iter().map(|path| fs::read_to_string(path).unwrap_or_default()).collect::<Vec<_>>().join("\n")
    }

    pub fn ids(&self) -> Vec<u32> {
        self.children.iter().map(Child::id).collect()
    }
}

impl Drop for Running {
    /// Asks them to end, the last first, so that they end what they started; what does not is killed.
    #[expect(clippy::disallowed_methods, reason = "servers take their time to end")]
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            for _ in 0..600 {
                if child.try_wait().is_ok_and(|ended| ended.is_some()) {
                    break;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// What curl prints. Secrets come on its standard input.
pub fn curl(arguments: &[&str], config: &str) -> String {
    let mut running = Command::new("curl")
        .args(arguments)
        .args(["--noproxy", "*"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("curl starts");
    let mut stdin = running.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, config.as_bytes()).expect("curl reads");
    drop(stdin);
    String::from_utf8_lossy(&running.wait_with_output().expect("curl ends").stdout).into_owned()
}
