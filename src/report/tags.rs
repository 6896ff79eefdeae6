//! What the tags of a scenario stand for: OWASP Agentic (2026), OWASP Non-Human Identities (2025), OWASP API Security
//! (2023), MITRE ATT&CK and ATLAS.

/// What a tag says; nothing where nobody here knows it.
pub fn said(tag: &str) -> Option<String> {
    let listed = LISTS.iter().find_map(|(prefix, list, entries)| {
        let number: usize = tag.strip_prefix(prefix)?.parse().ok()?;
        Some(format!("{}, {list}", entries.get(number.checked_sub(1)?)?))
    });
    listed.or_else(|| technique(tag).map(str::to_owned))
}

fn technique(tag: &str) -> Option<&'static str> {
    let numbered = |rest: &str| rest.starts_with(|c: char| c.is_ascii_digit()) && rest.len() <= 8;
    match tag {
        _ if tag.strip_prefix("AML.T").is_some_and(numbered) => Some("a technique of MITRE ATLAS"),
        _ if tag.strip_prefix('T').is_some_and(numbered) => Some("a technique of MITRE ATT&CK"),
        _ => None,
    }
}

const LISTS: [(&str, &str, &[&str]); 3] = [
    (
        "ASI",
        "OWASP Top 10 for Agentic Applications",
        &[
            "Agent Goal Hijack",
            "Tool Misuse and Exploitation",
            "Identity and Privilege Abuse",
            "Agentic Supply Chain Vulnerabilities",
            "Unexpected Code Execution",
            "Memory & Context Poisoning",
            "Insecure Inter-Agent Communication",
            "Cascading Failures",
            "Human-Agent Trust Exploitation",
            "Rogue Agents",
        ],
    ),
    (
        "NHI",
        "OWASP Non-Human Identities Top 10",
        &[
            "Improper Offboarding",
            "Secret Leakage",
            "Vulnerable Third-Party NHI",
            "Insecure Authentication",
            "Overprivileged NHI",
            "Insecure Cloud Deployment Configurations",
            "Long-Lived Secrets",
            "Environment Isolation",
            "NHI Reuse",
            "Human Use of NHI",
        ],
    ),
    (
        "API",
        "OWASP API Security Top 10",
        &[
            "Broken Object Level Authorization",
            "Broken Authentication",
            "Broken Object Property Level Authorization",
            "Unrestricted Resource Consumption",
            "Broken Function Level Authorization",
            "Unrestricted Access to Sensitive Business Flows",
            "Server Side Request Forgery",
            "Security Misconfiguration",
            "Improper Inventory Management",
            "Unsafe Consumption of APIs",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_say_what_they_stand_for() {
        assert_eq!(said("NHI2").as_deref(), Some("Secret Leakage, OWASP Non-Human Identities Top 10"));
        assert_eq!(said("ASI10").as_deref(), Some("Rogue Agents, OWASP Top 10 for Agentic Applications"));
        assert_eq!(said("T1552.001").as_deref(), Some("a technique of MITRE ATT&CK"));
        assert_eq!(said("AML.T0061").as_deref(), Some("a technique of MITRE ATLAS"));
        for nothing in ["ASI0", "ASI11", "NHI", "Team", "T", "", "<b>"] {
            assert_eq!(said(nothing), None, "{nothing}");
        }
    }
}
