//! The sample reports are what the program writes today.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::binary::runaway;

#[test]
fn samples_are_fresh() {
    for plane in ["sim", "mock"] {
        let folder = tempfile::tempdir().expect("a folder of our own");
        let out = folder.path().to_str().expect("a plain path");
        runaway(["run", "moltbook@three-rounds", "--plane", plane, "--out", out]);
        let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports").join(format!("sample-{plane}"));
        let [written, sample] = [folder.path(), kept.as_path()].map(|folder| {
            move |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
        });
        for name in ["report.html", "summary.md"] {
            assert!(written(name) == sample(name), "{plane}: {name} is stale: scripts/samples --picture");
        }
        let json = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
        assert!(json(written("run.json")) == json(sample("run.json")), "{plane}: run.json is stale: scripts/samples");
    }
}
