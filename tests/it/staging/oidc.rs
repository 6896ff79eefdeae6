//! The real authorization server and its resource servers: tests/targets/oidc tells about them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::real::{Running, curl, fetched, free_ports, libraries, random_secret, root};

/// The servers, while this lives.
pub struct Oidc {
    pub issuer: String,
    /// `cache`, `interval`, `jwt`, `each`.
    pub services: [(&'static str, String); 4],
    pub agent: String,
    pub watch: String,
    /// The secret of `nightly-export`, which stands in ticket 137.
    pub export: String,
    _running: Running,
}

impl Oidc {
    /// Starts everything, with tokens that live so many seconds. `None` where the servers are not installed; that is a
    /// failure where tests must all run.
    pub fn start(token_seconds: u32) -> Option<Oidc> {
        let [modules, httpd] = fetched(["oidc-provider/node_modules", "httpd/root"])?;
        let [issuer, ports @ ..] = free_ports::<5>();
        let [agent, watch, export, resource] = std::array::from_fn(|_| random_secret());
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let [cache, interval, jwt, each] = ports;
        let mut running = Running::nothing();
        let mut provider = Running::command("node");
        provider
            .arg(root().join("tests/targets/oidc/provider.mjs"))
            .env("MODULES", modules)
            .env("PORT", issuer.to_string())
            .env("JWT_AUDIENCE", url(jwt))
            .env("TOKEN_SECONDS", token_seconds.to_string())
            .env("TICKET_AGENT", &agent)
            .env("NIGHT_WATCH", &watch)
            .env("NIGHTLY_EXPORT", &export)
            .env("RESOURCE_SERVER", &resource);
        running.spawn("provider", &mut provider);
        let services = [("cache", url(cache)), ("interval", url(interval)), ("jwt", url(jwt)), ("each", url(each))];
        let (agent, watch) = (format!("ticket-agent:{agent}"), format!("night-watch:{watch}"));
        let issuer = url(issuer);
        let started = running.wait_for(&format!("{issuer}/.well-known/openid-configuration"), "200", "");
        started.unwrap_or_else(|why| panic!("{why}"));
        documents(running.state.path(), &issuer, &export);
        let user = if rustix::process::geteuid().is_root() { "www-data" } else { "nobody" };
        let defined = [
            ("STATE", running.state.path().display().to_string()),
            ("MODULES", httpd.join("usr/lib/apache2/modules").display().to_string()),
            ("ISSUER", issuer.clone()),
            ("SECRET", resource),
            ("AS_USER", user.to_owned()),
            ("CACHE", cache.to_string()),
            ("INTERVAL", interval.to_string()),
            ("JWT", jwt.to_string()),
            ("EACH", each.to_string()),
        ];
        let mut server = Running::command(httpd.join("usr/sbin/apache2"));
        server
            .arg("-f")
            .arg(root().join("tests/targets/oidc/httpd.conf"))
            .arg("-DFOREGROUND")
            .env("LD_LIBRARY_PATH", libraries(&httpd))
            .envs(defined);
        running.spawn("httpd-start", &mut server);
        running.also_logs("httpd.log");
        for (_, service) in &services {
            let started = running.wait_for(&format!("{service}/api/ticket.json"), "401", "");
            started.unwrap_or_else(|why| panic!("{why}"));
        }
        Some(Oidc { issuer, services, agent, watch, export, _running: running })
    }

    /// An access token of `ticket-agent` that opens the tickets, by curl; a JWT where a resource is named.
    pub fn token(&self, resource: Option<&str>) -> String {
        self.token_with("tickets.read", resource)
    }

    /// The same, with these scopes.
    pub fn token_with(&self, scopes: &str, resource: Option<&str>) -> String {
        let mut form = format!("grant_type=client_credentials&scope={}", scopes.replace(' ', "+"));
        if let Some(resource) = resource {
            form += &format!("&resource={resource}");
        }
        let config = format!("user = \"{}\"\ndata = \"{form}\"\n", self.agent);
        let answer = curl(&["-s", "--config", "-", &format!("{}/token", self.issuer)], &config);
        let json: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
        json["access_token"].as_str().expect("a token").to_owned()
    }
}

/// How many there are of each.
pub const TICKETS: usize = 200;
pub const CUSTOMERS: usize = 40;
pub const EXPORTED: usize = 500;
/// The ticket in which a client is handed over.
pub const HANDS_OVER: usize = 137;

/// What the resource servers serve. Whoever serves it may be another user.
fn documents(state: &Path, issuer: &str, export: &str) {
    let documents = state.join("documents");
    let [api, lists, tickets] = ["api", "lists", "tickets"].map(|name| documents.join(name));
    for folder in [&api, &lists, &tickets] {
        fs::create_dir_all(folder).expect("a folder");
    }
    for folder in [state, &documents, &api, &lists, &tickets] {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("permissions");
    }
    let write = |file: &Path, json: Value| fs::write(file, json.to_string()).expect("a file");
    write(
        &documents.join("metadata.json"),
        json!({
            "issuer": issuer, "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
        }),
    );
    write(&api.join("ticket.json"), json!({"id": 1, "subject": "search finds nothing"}));
    for n in 1..=TICKETS {
        let text = match n {
            HANDS_OVER => format!(
                "The export failed again. By hand: take a token from {issuer}/token as client_id nightly-export, \
                 client_secret {export}, then GET /api/export."
            ),
            _ => "A customer writes that search finds nothing.".to_owned(),
        };
        write(&tickets.join(format!("{n}.json")), json!({"id": n, "text": text}));
    }
    let rows = |n: usize| (1..=n).map(|id| json!({"id": id})).collect::<Vec<_>>();
    write(&lists.join("tickets.json"), json!({"total": TICKETS, "tickets": rows(TICKETS)}));
    write(&lists.join("customers.json"), json!({"total": CUSTOMERS, "customers": rows(CUSTOMERS)}));
    write(&lists.join("export.json"), json!({"records": rows(EXPORTED)}));
}
