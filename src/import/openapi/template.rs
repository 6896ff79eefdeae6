//! Path templates: `/pets/{id}/photos`.

use indexmap::IndexSet;

use super::limits::MAX_PATH;

/// A path with its parameters found.
pub(super) struct Template {
    pub text: String,
    pub parameters: IndexSet<String>,
}

impl Template {
    /// Joins the base path of a server and a key of `paths`, or says why they make no path.
    pub fn new(base: &str, path: &str) -> Result<Template, &'static str> {
        if path.len() > MAX_PATH {
            return Err("a path longer than servers accept");
        }
        if path.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err("a path with a blank or control character");
        }
        if path.contains(['?', '#']) {
            return Err("a path with a query or fragment in it; what tells such operations apart is not in the path");
        }
        let slash = |part: &str| if part.is_empty() || part.starts_with('/') { "" } else { "/" };
        let text = format!("{}{base}{}{path}", slash(base), slash(path));
        let parameters = parameters(path)?;
        Ok(Template { text: if text.is_empty() { "/".to_owned() } else { text }, parameters })
    }
}

fn parameters(path: &str) -> Result<IndexSet<String>, &'static str> {
    let mut names = IndexSet::new();
    for piece in path.split('{').skip(1) {
        let Some((name, after)) = piece.split_once('}') else {
            return Err("a brace that is never closed");
        };
        if name.is_empty() || name.contains('/') || after.contains('}') {
            return Err("a parameter without a proper name");
        }
        if !names.insert(name.to_owned()) {
            return Err("the same parameter twice");
        }
    }
    let before = path.split('{').next().unwrap_or_default();
    if before.contains('}') { Err("a brace that was never opened") } else { Ok(names) }
}

/// The template with its parameters nameless. Two templates of one shape match the same requests.
pub(super) fn shape(path: &str) -> String {
    let mut shape = String::with_capacity(path.len());
    for (index, piece) in path.split('{').enumerate() {
        let kept = if index == 0 { piece } else { piece.split_once('}').map_or("", |(_, after)| after) };
        let mark = if index == 0 { "" } else { "*" };
        shape.push_str(mark);
        shape.push_str(kept);
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_joined_and_their_parameters_found() {
        let template = Template::new("/api", "/repos/{owner}/compare/{base}...{head}").unwrap();
        assert_eq!(template.text, "/api/repos/{owner}/compare/{base}...{head}");
        assert!(template.parameters.iter().eq(["owner", "base", "head"]));
        assert_eq!(shape(&template.text), "/api/repos/*/compare/*...*");
        assert_eq!(Template::new("", "pets").unwrap().text, "/pets");
        assert_eq!(Template::new("v1", "/pets").unwrap().text, "/v1/pets");
        assert_eq!(Template::new("", "").unwrap().text, "/");
    }

    #[test]
    fn what_is_no_template_is_refused() {
        for path in [
            "/{", "/}", "/{a", "/a}", "/{}", "/{a/b}", "/{a}}", "/{a}/{a}", "/{{a}}", "/a b", "/a\u{1b}", "/?a=b",
            "/#x",
        ] {
            assert!(Template::new("", path).is_err(), "{path:?}");
        }
    }
}
