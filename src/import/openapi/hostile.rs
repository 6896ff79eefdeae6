//! Input that is broken, or made to break the reader.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::limits::{MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_NOTES, MAX_OPERATIONS};
use super::*;

const SMALL: &str = r#"{"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"get": {}}}}"#;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn described(paths: &str) -> Result<Description, ImportError> {
    read(SMALL.replace(r#"{"/a": {"get": {}}}"#, paths).as_bytes())
}

fn said(bytes: impl AsRef<[u8]>) -> String {
    read(bytes.as_ref()).expect_err("should be refused").to_string()
}

#[test]
fn gzip_is_unpacked_and_its_damage_is_said() {
    let packed = gzip(SMALL.as_bytes());
    assert_eq!(read(&packed).unwrap(), read(SMALL.as_bytes()).unwrap());
    let half = packed.get(..packed.len() / 2).unwrap();
    assert!(said(half).starts_with("the gzip stream is damaged"), "{}", said(half));
    assert!(said([packed.as_slice(), b"trailing"].concat()).starts_with("the gzip stream is damaged"));
    assert!(matches!(read(&gzip(b"")), Err(ImportError::Empty)));
}

#[test]
fn a_gzip_bomb_is_not_unpacked() {
    let bomb = gzip(&vec![b' '; 4 * MAX_BYTES]);
    assert!(bomb.len() < MAX_BYTES / 50, "it should be small");
    assert!(matches!(read(&bomb), Err(ImportError::TooLarge)));
    assert!(matches!(read(&vec![b' '; MAX_BYTES + 1]), Err(ImportError::TooLarge)));
}

#[test]
fn what_is_no_text_is_said() {
    assert!(matches!(read(b""), Err(ImportError::Empty)));
    assert!(
        said(b"openapi: 3.0.0\ninfo: {title: Caf\xe9}").starts_with("byte 32 is not UTF-8; if the file is Latin-1")
    );
    assert!(said(b"\xff\xfe{\0").contains("UTF-16"));
    assert_eq!(read(format!("\u{feff}{SMALL}").as_bytes()).unwrap(), read(SMALL.as_bytes()).unwrap());
}

#[test]
fn what_is_no_description_is_said() {
    for text in ["{}", "[]", "hello", "7", "null", "paths: {}", "openapi: {}", "- openapi: 3.0.0"] {
        assert!(matches!(read(text.as_bytes()), Err(ImportError::NotADescription)), "{text}");
    }
    for version in ["3.2.0", "2.0", "4", "3.01", "30", ""] {
        let text = SMALL.replace("3.0.3", version);
        assert!(matches!(read(text.as_bytes()), Err(ImportError::UnknownDialect { .. })), "{version}");
    }
    assert!(matches!(read(b"swagger: '1.2'"), Err(ImportError::UnknownDialect { .. })));
    assert!(matches!(read(b"swagger: 2.0").unwrap().dialect, Dialect::Swagger2));
}

#[test]
fn truncated_input_is_said_at_every_length() {
    for end in 1..SMALL.len() {
        assert!(matches!(read(&SMALL.as_bytes()[..end]), Err(ImportError::NotJson(_))), "{}", &SMALL[..end]);
    }
    assert!(said(format!("{SMALL} x")).contains("trailing characters"));
    assert!(read(SMALL.replace("{}}}", "{}}},").as_bytes()).is_ok(), "YAML allows the trailing comma");
    assert!(said("openapi: 3.0.0\n\tinfo: x").starts_with("not YAML: "));
    assert!(said("openapi: 3.0.0\n---\nopenapi: 3.0.0").starts_with("not YAML: "));
}

#[test]
fn nesting_is_bounded_before_the_stack_is() {
    let nested = |open: &str, close: &str, depth: usize| {
        let deep = open.repeat(depth) + "1" + &close.repeat(depth);
        read(SMALL.replace("{\"get\": {}}", &deep).as_bytes())
    };
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        assert!(nested(open, close, MAX_DEPTH - 2).is_ok());
        assert!(matches!(nested(open, close, MAX_DEPTH), Err(ImportError::TooDeep)));
        assert!(matches!(nested(open, close, 100_000), Err(ImportError::TooDeep)));
    }
    let yaml = |depth: usize| {
        let nested: String = (0..depth).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
        read(format!("openapi: 3.0.0\n{nested}").as_bytes())
    };
    assert!(yaml(MAX_DEPTH).is_ok());
    assert!(matches!(yaml(MAX_DEPTH + 1), Err(ImportError::TooDeep)));
    assert!(matches!(yaml(2_000), Err(ImportError::TooDeep | ImportError::NotYaml { .. })));
    assert!(read(format!("openapi: 3.0.0\na: {}", "[".repeat(100_000)).as_bytes()).is_err());
}

#[test]
fn an_alias_bomb_does_not_grow() {
    let line = |n: usize| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(", "));
    let bomb = "openapi: 3.0.0\na0: &a0 [x, x]\n".to_owned() + &(1..12).map(line).collect::<String>();
    assert!(read(bomb.as_bytes()).is_err());
}

#[test]
fn too_many_values_are_refused() {
    let many = "1,".repeat(MAX_NODES);
    assert!(matches!(described(&format!("[{many}1]")), Err(ImportError::TooManyValues)));
}

#[test]
fn too_many_operations_are_refused() {
    let paths = |count: usize| (0..count).map(|n| format!(r#""/a{n}": {{"get": {{}}}}"#)).collect::<Vec<_>>().join(",");
    assert!(matches!(described(&format!("{{{}}}", paths(MAX_OPERATIONS + 1))), Err(ImportError::TooManyOperations)));
}

#[test]
fn a_shared_path_item_does_not_multiply_without_end() {
    let parameters = r##"{"name": "x", "in": "y"},"##.repeat(100_000);
    let item = format!(r#""/shared": {{"parameters": [{parameters}1], "get": {{}}}}"#);
    let users: String = (0..10_000).map(|n| format!(r##", "/{n}": {{"$ref": "#/paths/~1shared"}}"##)).collect();
    assert!(matches!(described(&format!("{{{item}{users}}}")), Err(ImportError::TooMuchWork)));
}

#[test]
fn long_chains_of_references_are_followed_in_one_pass() {
    let links: String = (1..200_000).map(|n| format!(r##""{n}": {{"$ref": "#/x/{}"}}, "##, n - 1)).collect();
    let description = read(SMALL.replacen('{', &format!(r#"{{"x": {{{links}"0": {{}}}}, "#), 1).as_bytes()).unwrap();
    assert_eq!((description.counts.refs, description.counts.unresolved_refs), (199_999, 0));
}

#[test]
fn recursion_without_end_has_an_answer() {
    let schema = "{allOf: [{$ref: '#/x'}, {$ref: '#/x'}, {properties: {a: {type: array, items: {$ref: '#/x'}}}}]}";
    let answer = "responses: {200: {content: {application/json: {schema: {$ref: '#/x'}}}}}";
    let text = format!("openapi: 3.0.0\nx: {schema}\npaths: {{/a: {{get: {{{answer}}}}}}}");
    assert_eq!(read(text.as_bytes()).unwrap().operations.len(), 1);
}

#[test]
fn notes_are_bounded_and_the_rest_is_counted() {
    let paths: Vec<_> = (0..MAX_NOTES + 5).map(|n| format!(r##""/{n}": {{"$ref": "#/none/{n}"}}"##)).collect();
    let description = described(&format!("{{{}}}", paths.join(","))).unwrap();
    let last = description.notes.last().unwrap();
    assert_eq!((last.kind, last.sentence.as_str()), (NoteKind::LeftOut, "5 further notes are not listed"));
}

#[test]
fn a_terminal_never_obeys_a_description() {
    let text = SMALL.replace("\"t\"", r#""\u001b[2Jt""#).replace("\"/a\"", r#""/\u001b[2Ja""#);
    let description = read(text.as_bytes()).unwrap();
    assert!(description.operations.is_empty() && !description.notes.is_empty());
    assert!(!format!("{}{:?}", description.title, description.notes).contains('\u{1b}'));
}

const SLIPS: &str = "
openapi: 3.0.0
info: {title: t, version: '1'}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /t, scopes: {known: x}}}}
    odd: {type: handshake}
paths:
  /a/{x}:
    get:
      parameters: [{name: y, in: path}, {name: z}, {name: q, in: nowhere}, 5]
      security: [{oauth: [known, lost]}, {nobody: []}]
      callbacks: {done: {}}
    post: {security: {oauth: [known]}}
    put: {security: [{oauth: known}]}
    query: {}
  /a/{: {get: {}}
  /b: 7
  no-slash: {head: {}}
  x-internal: 7
";

#[test]
fn slips_are_said_and_never_open_a_door() {
    let slips = read(SLIPS.as_bytes()).unwrap();
    let ids: Vec<_> = slips.operations.iter().map(|o| (o.id.as_str(), o.path.as_str())).collect();
    let a = "/a/{x}";
    assert_eq!(ids, [("get-a-x", a), ("post-a-x", a), ("put-a-x", a), ("head-no-slash", "/no-slash")]);
    let [get, post, put, head] = slips.operations.as_slice() else { panic!() };
    assert_eq!(get.parameters.iter().map(|parameter| parameter.name.as_str()).collect::<Vec<_>>(), ["x"]);
    assert_eq!([&post.requires, &put.requires], [&Requirement::Unstated; 2], "misread is not open");
    assert_eq!(head.effect, Effect::Read);
    let told: Vec<_> = slips.notes.iter().map(ToString::to_string).collect();
    let expected = [
        "#/components/securitySchemes/odd: `handshake` is no type of security scheme",
        "#/paths/~1a~1{x}/get/parameters/1: a parameter that does not say where it lies",
        "#/paths/~1a~1{x}/get/parameters/2: a parameter in `nowhere`",
        "#/paths/~1a~1{x}/get/parameters/3: a parameter without a name",
        "#/paths/~1a~1{x}/get: the path parameter `x` is declared nowhere",
        "#/paths/~1a~1{x}/get: the path has no place for its parameter `y`",
        "#/paths/~1a~1{x}/post: the path parameter `x` is declared nowhere",
        "#/paths/~1a~1{x}/post/security: not a list of security requirements",
        "#/paths/~1a~1{x}/put: the path parameter `x` is declared nowhere",
        "#/paths/~1a~1{x}/put/security/0: a security requirement whose scopes are no list",
        "#/paths/~1a~1{x}/query: `query` is no method that is known here",
        "#/paths/~1a~1{/get: a brace that is never closed",
        "#/paths/~1b: not an object of operations",
        "#/paths/no-slash: a path begins with a slash",
        "#/paths: one callback",
        "#/paths/~1a~1{x}/get: the scope `lost` is not among those of `oauth` (one operation)",
        "#/paths/~1a~1{x}/get: the security scheme `nobody` is declared nowhere (one operation)",
    ];
    for (note, expected) in told.iter().zip(expected) {
        assert!(note.starts_with(expected), "{note}\nshould begin {expected}");
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

const WORDS: &str = "openapi swagger 3.0.0 2.0 info title paths /a/{x} /a/{ get delete $ref # #/paths #/a x.yaml# \
    parameters in path name x security components schemas securitySchemes servers url type array items properties \
    allOf responses 200 content schema oauth2 flows scopes variables default operationId requestBody callbacks \
    webhooks pathItems $anchor é%";

/// Values in the shape of a description, with every kind of wrong thing in every place.
fn somehow() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(WORDS.split(' ').collect::<Vec<_>>()).prop_map(str::to_owned);
    let leaf = prop_oneof![
        4 => word.clone().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(6, 60, 5, move |inner| {
        let fields = prop::collection::vec((word.clone(), inner.clone()), 0..6);
        prop_oneof![
            1 => prop::collection::vec(inner, 0..4).prop_map(Value::from),
            3 => fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
        let _ = read(&gzip(&bytes));
    }

    #[test]
    fn arbitrary_text_never_panics(text in "[\\[\\]{}:,\\-&*#!|>'\"a-z0-9 \n\t%~/]{0,200}") {
        let _ = read(text.as_bytes());
        let _ = read(format!("openapi: 3.1.0\n{text}").as_bytes());
    }

    #[test]
    fn one_changed_byte_never_panics(at in 0..SMALL.len(), byte in any::<u8>()) {
        let mut bytes = SMALL.as_bytes().to_vec();
        bytes[at] = byte;
        let _ = read(&bytes);
    }

    #[test]
    fn arbitrary_values_never_panic(
        (top, paths, components) in (somehow(), somehow(), somehow()),
        version in prop::sample::select(vec![("swagger", "2.0"), ("openapi", "3.0.0"), ("openapi", "3.1.0")]),
    ) {
        let item = json!({"get": paths.clone(), "x": paths.clone()});
        let mut document = top.as_object().cloned().unwrap_or_default();
        document.retain(|key, _| key != "openapi" && key != "swagger");
        document.insert(version.0.to_owned(), version.1.into());
        document.insert("paths".to_owned(), json!({"/p/{x}": item, "/q": paths}));
        document.insert("components".to_owned(), components);
        let document = Value::Object(document);
        let description = read(document.to_string().as_bytes()).unwrap();
        let ids: std::collections::BTreeSet<_> = description.operations.iter().map(|operation| &operation.id).collect();
        prop_assert_eq!(ids.len(), description.operations.len());
        for operation in &description.operations {
            prop_assert!(operation.path.starts_with('/'));
            prop_assert!(operation.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        }
        single_scope_reach(&description);
    }
}
