//! `runaway serve`: what it shows, and what a hostile folder, page or client gets out of it.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};

use crate::binary::run_into;
use crate::cli::Desk;

struct Served(Child, u16);

impl Served {
    fn start(desk: &Desk, folder: &str) -> Served {
        let mut child = desk.program(&["serve", folder]).stdout(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let port = line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split('/').next()).expect("an address");
        Served(child, port.parse().expect("a port"))
    }

    /// The whole answer to what is sent as it is.
    fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.1)).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it is heard");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("an answer");
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn get(&self, path: &str) -> String {
        self.raw(&format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", self.1))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// A desk with two runs in `reports`, and a secret beside them.
fn desk() -> Desk {
    let desk = Desk::new();
    fs::create_dir(desk.path().join("reports")).unwrap();
    for run in ["volume-delete", "volume-delete@hardened"] {
        run_into(run, &desk.path().join("reports").join(run.replace('@', "-")));
    }
    let orders = fs::read_to_string(desk.path().join("reports/volume-delete/run.json")).unwrap();
    fs::create_dir(desk.path().join("reports/orders")).unwrap();
    desk.file("reports/orders/run.json", &orders.replace("\"volume-delete\"", "\"orders\""));
    desk.file("secret.txt", "nobody may read this");
    desk
}

fn link(to: &Path, from: &Path) {
    std::os::unix::fs::symlink(to, from).expect("a link");
}

#[test]
fn runs_are_listed_opened_and_compared() {
    let desk = desk();
    let served = Served::start(&desk, "reports");
    let list = served.get("/");
    assert_eq!(status(&list), "200");
    assert!(
        list.contains("/runs/volume%2Ddelete/report.html") && list.contains("Prevented: ") || list.contains("pass")
    );
    assert!(list.contains("<td>fail</td>") && list.contains("<td>pass</td>"), "{list}");
    let report = served.get("/runs/volume%2Ddelete/report.html");
    let written = fs::read_to_string(desk.path().join("reports/volume-delete/report.html")).unwrap();
    assert!(report.ends_with(&written), "as it was written");
    assert!(report.contains("sandbox"), "and no script runs in it");
    let compared = served.get("/compare?before=volume-delete&now=volume-delete");
    assert!(compared.contains("Nothing is different."), "{compared}");
    let hardened = served.get("/compare?before=volume-delete&now=volume-delete-hardened");
    let line = "volume-delete -&gt; volume-delete@hardened: irreversible was 38,015 and is 0";
    assert!(hardened.contains("better than before") && hardened.contains(line), "{hardened}");
    let other = served.get("/compare?before=volume-delete&now=orders");
    assert!(other.contains("different scenarios"), "{other}");
    assert_eq!(status(&served.get("/runs/volume-delete/run.json")), "200");
}

#[test]
fn nothing_outside_of_the_folder_is_read() {
    let desk = desk();
    let reports = desk.path().join("reports");
    link(desk.path(), &reports.join("way-out"));
    fs::create_dir(reports.join("trap")).unwrap();
    link(&desk.path().join("secret.txt"), &reports.join("trap/report.html"));
    link(&desk.path().join("secret.txt"), &reports.join("volume-delete/summary.md.link"));
    fs::remove_file(reports.join("volume-delete/summary.txt")).unwrap();
    link(&desk.path().join("secret.txt"), &reports.join("volume-delete/summary.txt"));
    let served = Served::start(&desk, "reports");
    for path in [
        "/runs/../secret.txt",
        "/../secret.txt",
        "/runs/%2e%2e/secret.txt",
        "/runs/..%2f/report.html",
        "/runs/volume-delete/..%2f..%2f..%2fsecret.txt",
        "/runs/way-out/secret.txt",
        "/runs/way-out/report.html",
        "/runs/trap/report.html",
        "/runs/volume-delete/summary.txt",
        "/runs/volume-delete/journal.ndjson",
        "/runs/volume-delete/%00report.html",
        "/runs//report.html",
        "/runs/./report.html",
        "/compare?before=../x&now=volume-delete",
        "/compare",
        "/secret.txt",
    ] {
        let answer = served.get(path);
        assert_eq!(status(&answer), "404", "{path}: {answer}");
        assert!(!answer.contains("nobody may read"), "{path}");
    }
    assert!(!served.get("/").contains("trap"), "a link is no report");
}

/// A page of somebody else in the same browser, a name that was turned to 127.0.0.1, a client that changes something.
#[test]
fn who_did_not_come_for_this_server_is_sent_away() {
    let desk = desk();
    let served = Served::start(&desk, "reports");
    let with_host = |host: &str| served.raw(&format!("GET / HTTP/1.1\r\n{host}Connection: close\r\n\r\n"));
    for host in ["Host: evil.example\r\n", "Host: 127.0.0.1\r\n", "Host: 127.0.0.1:1\r\n", "Host: [::1]:80\r\n", ""] {
        let answer = with_host(host);
        assert!(matches!(status(&answer), "421" | "400"), "{host}: {answer}");
        assert!(!answer.contains("volume"), "{host}: {answer}");
    }
    assert_eq!(status(&with_host(&format!("Host: localhost:{}\r\n", served.1))), "200");
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request = format!("{method} / HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n\r\n", served.1);
        assert_eq!(status(&served.raw(&request)), "405", "{method}");
    }
    let garbage = served.raw("\u{0}\u{1}nonsense\r\n\r\n");
    assert!(garbage.is_empty() || status(&garbage) == "400", "{garbage}");
    assert_eq!(status(&served.get("/")), "200", "and it goes on");
}

#[test]
fn hostile_names_and_texts_are_harmless() {
    let desk = Desk::new();
    let run = desk.path().join("reports/<script>alert(1)<|script> \u{202e}&\"'");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("report.html"), "<script>alert(1)</script>").unwrap();
    fs::write(run.join("run.json"), r#"{"verdict": "<img src=x onerror=alert(1)>", "headline": "\u001b[31m"}"#)
        .unwrap();
    for (n, text) in ["{", "[]", "null", ""].iter().enumerate() {
        let broken = desk.path().join(format!("reports/broken-{n}"));
        fs::create_dir(&broken).unwrap();
        fs::write(broken.join("report.html"), "x").unwrap();
        fs::write(broken.join("run.json"), text).unwrap();
    }
    let served = Served::start(&desk, "reports");
    let list = served.get("/");
    assert_eq!(status(&list), "200");
    assert!(!list.contains("<script") && !list.contains("<img") && !list.contains('\u{202e}'), "{list}");
    assert!(!list.contains('\u{1b}') && list.contains("broken-3"), "{list}");
    let empty = Desk::new();
    fs::create_dir(empty.path().join("reports")).unwrap();
    assert!(Served::start(&empty, "reports").get("/").contains("There is no run in this folder"));
    let nowhere = empty.run(&["serve", "nowhere"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&nowhere.stderr).contains("there is no folder nowhere"));
}
