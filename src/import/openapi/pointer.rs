//! Following a JSON pointer (RFC 6901) that arrives as a URI fragment.

use super::tree::Tree;

/// The node at a fragment such as `#/components/schemas/Pet`; the steps are percent-decoded, then unescaped.
pub(super) fn at<'t>(root: &'t Tree, fragment: &str) -> Option<&'t Tree> {
    let mut steps = fragment.split('/');
    if !steps.next()?.is_empty() {
        return None;
    }
    steps.try_fold(root, |node, step| {
        let step = percent_decoded(step)?.replace("~1", "/").replace("~0", "~");
        match node {
            Tree::Map(fields) => fields.get(&step),
            Tree::List(items) => items.get(step.parse::<usize>().ok()?),
            _ => None,
        }
    })
}

fn percent_decoded(step: &str) -> Option<String> {
    if !step.contains('%') {
        return Some(step.to_owned());
    }
    let mut pieces = step.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(json: &str) -> Tree {
        super::super::parse::tree(json).unwrap().0
    }

    #[test]
    fn escapes_are_undone_in_the_order_of_the_standard() {
        let root = tree(r#"{"a/b": {"m~n": [10, 20]}, "~1": 3, "é f": 4, "": 5}"#);
        assert_eq!(at(&root, "/a~1b/m~0n/1"), at(&tree(r#"{"x":20}"#), "/x"));
        assert!(at(&root, "/~01").is_some(), "`~01` is the key `~1`, not `/`");
        assert!(at(&root, "/%C3%A9%20f").is_some());
        assert!(at(&root, "/").is_some(), "the empty key");
        assert_eq!(at(&root, ""), Some(&root));
    }

    #[test]
    fn what_does_not_exist_is_not_found() {
        let root = tree(r#"{"a": [1], "b": "text"}"#);
        for fragment in
            ["/a/1", "/a/-", "/a/-1", "/b/0", "/c", "anchor", "/%", "/%zz", "/%C3", "/a/99999999999999999999"]
        {
            assert_eq!(at(&root, fragment), None, "{fragment}");
        }
    }
}
