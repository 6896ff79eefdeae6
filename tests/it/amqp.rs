//! What is not HTTP, at a real message broker: an open AMQP channel outlives a new password.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::drills::{self, Ran};
use crate::staging::rabbitmq::RabbitMq;
use crate::staging::real::{Running, fetched, root};

const CHANNEL: &str = include_str!("../targets/rabbitmq/channel.yaml");
const NEW_PASSWORD: &str = "    - {http: \"PUT broker:/api/users/ticket-agent\", with: admin, json: '{\"password\": \"{fresh}\", \"tags\": \"management\"}'}\n";
const CLOSED: &str = "    - {http: \"DELETE broker:/api/connections/username/ticket-agent\", with: admin}\n";
const AGENT: &str = "ticket-agent";

/// A program that holds a channel for the drilled user, and one for the control.
struct Holder {
    python: PathBuf,
    running: Running,
}

impl Holder {
    #[expect(clippy::disallowed_methods, reason = "a connection takes its time")]
    fn start(python: PathBuf, broker: &RabbitMq) -> Holder {
        let mut running = Running::nothing();
        let mut holding = Running::command(&python);
        holding.arg(client()).arg("hold").arg(running.file("socket"));
        holding.env("AMQP", broker.ports[1].to_string());
        holding.env("HOLDS", format!("{AGENT}:{}\ndesk:{}", broker.ticket_agent, broker.desk));
        running.spawn("holder", &mut holding);
        let (holder, since) = (Holder { python, running }, Instant::now());
        while !holder.socket().exists() {
            assert!(since.elapsed() < Duration::from_secs(60), "no channel: {}", holder.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        holder
    }

    fn socket(&self) -> PathBuf {
        self.running.file("socket")
    }

    fn log(&self) -> String {
        fs::read_to_string(self.running.file("holder.log")).unwrap()
    }

    /// How often it opened a channel for the drilled user.
    fn opened(&self) -> usize {
        self.log().matches(&format!("opened {AGENT}")).count()
    }
}

fn client() -> PathBuf {
    root().join("tests/clients/amqp.py")
}

fn drilled(broker: &RabbitMq, holder: &Holder, steps: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let text = CHANNEL
        .replace(NEW_PASSWORD, steps)
        .replace("https://broker.test", &broker.origin)
        .replace("{python}", &text(&holder.python))
        .replace("{client}", &text(&client()))
        .replace("{socket}", &text(&holder.socket()));
    assert!(text.contains(steps));
    let mut command = drills::command(folder.path(), &text, broker.host());
    command
        .env("TICKET_AGENT", format!("{AGENT}:{}", broker.ticket_agent))
        .env("TICKET_AGENT_PASSWORD", &broker.ticket_agent)
        .env("FRESH", "another-password")
        .env("DESK", format!("desk:{}", broker.desk))
        .env("ADMIN", format!("admin:{}", broker.admin));
    let ran = drills::finished(folder.path(), command.output().unwrap());
    for secret in [&broker.ticket_agent, &broker.desk, &broker.admin] {
        assert!(
            !ran.files.contains(secret.as_str()) && !ran.shown().contains(secret.as_str()),
            "a password was written"
        );
    }
    for service in ["api", "channel"] {
        assert!(ran.says(&format!("restored: agent works again at {service}")), "{}", ran.shown());
    }
    ran
}

fn row<'r>(ran: &'r Ran, service: &str) -> &'r Value {
    let rows = ran.json["matrix"].as_array().unwrap_or_else(|| panic!("{}", ran.shown()));
    rows.iter().find(|row| row["service"] == service).unwrap()
}

#[test]
fn an_open_channel_outlives_a_new_password_until_its_connection_is_closed() {
    let Some([clients]) = fetched(["clients"]) else { return };
    let Some(broker) = RabbitMq::start(false) else { return };
    let holder = Holder::start(clients.join("bin/python"), &broker);

    let ran = drilled(&broker, &holder, NEW_PASSWORD);
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (1, Some("fail")), "{}", ran.shown());
    assert_eq!((&row(&ran, "api")["ended"], &row(&ran, "api")["status"]), (&"stopped".into(), &401.into()));
    let channel = row(&ran, "channel");
    assert_eq!(channel["ended"], "never-stopped", "{}", ran.shown());
    // Once in 400 ms for the six seconds of the deadline, where this machine is quick enough.
    assert!(channel["accepted_after_declared"].as_u64() >= Some(3), "{}", ran.shown());
    assert!(ran.says("survives: agent at channel"), "{}", ran.shown());
    assert_eq!(holder.opened(), 1, "it was the same channel all the time: {}", holder.log());

    let ran = drilled(&broker, &holder, &format!("{NEW_PASSWORD}{CLOSED}"));
    assert_eq!((ran.code(), ran.json["verdict"].as_str()), (0, Some("pass")), "{}", ran.shown());
    for service in ["api", "channel"] {
        assert_eq!(row(&ran, service)["ended"], "stopped", "{service}: {}", ran.shown());
    }
    assert_eq!(holder.opened(), 2, "with the old password, once that was put back: {}", holder.log());
}
