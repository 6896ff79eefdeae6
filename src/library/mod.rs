//! The scenarios that come with the binary: an installed `runaway` needs no checkout.

/// A scenario of the library.
#[derive(Clone, Copy, Debug)]
pub struct Embedded {
    pub name: &'static str,
    pub text: &'static str,
}

macro_rules! library {
    ($($name:literal),* $(,)?) => {
        &[$(Embedded { name: $name, text: include_str!(concat!("../../scenarios/", $name, ".yaml")) }),*]
    };
}

/// Every scenario, the flagship first.
pub const SCENARIOS: &[Embedded] = library![
    "moltbook",
    "wiper",
    "volume-delete",
    "prod-freeze",
    "runaway-loop",
    "wrong-endpoint",
    "private-to-public",
    "ticket-service-role",
    "build-triage",
    "ticket-attachments",
    "saas-fanout",
    "deploy-recreate",
    "heartbeat-worm",
    "build-postinstall",
    "forged-issuer",
];

/// The scenario of that name.
pub fn find(name: &str) -> Option<Embedded> {
    SCENARIOS.iter().copied().find(|s| s.name == name)
}

/// The name that was probably meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    let distance = |s: &Embedded| strsim::damerau_levenshtein(name, s.name);
    SCENARIOS.iter().min_by_key(|s| distance(s)).filter(|s| distance(s) <= s.name.len() / 2).map(|s| s.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_library_is_embedded() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let mut embedded: Vec<String> = SCENARIOS.iter().map(|s| s.name.to_owned()).collect();
        files.sort();
        embedded.sort();
        assert_eq!(embedded, files);
    }

    #[test]
    fn a_typo_finds_its_scenario() {
        assert_eq!(nearest("moltbok"), Some("moltbook"));
        assert_eq!(nearest("nothing-like-it"), None);
    }
}
