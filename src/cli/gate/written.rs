//! Where the cases of a gate are written, and which of those that were accepted are gone.

use std::path::{Component, Path, PathBuf};

use super::{Gate, Wanted, all_variants};
use crate::gate::{Spot, Written, scenario_of};

impl Gate {
    /// The names of all cases.
    pub(super) fn names(&self) -> impl Iterator<Item = String> {
        let of = |wanted: &Wanted| {
            let name = wanted.document.name().to_owned();
            let named = move |variant: &Option<String>| match variant {
                Some(variant) => format!("{name}@{variant}"),
                None => name.clone(),
            };
            wanted.variants.iter().map(named).collect::<Vec<_>>()
        };
        self.wanted.iter().flat_map(of)
    }

    /// Whether every case of a scenario is to be run.
    pub(super) fn has_all_of(&self, scenario: &str) -> bool {
        self.document(scenario).is_some_and(|wanted| wanted.variants == all_variants(&wanted.document))
    }

    fn document(&self, scenario: &str) -> Option<&Wanted> {
        self.wanted.iter().find(|wanted| wanted.document.name() == scenario)
    }
}

impl Written for Gate {
    fn setting(&self, scenario: &str, path: &str) -> Option<Spot> {
        let wanted = self.document(scenario)?;
        let parts: Vec<&str> = path.split('.').collect();
        let written = wanted.document.settings().into_iter().find(|setting| setting.path == path);
        let line = written.map(|setting| setting.line).or_else(|| wanted.document.line_of(None, &parts))?;
        Some(Spot { file: wanted.file.clone(), line })
    }

    fn part(&self, case: &str, path: &[&str]) -> Option<Spot> {
        let wanted = self.document(scenario_of(case))?;
        let variant = case.split_once('@').map(|(_, variant)| variant);
        let document = &wanted.document;
        let line = document.line_of(variant, path).or_else(|| document.line_of_variant(variant?)).unwrap_or(1);
        Some(Spot { file: wanted.file.clone(), line })
    }

    fn is_gone(&self, case: &str, file: Option<&str>) -> bool {
        let lay_here = |root: &PathBuf| file.map(Path::new).is_some_and(|file| is_below(file, root));
        let asked =
            self.has_all_of(scenario_of(case)) || self.roots.iter().any(lay_here) || file.is_none() && self.is_whole;
        asked && !self.names().any(|name| name == case)
    }
}

/// Whether a file is this one, or lies in this folder.
fn is_below(file: &Path, root: &Path) -> bool {
    let plain = |path: &Path| path.components().filter(|part| *part != Component::CurDir).collect::<PathBuf>();
    let (file, root) = (plain(file), plain(root));
    file == root || file.parent() == Some(&root)
}
