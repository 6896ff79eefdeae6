//! Every key of the format is used by a scenario that is fine, or refused by name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use runaway::run::measurable;
use runaway::scenario::{Document, Overrides, Source, parse, schema};
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The library and the fixtures.
fn scenarios() -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for folder in ["scenarios", "tests/formats"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "yaml") {
                let text = fs::read_to_string(&path).unwrap();
                all.push((path, text));
            }
        }
    }
    all
}

fn document(path: &Path, text: &str) -> Document {
    let source = Source { name: path.display().to_string(), text: text.into() };
    parse(source, &measurable()).unwrap_or_else(|e| panic!("{e}")).in_folder(path.parent().unwrap())
}

/// A way through the schema: the part that a key lies in, and the keys down to it.
struct Walk<'s> {
    defs: &'s Value,
    keys: BTreeSet<String>,
}

impl<'s> Walk<'s> {
    fn part(&self, schema: &'s Value) -> Option<(&'s str, &'s Value)> {
        let name = schema["$ref"].as_str()?.strip_prefix("#/$defs/")?;
        let (name, part) = self.defs.as_object()?.get_key_value(name)?;
        Some((name, part))
    }

    /// Every key that may stand somewhere.
    fn known(&mut self, schema: &'s Value, at: &str) {
        if !schema.is_object() || self.part(schema).is_some() {
            return;
        }
        for shape in schema["anyOf"].as_array().into_iter().flatten() {
            self.known(shape, at);
        }
        for below in ["items", "additionalProperties"] {
            self.known(&schema[below], at);
        }
        for (key, below) in schema["properties"].as_object().into_iter().flatten() {
            self.keys.insert(format!("{at}.{key}"));
            self.known(below, &format!("{at}.{key}"));
        }
    }

    /// Every key that stands in a value.
    fn used(&mut self, schema: &'s Value, value: &Value, at: &str) {
        if let Some((name, part)) = self.part(schema) {
            return self.used(part, value, name);
        }
        for shape in schema["anyOf"].as_array().into_iter().flatten() {
            self.used(shape, value, at);
        }
        for item in value.as_array().into_iter().flatten() {
            self.used(&schema["items"], item, at);
        }
        for (key, below) in value.as_object().into_iter().flatten() {
            match schema["properties"].get(key) {
                Some(known) => {
                    self.keys.insert(format!("{at}.{key}"));
                    self.used(known, below, &format!("{at}.{key}"));
                }
                None => self.used(&schema["additionalProperties"], below, at),
            }
        }
    }
}

#[test]
fn every_key_is_used_or_refused() {
    let schema = schema();
    let mut known = Walk { defs: &schema["$defs"], keys: BTreeSet::new() };
    known.known(&schema, "scenario");
    for (name, part) in schema["$defs"].as_object().unwrap() {
        known.known(part, name);
    }
    let mut used = Walk { defs: &schema["$defs"], keys: BTreeSet::new() };
    for (_, text) in scenarios() {
        used.used(&schema, &serde_saphyr::from_str(&text).unwrap(), "scenario");
    }
    assert!(known.keys.len() > 150, "the walk finds keys: {}", known.keys.len());
    let unused: Vec<&String> = known.keys.difference(&used.keys).collect();
    assert!(unused.is_empty(), "no scenario shows that these work: {unused:#?}");
    let unknown: Vec<&String> = used.keys.difference(&known.keys).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}

#[test]
fn every_fixture_is_fine_and_makes_plans() {
    for (path, text) in scenarios() {
        let document = document(&path, &text);
        let warnings = document.check(None).unwrap_or_else(|e| panic!("{e}"));
        assert!(warnings.is_empty(), "{warnings:?}");
        let variants = document.variants().into_iter().map(|variant| Some(variant.name));
        for variant in std::iter::once(None).chain(variants) {
            let nothing = Overrides::default();
            document.resolve(variant.as_deref(), &nothing).unwrap_or_else(|e| panic!("{e}"));
            document.positive_control(variant.as_deref(), &nothing).unwrap_or_else(|e| panic!("{e}"));
        }
    }
}

#[test]
fn every_fixture_fits_the_schema() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    for (path, text) in scenarios() {
        let value: Value = serde_saphyr::from_str(&text).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    }
}
