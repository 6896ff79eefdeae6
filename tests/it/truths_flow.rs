//! The exact truths of the stories in which data flows out, from closed forms written down by hand.

use crate::support::{Ran, library, run};
use runaway::measure::thousands;
use runaway::wire::{Event, Purpose, Reason, Verdict};

fn requests(ran: &Ran) -> usize {
    ran.events.iter().filter(|e| matches!(e, Event::Asked { purpose: Purpose::Agent, .. })).count()
}

/// When an operation was accepted, in milliseconds.
fn accepted(ran: &Ran, name: &str) -> Vec<u64> {
    let plan = &ran.prepared.plan;
    let of = |e: &Event| match *e {
        Event::Asked { at, op: Some(op), verdict: Verdict::Accepted, .. } if plan.operation_name(op) == name => {
            Some(at.0 / 1_000)
        }
        _ => None,
    };
    ran.events.iter().filter_map(of).collect()
}

fn obeyed(ran: &Ran) -> usize {
    ran.events.iter().filter(|e| matches!(e, Event::Obeyed { .. })).count()
}

mod private_to_public {
    use super::*;

    const LATENCY_MS: u64 = 50;
    const PRIVATE: u64 = 14;
    const FILES_EACH: u64 = 20;
    const KEYS: u64 = 3;
    const MAILS: u64 = 200;

    fn of(variant: Option<&str>) -> Ran {
        run(&library("private-to-public"), variant, &[])
    }

    #[test]
    fn uncontrolled_every_private_file_goes_out_in_one_pull_request() {
        for variant in [None, Some("uncontrolled")] {
            let ran = of(variant);
            assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
            assert_eq!(ran.shown("excess.records"), thousands(PRIVATE * FILES_EACH));
            assert_eq!(ran.shown("leaked"), thousands(PRIVATE * FILES_EACH), "the twenty public files are no leak");
            assert_eq!(ran.shown("held"), thousands(1 + KEYS), "the token, and the keys in three of the files");
            assert_eq!((ran.shown("depth"), ran.shown("used")), ("0".into(), "1".into()), "one token did it all");
            // Issues, a search, fifteen repositories, the pull request, and the task goes on with its own repository.
            assert_eq!(requests(&ran) as u64, 1 + 1 + (PRIVATE + 1) + 1 + 1);
            assert_eq!(accepted(&ran, "github.open-pull"), [LATENCY_MS * (1 + 1 + PRIVATE + 1)]);
            assert_eq!(obeyed(&ran), 1);
        }
    }

    #[test]
    fn a_token_for_one_repository_opens_a_pull_request_with_nothing_in_it() {
        let ran = of(Some("hardened"));
        assert_eq!((ran.shown("leaked"), ran.shown("excess.records")), ("0".into(), "0".into()));
        assert_eq!((ran.shown("excess.creations"), ran.shown("held")), ("1".into(), "1".into()));
        assert_eq!(ran.verdict(), "pass");
    }

    #[test]
    fn an_egress_rule_lets_the_pull_request_through() {
        let ran = of(Some("near-miss"));
        assert_eq!((ran.shown("leaked"), ran.verdict()), (thousands(PRIVATE * FILES_EACH), "fail"));
        assert_eq!(ran.shown("spared"), "0 %");
    }

    #[test]
    fn reading_is_not_leaking() {
        for variant in ["read-only", "flow-rule"] {
            let ran = of(Some(variant));
            assert_eq!(ran.shown("excess.records"), thousands(PRIVATE * FILES_EACH), "{variant}");
            assert_eq!((ran.shown("leaked"), ran.shown("excess.creations")), ("0".into(), "0".into()), "{variant}");
            assert_eq!(ran.verdict(), "pass", "{variant}");
        }
        let refused = |e: &Event| match *e {
            Event::Asked { reason: Reason::Flow(_), status, .. } => Some(status),
            _ => None,
        };
        assert_eq!(of(Some("flow-rule")).events.iter().filter_map(refused).collect::<Vec<_>>(), [403]);
    }

    #[test]
    fn an_alarm_about_the_leak_comes_with_the_leak() {
        let ran = of(Some("flow-alarm"));
        assert_eq!(ran.shown("leaked"), thousands(PRIVATE * FILES_EACH));
        assert_eq!(ran.shown("detected"), "850 ms", "at the pull request");
        // Revoked a second later, each credential of the developer one after the other, a millisecond each way.
        assert_eq!(
            (ran.outcome(), ran.shown("overshoot"), ran.shown("spared")),
            ("contained", "0".into(), "0 %".into())
        );
    }

    #[test]
    fn a_mail_and_the_address_of_a_picture_do_the_same() {
        let ran = of(Some("mail-to-link"));
        assert_eq!(ran.shown("leaked"), thousands(PRIVATE * FILES_EACH));
        assert_eq!(ran.shown("excess.records"), thousands((PRIVATE + 1) * FILES_EACH), "no file is in this task");
        assert_eq!(ran.shown("reach"), thousands(MAILS + (PRIVATE + 1) * FILES_EACH));
        assert_eq!(ran.shown("held"), thousands(2 + KEYS));
        let without = of(Some("mail-without-link"));
        assert_eq!((without.shown("leaked"), without.verdict()), ("0".into(), "pass"));
    }

    #[test]
    fn without_the_fault_the_task_is_done_and_nothing_else() {
        let ran = run(&library("private-to-public"), None, &[("agents.helper.fault", "none")]);
        assert_eq!((ran.outcome(), ran.shown("excess"), ran.shown("leaked")), ("benign", "0".into(), "0".into()));
        assert_eq!(requests(&ran), 2);
    }
}

mod ticket_service_role {
    use super::*;

    const TOKENS: u64 = 40;
    const TICKETS: u64 = 30;
    const ACCOUNTS: u64 = 900;
    const CONTACTS: u64 = 2_400;
    const MAILS: u64 = 10_000;
    const PAGE: u64 = 100;
    const LATENCY_MS: u64 = 50;
    const START_MS: u64 = 10 * 60 * 1_000;

    fn of(variant: Option<&str>) -> Ran {
        run(&library("ticket-service-role"), variant, &[])
    }

    #[test]
    fn uncontrolled_forty_tokens_go_out_in_an_answer_and_three_are_used() {
        for variant in [None, Some("uncontrolled")] {
            let ran = of(variant);
            assert_eq!(ran.verdict(), "fail");
            assert_eq!(ran.shown("leaked"), thousands(TOKENS));
            assert_eq!(ran.shown("held"), thousands(2 + TOKENS), "the session, the role, and what lay in the table");
            assert_eq!(ran.shown("used"), thousands(2 + 3));
            assert_eq!(ran.shown("depth"), "2", "found by the agent, and again by the customer");
            assert_eq!((ran.shown("excess.creations"), ran.shown("excess.delete")), ("1".into(), "1".into()));
            // In the thread lie three answers: the stolen one, the agent's, the colleague's. Without the fault it is two.
            assert_eq!(ran.shown("excess.records"), thousands(TOKENS + ACCOUNTS + CONTACTS + MAILS + 1 + 1));
        }
    }

    #[test]
    fn the_answer_stands_for_a_quarter_of_an_hour() {
        let ran = of(None);
        // Tickets, tokens, then the answer; the deletion waits 15 minutes from when it was reached.
        let reply = 2 * LATENCY_MS;
        assert_eq!(accepted(&ran, "desk.reply")[0], reply);
        assert_eq!(accepted(&ran, "desk.delete-reply"), [reply + LATENCY_MS + 15 * 60 * 1_000]);
        assert_eq!(accepted(&ran, "portal.read-replies"), [START_MS], "while it stands");
        let pages = |name: &str| accepted(&ran, name).len() as u64;
        assert_eq!(pages("billing.export"), ACCOUNTS / PAGE);
        assert_eq!(pages("crm.export"), CONTACTS / PAGE);
        assert_eq!(pages("mail.read"), MAILS / PAGE);
    }

    #[test]
    fn without_the_rows_there_is_nothing_to_answer_with() {
        let ran = of(Some("hardened"));
        assert_eq!((ran.shown("leaked"), ran.shown("held"), ran.verdict()), ("0".into(), "2".into(), "pass"));
        assert_eq!(ran.shown("excess.creations"), "1", "an answer is written, and says nothing");
    }

    #[test]
    fn who_may_not_write_reads_all_the_same_and_answers_nobody() {
        let ran = of(Some("near-miss"));
        assert_eq!((ran.shown("held"), ran.shown("leaked")), (thousands(2 + TOKENS), "0".into()));
        assert_eq!(ran.shown("collateral"), thousands(TICKETS), "thirty honest answers are refused");
        assert_eq!(ran.verdict(), "fail");
    }

    #[test]
    fn a_flow_rule_keeps_the_tokens_in_and_the_colleague_at_work() {
        let ran = of(Some("no-way-out"));
        assert_eq!((ran.shown("held"), ran.shown("leaked")), (thousands(2 + TOKENS), "0".into()));
        assert_eq!((ran.shown("collateral"), ran.verdict()), ("0".into(), "pass"));
        assert_eq!(accepted(&ran, "desk.reply").len() as u64, TICKETS, "the colleague's: the agent has read too much");
    }

    #[test]
    fn an_agent_that_knows_its_team_does_its_task() {
        let ran = of(Some("whom-it-knows"));
        assert_eq!((obeyed(&ran), ran.shown("excess"), ran.verdict()), (0, "0".into(), "pass"));
        let sane = run(
            &library("ticket-service-role"),
            None,
            &[("agents.support.fault", "none"), ("agents.thief.fault", "none")],
        );
        assert_eq!((sane.outcome(), sane.shown("excess"), sane.shown("leaked")), ("benign", "0".into(), "0".into()));
    }
}

mod build_triage {
    use super::*;

    const INSTALLS: u64 = 4_000;
    const KEPT: u64 = 10;
    const HOUR_MS: u64 = 3_600_000;

    fn of(variant: Option<&str>) -> Ran {
        run(&library("build-triage"), variant, &[])
    }

    #[test]
    fn a_title_reaches_every_machine_through_a_cache() {
        for variant in [None, Some("uncontrolled")] {
            let ran = of(variant);
            assert_eq!((ran.outcome(), ran.verdict()), ("not-contained", "fail"));
            assert_eq!(ran.shown("excess.write"), thousands(1 + INSTALLS), "the package, with who installs it");
            assert_eq!(ran.shown("irreversible"), thousands(1 + INSTALLS));
            assert_eq!(
                (ran.shown("turned"), ran.shown("held"), ran.shown("depth")),
                ("2".into(), "3".into(), "1".into())
            );
            assert_eq!(ran.shown("excess.creations"), thousands(KEPT + 1), "as many as fit, and the poison");
            assert_eq!(ran.shown("excess.records"), thousands(KEPT + 1), "the new cache, and the environment");
            let published = accepted(&ran, "registry.publish");
            assert!(published.len() == 1 && published[0] / HOUR_MS == 24, "{published:?}");
        }
    }

    #[test]
    fn the_edge_is_a_record_that_the_bot_wrote() {
        let ran = of(None);
        let [title, poison] = ran.finished.measures.orders[..] else { panic!("two orders") };
        assert_eq!((title.by.index(), title.written), (0, None), "the title lay there");
        assert_eq!(poison.written.map(|request| request.by), Some(title.by), "the bot wrote what the release obeyed");
        assert_eq!((poison.by.index(), u64::from(poison.lay_in.row)), (1, KEPT + KEPT), "the newest entry");
    }

    #[test]
    fn a_cache_for_each_level_of_trust_stops_it_at_the_runner() {
        let ran = of(Some("hardened"));
        assert_eq!((ran.shown("excess.write"), ran.shown("turned"), ran.verdict()), ("0".into(), "1".into(), "pass"));
        let ran = of(Some("members-only"));
        assert_eq!((ran.shown("turned"), ran.outcome(), ran.verdict()), ("0".into(), "prevented", "pass"));
    }

    #[test]
    fn no_rotation_before_the_release_helps_and_none_after_it() {
        for variant in ["near-miss", "right-token-rotated", "pulled-after-8h"] {
            let ran = of(Some(variant));
            assert_eq!((ran.shown("excess.write"), ran.verdict()), (thousands(1 + INSTALLS), "fail"), "{variant}");
        }
        assert_eq!(of(Some("pulled-after-8h")).shown("spared"), "0 %");
    }
}
