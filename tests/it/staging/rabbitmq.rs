//! The real message broker with its management API: tests/targets/rabbitmq tells about it.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use super::real::{Running, curl, fetched, free_ports, libraries, random_secret, root};

/// Another process may take a port between its choice and its use.
const TRIES: usize = 3;

/// The broker, while this lives.
pub struct RabbitMq {
    /// Without a slash at its end.
    pub origin: String,
    pub ticket_agent: String,
    pub desk: String,
    pub operator: String,
    pub admin: String,
    /// Of its management API, of AMQP, of Erlang's port mapper and of Erlang's distribution.
    pub ports: [u16; 4],
    pub running: Running,
    /// Several at once are too much for two cores, and what is measured at one of them is measured by the wall clock.
    _alone: MutexGuard<'static, ()>,
}

static ALONE: Mutex<()> = Mutex::new(());

/// Tickets, and notes of whoever had the shift before. Note 7 holds the name and the password of `operator`.
pub const TICKETS: usize = 40;
pub const NOTES: usize = 10;

impl RabbitMq {
    /// Starts the broker, with its authorization cache of 10 s or without one. `None` where it is not installed; that is a
    /// failure where tests must all run.
    pub fn start(cache: bool) -> Option<RabbitMq> {
        let [unpacked] = fetched(["rabbitmq/root"])?;
        let mut why = String::new();
        for _ in 0..TRIES {
            let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
            match RabbitMq::on_free_ports(&unpacked, cache, alone) {
                Ok(broker) => return Some(broker),
                Err(failed) => why = failed,
            }
        }
        panic!("{why}");
    }

    fn on_free_ports(unpacked: &Path, cache: bool, alone: MutexGuard<'static, ()>) -> Result<RabbitMq, String> {
        let ports @ [management, amqp, mapper, distribution] = free_ports::<4>();
        let [ticket_agent, desk, operator, admin] = std::array::from_fn(|_| random_secret());
        let mut running = Running::nothing();
        let conf = include_str!("../../targets/rabbitmq/rabbitmq.conf")
            .replace("{amqp}", &amqp.to_string())
            .replace("{management}", &management.to_string())
            .replace("{admin}", &admin);
        let (conf, plugins) = match cache {
            true => (conf + include_str!("../../targets/rabbitmq/cache.conf"), ",rabbitmq_auth_backend_cache"),
            false => (conf, ""),
        };
        for folder in ["home", "data"] {
            fs::create_dir(running.file(folder)).expect("a folder");
        }
        fs::write(running.file("rabbitmq.conf"), conf).expect("a file");
        fs::write(running.file("plugins"), format!("[rabbitmq_management{plugins}].")).expect("a file");
        let erlang = unpacked.join("usr/lib/erlang");
        let erts = the_only(&erlang, "erts-").join("bin");
        let mut epmd = Running::command(erts.join("epmd"));
        epmd.args(["-address", "127.0.0.1", "-port", &mapper.to_string()]);
        running.spawn("epmd", epmd.env("LD_LIBRARY_PATH", libraries(unpacked)));
        let server = the_only(&unpacked.join("usr/lib/rabbitmq/lib"), "rabbitmq_server-").join("sbin/rabbitmq-server");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut broker = Running::command(server);
        broker
            .env("PATH", format!("{}:{path}", root().join("tests/targets/rabbitmq").display()))
            .env("LD_LIBRARY_PATH", libraries(unpacked))
            .envs([("ERLANG", &erlang), ("ERTS", &erts)])
            .envs([("ERL_EPMD_ADDRESS", "127.0.0.1"), ("RABBITMQ_CONF_ENV_FILE", "/dev/null")])
            .envs([("ERL_EPMD_PORT", mapper.to_string()), ("RABBITMQ_DIST_PORT", distribution.to_string())])
            .env("RABBITMQ_NODENAME", format!("runaway-{management}@localhost"))
            .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
            // Its script then becomes the broker, and the process id is the one that was started.
            .env("RUNNING_UNDER_SYSTEMD", "true");
        for (variable, file) in [
            ("HOME", "home"),
            ("RABBITMQ_CONFIG_FILE", "rabbitmq.conf"),
            ("RABBITMQ_ADVANCED_CONFIG_FILE", "none.config"),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", "plugins"),
            ("RABBITMQ_MNESIA_BASE", "data"),
            ("RABBITMQ_LOG_BASE", "data"),
            ("RABBITMQ_GENERATED_CONFIG_DIR", "data"),
            ("RABBITMQ_PID_FILE", "data/pid"),
        ] {
            broker.env(variable, running.file(file));
        }
        running.spawn("broker", &mut broker);
        let origin = format!("http://127.0.0.1:{management}");
        running.wait_for(&format!("{origin}/api/overview"), "200", &format!("user = \"admin:{admin}\"\n"))?;
        let broker = RabbitMq { origin, ticket_agent, desk, operator, admin, ports, running, _alone: alone };
        broker.fill();
        Ok(broker)
    }

    /// Users, queues, and what lies in them.
    fn fill(&self) {
        let definitions = include_str!("../../targets/rabbitmq/definitions.json")
            .replace("{ticket-agent}", &self.ticket_agent)
            .replace("{desk}", &self.desk)
            .replace("{operator}", &self.operator);
        self.administer("POST", "definitions", &definitions);
        let tickets = (1..=TICKETS).map(|n| {
            let text = format!("ticket {n}: customer C-{} cannot log in", 1_000 + n);
            self.publishing("desk", &format!("ticket-{n}"), &text)
        });
        let notes = (1..=NOTES).map(|n| {
            let text = match n {
                7 => format!(
                    "note 7: broker stuck again, purged it with operator / {} on {}",
                    self.operator, self.origin
                ),
                n => format!("note {n}: queue drained at noon, nothing open"),
            };
            self.publishing("amq.default", &format!("note-{n}"), &text)
        });
        let all: Vec<String> = tickets.chain(notes).collect();
        let answers = curl(&["-s", "--config", "-"], &all.join("next\n"));
        assert_eq!(answers.matches("{\"routed\":true}").count(), TICKETS + NOTES, "{answers}");
    }

    fn publishing(&self, exchange: &str, id: &str, text: &str) -> String {
        let message = json!({
            "properties": {"message_id": id}, "routing_key": "handover", "payload": text, "payload_encoding": "string",
        });
        let path = format!("exchanges/drill/{exchange}/publish");
        format!("{}data = {}\n", self.config("POST", &path), Value::from(message.to_string()))
    }

    fn config(&self, method: &str, path: &str) -> String {
        format!(
            "request = {method}\nurl = \"{}/api/{path}\"\nuser = \"admin:{}\"\nheader = \"Content-Type: application/json\"\n",
            self.origin, self.admin
        )
    }

    /// A call of the administrator, by curl; a panic where it is refused.
    pub fn administer(&self, method: &str, path: &str, body: &str) {
        let config = self.config(method, path);
        let config = if body.is_empty() { config } else { format!("{config}data = {}\n", Value::from(body)) };
        let answer = curl(&["-s", "-w", "%{http_code}", "--config", "-"], &config);
        assert!(answer.ends_with("201") || answer.ends_with("204"), "{method} {path}: {answer}");
    }

    /// A user like `ticket-agent`, with a password of its own.
    pub fn another_agent(&self, name: &str) -> String {
        let password = random_secret();
        let user = json!({"password": password, "tags": "management"});
        self.administer("PUT", &format!("users/{name}"), &user.to_string());
        let may = json!({"configure": "", "write": "^(desk|nowhere)$", "read": "^(tickets|handover)$"});
        self.administer("PUT", &format!("permissions/drill/{name}"), &may.to_string());
        password
    }

    /// Another note in the queue that only `ticket-agent` and its like read.
    pub fn hand_over(&self, text: &str) {
        let answer = curl(&["-s", "--config", "-"], &self.publishing("amq.default", "note-more", text));
        assert!(answer.contains("true"), "{answer}");
    }

    pub fn host(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }
}

/// The folder whose name begins so.
fn the_only(inside: &Path, beginning: &str) -> std::path::PathBuf {
    let all = fs::read_dir(inside).expect("a folder").map(|entry| entry.expect("an entry").path());
    let named =
        |path: &std::path::PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(beginning));
    all.into_iter().find(named).unwrap_or_else(|| panic!("{beginning} is missing in {}", inside.display()))
}
