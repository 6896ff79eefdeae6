//! What a finding is about: a rule for each kind of measure, with the names that others have for it.

/// A rule, as code scanners list it.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Stable: `BR001`.
    pub id: &'static str,
    pub name: &'static str,
    pub short: &'static str,
    pub help: &'static str,
    /// CVSS-like, `0.0` to `10.0`: how GitHub sorts findings.
    pub severity: &'static str,
    /// OWASP Top 10 for Agentic Applications (2026).
    pub agentic: &'static [&'static str],
    /// OWASP Non-Human Identities Top 10 (2025).
    pub identities: &'static [&'static str],
    /// OWASP API Security Top 10 (2023).
    pub api: &'static [&'static str],
    /// MITRE ATT&CK, version 18.1.
    pub attack: &'static [&'static str],
}

/// The rule of a gate that says nothing.
pub const INCOMPLETE: &str = "BR900";
/// The rule of a control that looks right and is not.
pub const INEFFECTIVE: &str = "BR014";

/// Every rule, by id.
pub const RULES: &[Rule] = &[
    Rule {
        id: "BR001",
        name: "ReachExceedsLimit",
        short: "A compromised identity reaches more than is tolerated",
        help: "Narrow the scopes and grants of the credential to what its task uses, or bind rows to their owner.",
        severity: "8.0",
        agentic: &["ASI02", "ASI03"],
        identities: &["NHI5:2025"],
        api: &["API1:2023", "API5:2023"],
        attack: &["T1078", "T1550.001"],
    },
    Rule {
        id: "BR002",
        name: "DepthExceedsLimit",
        short: "One credential leads to others, further than is tolerated",
        help: "Keep secrets out of what a credential can read, and bind them so that they are useless elsewhere.",
        severity: "7.5",
        agentic: &["ASI03"],
        identities: &["NHI2:2025", "NHI9:2025"],
        api: &["API2:2023"],
        attack: &["T1528", "T1552.001"],
    },
    Rule {
        id: "BR003",
        name: "ContainmentTooLate",
        short: "Containment takes longer than is tolerated",
        help: "Shorten caches and lifetimes, push revocations instead of polling, and act on the alarm sooner.",
        severity: "8.5",
        agentic: &["ASI03", "ASI10"],
        identities: &["NHI1:2025", "NHI7:2025"],
        api: &["API2:2023"],
        attack: &["T1550.001"],
    },
    Rule {
        id: "BR004",
        name: "SurvivorsAfterContainment",
        short: "Credentials survive the containment",
        help: "Revoke what was minted with what it was minted from (cascade), and rotate every secret that was read.",
        severity: "9.0",
        agentic: &["ASI03", "ASI10"],
        identities: &["NHI1:2025"],
        api: &["API2:2023"],
        attack: &["T1098.001", "T1550.001"],
    },
    Rule {
        id: "BR005",
        name: "IrreversibleWithoutGate",
        short: "Irreversible actions happen without anything in their way",
        help: "Put an approval or a soft delete before what cannot be undone.",
        severity: "9.0",
        agentic: &["ASI02", "ASI09"],
        identities: &["NHI5:2025"],
        api: &["API6:2023"],
        attack: &["T1485"],
    },
    Rule {
        id: "BR006",
        name: "UndocumentedOperationReached",
        short: "An operation is reached that the inventory does not have",
        help: "Close the operation, or put it into the inventory and under the same controls.",
        severity: "7.0",
        agentic: &["ASI02"],
        identities: &["NHI4:2025"],
        api: &["API9:2023"],
        attack: &["T1190"],
    },
    Rule {
        id: "BR007",
        name: "CredentialInResponse",
        short: "More credentials are found in answers than are tolerated",
        help: "Remove secrets from records and answers; hand them over by reference.",
        severity: "8.0",
        agentic: &["ASI03"],
        identities: &["NHI2:2025"],
        api: &["API3:2023"],
        attack: &["T1552.001", "T1528"],
    },
    Rule {
        id: "BR009",
        name: "AttributionBelowLimit",
        short: "The audit log cannot tell who did it",
        help: "Log the acting identity (`act`), the credential and the trace of each request.",
        severity: "5.0",
        agentic: &["ASI03"],
        identities: &["NHI9:2025", "NHI10:2025"],
        api: &["API8:2023"],
        attack: &["T1078"],
    },
    Rule {
        id: "BR010",
        name: "ReportContradictsLog",
        short: "What an agent reports is refuted by the log",
        help: "Judge an agent's work by the log, not by its report.",
        severity: "5.0",
        agentic: &["ASI09", "ASI10"],
        identities: &[],
        api: &[],
        attack: &["T1070"],
    },
    Rule {
        id: "BR011",
        name: "SensitiveDataLeaked",
        short: "Data leaves through a channel that outsiders read",
        help: "Keep whoever has read private data from writing where outsiders read.",
        severity: "8.5",
        agentic: &["ASI01", "ASI02"],
        identities: &["NHI5:2025"],
        api: &["API3:2023"],
        attack: &["T1567"],
    },
    Rule {
        id: "BR012",
        name: "Spreads",
        short: "One compromised agent turns others",
        help: "Accept instructions with a good signature only, thin out the feed, or bound what an agent may write.",
        severity: "8.5",
        agentic: &["ASI07", "ASI08"],
        identities: &[],
        api: &["API10:2023"],
        attack: &["T1080"],
    },
    Rule {
        id: "BR013",
        name: "BudgetExceeded",
        short: "A loop costs more than is tolerated",
        help: "Set a budget for each conversation or identity; a rate limit delays the bill only.",
        severity: "6.0",
        agentic: &["ASI08"],
        identities: &[],
        api: &["API4:2023"],
        attack: &["T1496.004"],
    },
    Rule {
        id: INEFFECTIVE,
        name: "ControlIneffective",
        short: "A control was expected to fail, and the scenario says otherwise now",
        help: "Look at what changed: either the control works now, or the scenario no longer shows what it was written for.",
        severity: "4.0",
        agentic: &["ASI03"],
        identities: &[],
        api: &["API8:2023"],
        attack: &[],
    },
    Rule {
        id: "BR015",
        name: "HonestWorkBlocked",
        short: "The controls stand in the way of honest work",
        help: "Calibrate the detectors (`runaway calibrate`), or aim the response at fewer identities.",
        severity: "4.0",
        agentic: &[],
        identities: &[],
        api: &["API8:2023"],
        attack: &[],
    },
    Rule {
        id: INCOMPLETE,
        name: "Incomplete",
        short: "The run says nothing",
        help: "See the reasons: the run was stopped, contradicts its truth, or nothing was expected of it.",
        severity: "3.0",
        agentic: &[],
        identities: &[],
        api: &[],
        attack: &[],
    },
];

/// The rule that a limit on this measure belongs to.
pub fn rule_of(measure: &str) -> &'static Rule {
    let id = match measure {
        "depth" | "principals" => "BR002",
        "closed" | "closed.since_t0" | "lag" | "declared" | "detected" | "detection" | "last_effect" | "overshoot"
        | "exhausted_at" => "BR003",
        "irreversible" | "reversible" | "reversible_until" => "BR005",
        "visibility.undocumented" | "visibility.share" => "BR006",
        "held" | "used" | "minted" => "BR007",
        "camouflage" => "BR009",
        "contradictions" => "BR010",
        "leaked" => "BR011",
        "r0" | "peak" | "generations" => "BR012",
        "cost" | "excess.cost" | "calls" => "BR013",
        "false_alarms" => "BR015",
        _ if measure.starts_with("survivors") || measure.starts_with("leftover") || measure == "queued" => "BR004",
        _ if measure.starts_with("attribution") => "BR009",
        _ if measure.starts_with("turned") => "BR012",
        _ if measure.starts_with("collateral") => "BR015",
        _ => "BR001",
    };
    by_id(id)
}

/// The rule of that id; [`RULES`] has every id that this module names.
pub fn by_id(id: &str) -> &'static Rule {
    RULES.iter().find(|rule| rule.id == id).unwrap_or(&RULES[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::registry::MEASURES;

    #[test]
    fn ids_are_unique_and_sorted() {
        assert!(RULES.is_sorted_by(|one, other| one.id < other.id));
    }

    #[test]
    fn every_measure_has_a_rule_of_its_kind() {
        assert!(MEASURES.iter().all(|measure| RULES.iter().any(|rule| rule.id == rule_of(measure.key).id)));
        for (measure, id) in [("survivors.roots", "BR004"), ("excess.records", "BR001"), ("turned.half", "BR012")] {
            assert_eq!(rule_of(measure).id, id);
        }
    }
}
