//! The real authorization server and its resource servers: tests/targets/oidc tells about them.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// The servers, while this lives.
pub struct Oidc {
    children: Vec<Child>,
    pub issuer: String,
    /// `cache`, `interval`, `jwt`, `each`.
    pub services: [(&'static str, String); 4],
    pub agent: String,
    pub watch: String,
    _state: tempfile::TempDir,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Where `scripts/fetch-test-inputs` put them.
fn inputs() -> Option<(PathBuf, PathBuf)> {
    let inputs = root().join("target/test-inputs");
    let (modules, httpd) = (inputs.join("oidc-provider/node_modules"), inputs.join("httpd/root"));
    (modules.is_dir() && httpd.is_dir()).then_some((modules, httpd))
}

fn free_ports() -> [u16; 5] {
    let all: [TcpListener; 5] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    all.map(|listener| listener.local_addr().expect("an address").port())
}

fn random_secret() -> String {
    let bytes = fs::File::open("/dev/urandom").and_then(|mut file| {
        let mut bytes = [0; 24];
        std::io::Read::read_exact(&mut file, &mut bytes).map(|()| bytes)
    });
    bytes.expect("random bytes").iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Oidc {
    /// Starts everything, with tokens that live so many seconds. `None` where the servers are not installed; that is a
    /// failure where tests must all run.
    pub fn start(token_seconds: u32) -> Option<Oidc> {
        let Some((modules, httpd)) = inputs() else {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "scripts/fetch-test-inputs installs the servers");
            eprintln!("the real servers are not installed, so this did not run: scripts/fetch-test-inputs");
            return None;
        };
        let [issuer, ports @ ..] = free_ports();
        let state = tempfile::tempdir().expect("a folder");
        let [agent, watch, resource] = std::array::from_fn(|_| random_secret());
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let [cache, interval, jwt, each] = ports;
        let folder = state.path().to_owned();
        let log = |name: &str| fs::File::create(folder.join(name)).expect("a log");
        let provider = Command::new("node")
            .arg(root().join("tests/targets/oidc/provider.mjs"))
            .env("MODULES", modules)
            .env("PORT", issuer.to_string())
            .env("JWT_AUDIENCE", url(jwt))
            .env("TOKEN_SECONDS", token_seconds.to_string())
            .env("TICKET_AGENT", &agent)
            .env("NIGHT_WATCH", &watch)
            .env("RESOURCE_SERVER", &resource)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log("provider.log"))
            .spawn()
            .expect("node starts");
        let services = [("cache", url(cache)), ("interval", url(interval)), ("jwt", url(jwt)), ("each", url(each))];
        let (agent, watch) = (format!("ticket-agent:{agent}"), format!("night-watch:{watch}"));
        let mut oidc = Oidc { children: vec![provider], issuer: url(issuer), services, agent, watch, _state: state };
        oidc.wait_for(&format!("{}/.well-known/openid-configuration", oidc.issuer), "200");
        documents(oidc._state.path(), &oidc.issuer);
        let modules = httpd.join("usr/lib/apache2/modules");
        let user = if rustix::process::geteuid().is_root() { "www-data" } else { "nobody" };
        let defined = [
            ("STATE", oidc._state.path().display().to_string()),
            ("MODULES", modules.display().to_string()),
            ("ISSUER", oidc.issuer.clone()),
            ("SECRET", resource),
            ("AS_USER", user.to_owned()),
            ("CACHE", cache.to_string()),
            ("INTERVAL", interval.to_string()),
            ("JWT", jwt.to_string()),
            ("EACH", each.to_string()),
        ];
        let libraries = format!("usr/lib/{}-linux-gnu", std::env::consts::ARCH);
        let server = Command::new(httpd.join("usr/sbin/apache2"))
            .arg("-f")
            .arg(root().join("tests/targets/oidc/httpd.conf"))
            .arg("-DFOREGROUND")
            .env("LD_LIBRARY_PATH", httpd.join(libraries))
            .envs(defined)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log("httpd-start.log"))
            .spawn()
            .expect("httpd starts");
        oidc.children.push(server);
        for (_, service) in oidc.services.clone() {
            oidc.wait_for(&format!("{service}/api/ticket.json"), "401");
        }
        Some(oidc)
    }

    #[expect(clippy::disallowed_methods, reason = "servers take their time to start")]
    fn wait_for(&mut self, url: &str, status: &str) {
        for _ in 0..600 {
            if curl(&["-s", "-o", "/dev/null", "-w", "%{http_code}", url], "") == status {
                return;
            }
            for child in &mut self.children {
                if let Some(ended) = child.try_wait().expect("a process") {
                    panic!("a server ended with {ended}: {}", self.logs());
                }
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{url} did not answer {status}: {}", self.logs());
    }

    fn logs(&self) -> String {
        let logs = ["provider.log", "httpd-start.log", "httpd.log"];
        logs.map(|name| fs::read_to_string(self._state.path().join(name)).unwrap_or_default()).join("\n")
    }

    /// An access token of `ticket-agent`, by curl; a JWT where a resource is named.
    pub fn token(&self, resource: Option<&str>) -> String {
        let mut form = "grant_type=client_credentials&scope=tickets.read".to_owned();
        if let Some(resource) = resource {
            form += &format!("&resource={resource}");
        }
        let config = format!("user = \"{}\"\ndata = \"{form}\"\n", self.agent);
        let answer = curl(&["-s", "--config", "-", &format!("{}/token", self.issuer)], &config);
        let json: serde_json::Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
        json["access_token"].as_str().expect("a token").to_owned()
    }
}

/// What the resource servers serve. Whoever serves it may be another user.
fn documents(state: &Path, issuer: &str) {
    let folder = state.join("documents/api");
    fs::create_dir_all(&folder).expect("a folder");
    for folder in [state, &state.join("documents"), &folder] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    let metadata = serde_json::json!({
        "issuer": issuer, "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
    });
    fs::write(state.join("documents/metadata.json"), metadata.to_string()).expect("a file");
    fs::write(folder.join("ticket.json"), "{\"id\": 1, \"subject\": \"search finds nothing\"}").expect("a file");
}

impl Drop for Oidc {
    /// Asks them to end, so that httpd ends its workers; what does not is killed.
    #[expect(clippy::disallowed_methods, reason = "servers take their time to end")]
    fn drop(&mut self) {
        for child in self.children.iter_mut().rev() {
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            for _ in 0..200 {
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
