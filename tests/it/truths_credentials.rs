//! The exact truths of `saas-fanout` and `deploy-recreate`, from closed forms written down by hand.

use crate::rights::decisions;
use crate::support::{Ran, library, run};
use runaway::measure::thousands;
use runaway::wire::{Reason, Verdict};

mod saas_fanout {
    use super::*;

    /// Customers whose tokens work from anywhere.
    const OPEN: u64 = 64;
    const CASES: u64 = 1_200;
    const ACCOUNTS: u64 = 300;
    const KEYS: u64 = 13;
    const OBJECTS: u64 = 100;
    /// Two tokens for each of 70 customers.
    const VAULT: u64 = 140;

    fn ran(variant: &str) -> Ran {
        run(&library("saas-fanout"), Some(variant), &[])
    }

    #[test]
    fn one_vault_opens_every_customer_that_asks_nothing_about_the_address() {
        let ran = ran("uncontrolled");
        assert_eq!(ran.outcome(), "not-contained");
        assert_eq!(ran.shown("excess.records"), thousands(OPEN * (CASES + ACCOUNTS) + KEYS * OBJECTS + VAULT));
        assert_eq!(ran.shown("depth"), "2", "a token of the vault, then a key out of a case");
        // The connector's session, and for each customer the refresh token with what was last made of it.
        assert_eq!(ran.shown("survivors"), (1 + OPEN + OPEN + KEYS).to_string());
        assert_eq!(ran.shown("survivors.roots"), (1 + OPEN + KEYS).to_string());
    }

    #[test]
    fn each_layer_that_ends_leaves_what_does_not_hang_on_it() {
        let survivors = |variant: &str| (ran(variant).shown("survivors"), ran(variant).shown("survivors.roots"));
        let text = |survivors: u64, roots: u64| (survivors.to_string(), roots.to_string());
        assert_eq!(survivors("near-miss"), text(1 + 2 * OPEN + KEYS, 1 + OPEN + KEYS), "no token hangs on a password");
        assert_eq!(survivors("access-revoked"), text(2 * OPEN + KEYS, OPEN + KEYS), "the refresh tokens get new ones");
        assert_eq!(survivors("refresh-revoked"), text(KEYS, KEYS));
        assert_eq!(survivors("app-ended"), text(KEYS, KEYS), "the keys belong to the customers");
    }

    #[test]
    fn what_is_bound_is_read_and_of_no_use() {
        for variant in ["hardened", "bound-to-keys"] {
            let ran = ran(variant);
            assert_eq!((ran.outcome(), ran.verdict()), ("contained", "pass"), "{variant}");
            assert_eq!(ran.shown("excess.records"), VAULT.to_string());
            assert_eq!((ran.shown("closed"), ran.shown("survivors")), ("12 h".into(), "0".into()));
        }
        let refused = (401, Verdict::Unauthenticated, Reason::NoProof);
        assert!(decisions(&ran("bound-to-keys"), "crm.export-cases").iter().all(|decision| *decision == refused));
    }

    #[test]
    fn fewer_scopes_and_fewer_tokens_spare_their_share() {
        assert_eq!(ran("cases-only").shown("excess.records"), thousands(OPEN * CASES + KEYS * OBJECTS + VAULT));
        let stayed = OPEN - 4;
        assert_eq!(
            ran("offboarded").shown("excess.records"),
            thousands(stayed * (CASES + ACCOUNTS) + KEYS * OBJECTS + VAULT)
        );
    }
}

mod deploy_recreate {
    use super::*;

    const RESOURCES: usize = 8;
    const QUOTA: usize = 2;

    fn ran(variant: &str) -> Ran {
        run(&library("deploy-recreate"), Some(variant), &[])
    }

    fn destroyed(ran: &Ran) -> usize {
        decisions(ran, "iac.destroy").iter().filter(|(_, verdict, _)| *verdict == Verdict::Accepted).count()
    }

    #[test]
    fn a_token_with_the_engineers_rights_destroys_all_and_rebuilds_a_quarter() {
        let ran = ran("uncontrolled");
        assert_eq!((ran.outcome(), destroyed(&ran)), ("not-contained", RESOURCES));
        assert_eq!(ran.shown("excess.delete"), RESOURCES.to_string());
        assert_eq!(ran.shown("excess.creations"), QUOTA.to_string());
        assert_eq!(decisions(&ran, "iac.create").len(), QUOTA + 1, "the third is refused, and it stops");
        assert_eq!(ran.shown("principals"), "2", "the agent, and the engineer for whom it acts");
    }

    #[test]
    fn an_exchange_that_keeps_what_both_may_leaves_nothing_to_destroy_with() {
        let ran = ran("hardened");
        assert_eq!((ran.outcome(), ran.verdict(), ran.shown("excess")), ("prevented", "pass", "0".into()));
        let no_scope = (403, Verdict::Forbidden, Reason::Scope);
        assert_eq!(decisions(&ran, "iac.destroy"), [no_scope; RESOURCES]);
        assert!(decisions(&ran, "iac.show").iter().all(|(_, verdict, _)| *verdict == Verdict::Accepted));
    }

    #[test]
    fn an_exemption_is_about_whoever_is_looked_at() {
        assert_eq!(destroyed(&ran("name-on-the-token")), RESOURCES, "the subject is the engineer, who is exempt");
        assert_eq!(destroyed(&ran("looked-at-the-actor")), 0, "the actor is the agent, who is not");
        assert_eq!(destroyed(&ran("near-miss")), RESOURCES);
        assert!(matches!(destroyed(&ran("asked-once")), 0 | RESOURCES), "one answer for the plan");
        assert_eq!(destroyed(&ran("budget")), 2);
    }
}
