//! `docs/reference` is what the registries say, and every fault says what it is. `UPDATE=1` writes the pages anew.

use std::fs;
use std::path::Path;

use runaway::agent::faults;
use runaway::scenario::parts;

use crate::binary::runaway;

#[test]
fn the_pages_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference");
    for name in ["format", "targets", "faults", "measures", "containment"] {
        let printed = String::from_utf8(runaway(["reference", name]).stdout).unwrap();
        let page = folder.join(format!("{name}.md"));
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(page, printed).unwrap();
        } else {
            assert_eq!(fs::read_to_string(page).unwrap(), printed, "UPDATE=1 writes {name}.md anew");
        }
    }
}

#[test]
fn every_fault_of_the_format_says_what_it_models_its_incident_and_its_limits() {
    let pages = faults();
    for page in &pages {
        for part in [&page.summary, &page.models, &page.incident, &page.limits] {
            assert!(part.ends_with('.') && part.len() > 20, "{}: {page:#?}", page.name);
        }
    }
    let names: std::collections::BTreeSet<&str> = pages.iter().map(|page| page.name.as_str()).collect();
    let eight = [
        "harvest",
        "injected",
        "over-broad",
        "runaway-loop",
        "spread",
        "stale-plan",
        "wrong-credential",
        "wrong-target",
    ];
    assert!(names.iter().copied().eq(eight) && pages.len() == 8, "a page for each, once: {names:?}");
    let agent = parts().into_iter().find(|part| part.name == "agent").unwrap();
    let fault = agent.fields().iter().find(|field| field.name == "fault").unwrap();
    for page in &pages {
        let word = format!("`{}`", page.name);
        assert!(fault.shape.describe().contains(&word), "{word} can be written: {}", fault.shape.describe());
    }
}
