//! Real descriptions that nobody here wrote, and small ones that each show one rule.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use runaway::import::openapi::{
    self, Alternative, Answer, Description, Dialect, Effect, EffectOverride, Location, Method, Needed, NoteKind,
    Requirement, SchemeKind, ScopeReach,
};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(text: &str) -> Description {
    openapi::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// `(id, METHOD path)` of each operation.
fn calls(description: &Description) -> Vec<(&str, String)> {
    let call = |o: &openapi::Operation| format!("{} {}", o.method.name(), o.path);
    description.operations.iter().map(|o| (o.id.as_str(), call(o))).collect()
}

fn needs(scheme: &str, scopes: &[&str]) -> Needed {
    Needed { scheme: scheme.into(), scopes: scopes.iter().map(|scope| (*scope).into()).collect() }
}

#[test]
fn single_scope_reach_of_digitalocean_and_slack_is_the_known_one() {
    let shared = repository().join("../shared/openapi");
    let Ok(truth) = std::fs::read(shared.join("scope_reach.json")) else {
        println!("did not run: {} is not here", shared.display());
        return;
    };
    let truth: serde_json::Value = serde_json::from_slice(&truth).unwrap();
    for name in ["digitalocean", "slack"] {
        let description = openapi::read(&std::fs::read(shared.join(format!("{name}.json.gz"))).unwrap()).unwrap();
        let number = |value: &serde_json::Value, key: &str| value[key].as_u64().unwrap() as usize;
        let truth = &truth[name];
        let expected: BTreeMap<String, ScopeReach> = truth["single_scope_reach"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(scope, reach)| {
                let (operations, writes) = (number(reach, "ops"), number(reach, "writes"));
                (scope.clone(), ScopeReach { operations, writes, deletes: number(reach, "deletes") })
            })
            .collect();
        assert_eq!(openapi::single_scope_reach(&description), expected, "{name}");
        for (scope, reach) in &expected {
            assert_eq!(openapi::unlocked_by(&description, scope).count(), reach.operations, "{name} {scope}");
        }
        assert_eq!(description.counts.operations, number(truth, "operations"), "{name}");
        let several = openapi::needs_several_scopes(&description);
        assert_eq!(several, number(truth, "ops_needing_several_scopes_together"), "{name}");
        let has_scopes = |alternative: &Alternative| alternative.scopes().next().is_some();
        let unscoped = description.operations.iter().filter(|o| !o.requires.alternatives().iter().any(has_scopes));
        assert_eq!(unscoped.count(), number(truth, "unscoped"), "{name}");
        assert_eq!(description.counts.unresolved_refs, 0, "{name}");
        assert!(description.operations.iter().all(|operation| operation.shadowed_by.is_none()), "{name}");
    }
}

pub fn octokit() -> Option<Vec<u8>> {
    let path = std::env::var_os("RUNAWAY_OCTOKIT").map(PathBuf::from);
    let path = path.unwrap_or_else(|| repository().join("target/test-inputs/octokit/api.github.com.json"));
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(_) => {
            let fetch = format!("{} is missing; scripts/fetch-test-inputs fetches it", path.display());
            assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{fetch}");
            println!("did not run: {fetch}");
            None
        }
    }
}

/// The counts are of version 23.0.2, taken with a few lines of Python.
#[test]
fn every_reference_of_github_resolves() {
    let Some(bytes) = octokit() else { return };
    let github = openapi::read(&bytes).unwrap();
    assert_eq!(github.dialect, Dialect::OpenApi30);
    assert_eq!((github.counts.paths, github.counts.operations), (811, 1223));
    assert_eq!((github.counts.refs, github.counts.distinct_refs, github.counts.unresolved_refs), (10_460, 1764, 0));
    let by_method = |method| github.operations.iter().filter(|operation| operation.method == method).count();
    let methods = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];
    assert_eq!(methods.map(by_method), [639, 193, 134, 70, 187]);
    assert!(github.schemes.is_empty() && openapi::single_scope_reach(&github).is_empty());
    assert!(github.operations.iter().all(|operation| operation.requires == Requirement::Unstated));

    let wrong: Vec<_> = github.notes.iter().filter(|note| note.kind != NoteKind::PathOverlap).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let one = |id: &str| github.operations.iter().find(|operation| operation.id == id).unwrap();
    let issues = one("issues-list-for-repo");
    assert_eq!((issues.path.as_str(), &issues.answer), ("/repos/{owner}/{repo}/issues", &Answer::List));
    assert_eq!(issues.path_parameters().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["owner", "repo"]);
    assert_eq!(one("search-repos").answer, Answer::ListIn("items".into()));
    assert_eq!((one("repos-delete").effect, &one("repos-delete").answer), (Effect::Delete, &Answer::Nothing));
    assert_eq!(one("repos-upload-release-asset").server.as_deref(), Some("https://uploads.github.com"));
}

const SWAGGER: &str = r##"{
  "swagger": "2.0",
  "info": {"title": "Shop", "version": "1"},
  "host": "shop.test", "basePath": "/v1/", "schemes": ["http", "https"],
  "security": [{"oauth": ["read"]}],
  "parameters": {"id": {"name": "id", "in": "path", "required": true, "type": "string"}},
  "securityDefinitions": {
    "oauth": {"type": "oauth2", "flow": "application", "tokenUrl": "https://shop.test/token",
              "scopes": {"read": "see", "write": "change"}},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"}
  },
  "paths": {
    "/orders": {
      "get": {"operationId": "listOrders", "responses": {"200": {"schema": {"type": "array", "items": {}}}}},
      "post": {
        "operationId": "orders.create",
        "security": [{"oauth": ["read", "write"]}, {"key": []}],
        "parameters": [{"name": "order", "in": "body", "required": true, "schema": {}}],
        "responses": {"201": {}}
      }
    },
    "/orders/{id}": {
      "parameters": [{"$ref": "#/parameters/id"}, {"name": "page", "in": "query"}],
      "get": {"security": [], "parameters": [{"name": "page", "in": "query", "required": true}]},
      "delete": {
        "operationId": "delete", "deprecated": true,
        "security": [{"key": [], "oauth": ["write"]}],
        "responses": {"204": {}}
      }
    }
  }
}"##;

#[test]
fn swagger_2() {
    let shop = read(SWAGGER);
    assert_eq!((shop.dialect, shop.title.as_str(), shop.version.as_str()), (Dialect::Swagger2, "Shop", "1"));
    assert_eq!(shop.servers, ["http://shop.test/v1/", "https://shop.test/v1/"]);
    assert_eq!(
        calls(&shop),
        [
            ("list-orders", "GET /v1/orders".to_owned()),
            ("orders-create", "POST /v1/orders".to_owned()),
            ("get-v1-orders-id", "GET /v1/orders/{id}".to_owned()),
            ("delete", "DELETE /v1/orders/{id}".to_owned()),
        ]
    );
    let [list, create, get, delete] = shop.operations.as_slice() else { panic!() };
    assert_eq!([&list.answer, &create.answer, &get.answer], [&Answer::List, &Answer::Nothing, &Answer::Unknown]);
    assert_eq!(
        create.parameters.iter().map(|p| (p.location, p.required)).collect::<Vec<_>>(),
        [(Location::Body, true)]
    );
    let of_get = get.parameters.iter().map(|p| (p.name.as_str(), p.location, p.required));
    assert_eq!(of_get.collect::<Vec<_>>(), [("id", Location::Path, true), ("page", Location::Query, true)]);
    assert!(delete.deprecated && delete.effect == Effect::Delete);
    let collections = shop.collections();
    assert_eq!(collections.iter().map(|(name, of)| (*name, of.len())).collect::<Vec<_>>(), [("orders", 4)]);

    let any_of = |alternatives: &[&[Needed]]| {
        Requirement::AnyOf(alternatives.iter().map(|all_of| Alternative { all_of: all_of.to_vec() }).collect())
    };
    assert_eq!(list.requires, any_of(&[&[needs("oauth", &["read"])]]), "of the document");
    assert_eq!(create.requires, any_of(&[&[needs("oauth", &["read", "write"])], &[needs("key", &[])]]));
    assert_eq!(get.requires, Requirement::Open, "an empty list is an open door");
    assert_eq!(delete.requires, any_of(&[&[needs("key", &[]), needs("oauth", &["write"])]]));
    assert!(get.requires.admits_anybody() && !create.requires.admits_anybody());

    let reach = openapi::single_scope_reach(&shop);
    assert_eq!(reach["read"], ScopeReach { operations: 1, writes: 0, deletes: 0 });
    assert_eq!(reach["write"], ScopeReach { operations: 1, writes: 1, deletes: 1 });
    let flow =
        SchemeKind::OAuth2 { flows: vec!["application".into()], token_url: Some("https://shop.test/token".into()) };
    assert_eq!(shop.schemes[0].kind, flow);
    assert_eq!(shop.schemes[1].kind, SchemeKind::ApiKey { location: Location::Header, name: "X-Key".into() });
    assert_eq!(shop.notes, []);
}

const YAML: &str = "
openapi: 3.1.0
info: {title: Zoo, version: 1.10}
servers:
  - url: https://{region}.zoo.test/{v}
    variables: {region: {default: eu}, v: {default: v2}}
security: [{}, {bearer: [keeper]}]
paths:
  /animals/{id}:
    $ref: '#/components/pathItems/animal'
  /feed:
    servers: [{url: 'https://feed.zoo.test/f'}]
    post:
      operationId: yes
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Meal'}}}}
      responses:
        200: {$ref: '#/components/responses/Meals'}
        404: {description: none}
webhooks:
  fed: {post: {responses: {}}}
components:
  pathItems:
    animal:
      parameters: [{name: id, in: path, required: true}]
      get: {responses: {default: {content: {application/json: {schema: {$ref: '#Animal'}}}}}}
  responses:
    Meals:
      description: all
      content: {application/json: {schema: {$ref: '#/components/schemas/Meals'}}}
  schemas:
    Animal:
      $anchor: Animal
      type: object
      properties: {parent: {$ref: '#/components/schemas/Animal'}, $ref: {type: string}}
    Meal: {type: object, properties: {of: {$ref: '#/components/schemas/Animal'}}}
    Meals:
      type: object
      properties: {meals: {type: [array, 'null'], items: {$ref: '#/components/schemas/Meal'}}, next: {type: string}}
  securitySchemes:
    bearer: {type: http, scheme: Bearer}
";

#[test]
fn openapi_3_1_in_yaml() {
    let zoo = read(YAML);
    assert_eq!((zoo.dialect, zoo.version.as_str()), (Dialect::OpenApi31, "1.1"));
    assert_eq!(zoo.servers, ["https://eu.zoo.test/v2"]);
    let [animal, feed] = zoo.operations.as_slice() else { panic!() };
    assert_eq!(animal.path, "/v2/animals/{id}");
    assert_eq!(animal.answer, Answer::Object, "a schema may recur through its properties");
    assert_eq!((feed.path.as_str(), feed.server.as_deref()), ("/f/feed", Some("https://feed.zoo.test/f")));
    assert_eq!(feed.id, "post-yes", "a bare `yes` would not stay a text in YAML");
    assert_eq!(feed.answer, Answer::ListIn("meals".into()));
    assert!(feed.requires.admits_anybody(), "{:?}", feed.requires);
    assert_eq!(zoo.schemes[0].kind, SchemeKind::Bearer);
    assert_eq!((zoo.counts.refs, zoo.counts.distinct_refs, zoo.counts.unresolved_refs), (8, 6, 0));
    let [webhook, version] = zoo.notes.as_slice() else { panic!("{:#?}", zoo.notes) };
    assert!(webhook.sentence.starts_with("one webhook"));
    assert!(version.sentence.starts_with("`version` is a number, read as 1.1"));
}

#[test]
fn effects_can_be_overridden_by_pattern() {
    let mut shop = read(SWAGGER);
    let rule = |pattern: &str, effect| EffectOverride { pattern: pattern.into(), effect };
    let rules = [
        rule("POST *", Effect::Read),
        rule("*/orders", Effect::Execute),
        rule("list-*", Effect::Send),
        rule("PATCH *", Effect::Read),
    ];
    let unused = openapi::apply_overrides(&mut shop, &rules);
    let effects: Vec<_> = shop.operations.iter().map(|operation| operation.effect).collect();
    assert_eq!(effects, [Effect::Send, Effect::Execute, Effect::Read, Effect::Delete]);
    assert_eq!(unused.len(), 1);
    assert!(unused[0].sentence.contains("`PATCH *`"));
}

#[test]
fn json_is_yaml_too() {
    assert_eq!(read(&format!("# a comment makes it YAML\n{SWAGGER}")), read(SWAGGER));
}
