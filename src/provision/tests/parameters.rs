use std::fmt::Write as _;

use insta::assert_snapshot;
use serde_json::{Map, Value, json};

use crate::base::{Source, render};
use crate::provision::{Assignment, bind, digest_of, holds_secrets, read_file};

fn template() -> Value {
    json!({
        "definitions": {"tier": {"type": "string", "allowedValues": ["BasicV2", "StandardV2"]}},
        "parameters": {
            "tpm": {"type": "int", "defaultValue": 500, "minValue": 1, "maxValue": 9000},
            "sku": {"$ref": "#/definitions/tier", "defaultValue": "BasicV2"},
            "names": {"type": "array", "defaultValue": [], "maxLength": 3},
            "tags": {"type": "object", "defaultValue": {}},
            "prefix": {"type": "string", "minLength": 2, "maxLength": 5, "metadata": {"description": "First part of names."}},
            "adminKey": {"type": "securestring", "defaultValue": ""},
            "log": {"type": "bool", "defaultValue": false},
        }
    })
}

fn bound(flags: &[&str]) -> Result<Map<String, Value>, String> {
    let given: Vec<Assignment> = flags
        .iter()
        .map(|flag| Assignment::of_flag(flag).unwrap())
        .collect();
    judged(&given)
}

fn judged(given: &[Assignment]) -> Result<Map<String, Value>, String> {
    let variable = |name: &str| (name == "SET").then(|| "planted".to_owned());
    bind(&template(), given, &variable).map_err(|problem| {
        let mut text = render(&problem.wrong, false);
        for (name, about) in problem.missing {
            let _infallible = write!(text, "\nmissing {name}: {about}");
        }
        text
    })
}

#[test]
fn texts_become_what_the_parameter_asks_for() {
    let bound = bound(&[
        "prefix=abc",
        "tpm=800",
        "SKU=standardv2",
        "names=a, b",
        "tags={\"a\":1}",
        "log=True",
        "adminKey=@env:SET",
    ]);
    assert_eq!(
        Value::Object(bound.unwrap()),
        json!({
            "prefix": {"value": "abc"}, "tpm": {"value": 800}, "sku": {"value": "standardv2"},
            "names": {"value": ["a", "b"]}, "tags": {"value": {"a": 1}}, "log": {"value": true},
            "adminKey": {"value": "planted"},
        })
    );
    assert_eq!(
        bound_names(&["prefix=abc", "prefix=abcd"]),
        json!({"prefix": {"value": "abcd"}})
    );
}

fn bound_names(flags: &[&str]) -> Value {
    Value::Object(bound(flags).unwrap())
}

#[test]
fn mistakes_are_told_together_and_before_anything_is_sent() {
    let told = bound(&[
        "tmp=1",
        "tpm=many",
        "tpm=0",
        "tpm=9001",
        "sku=Basic",
        "names=a,b,c,d",
        "tags={",
        "log=maybe",
        "adminKey=planted",
        "log=@env:UNSET",
    ])
    .unwrap_err();
    assert!(!told.contains("planted"), "{told}");
    assert_snapshot!(told);
    assert!(Assignment::of_flag("=planted").is_err());
    assert!(Assignment::of_flag("planted").is_err());
}

#[test]
fn files_of_both_forms_are_read() {
    for text in [
        "prefix: abc\ntpm: 800\nnames: [a, b]\n",
        "{\"prefix\": \"abc\", \"tpm\": 800, \"names\": [\"a\", \"b\"]}",
        "{\"$schema\": \"https://schema\", \"contentVersion\": \"1.0.0.0\", \"parameters\": {\n\t\"prefix\": {\"value\": \"abc\"}, \"tpm\": {\"value\": 800},\n \"names\": {\"value\": [\"a\", \"b\"]}}}",
    ] {
        let given = read_file(&Source::new("p", text)).unwrap_or_else(|problems| {
            panic!("{}", render(&problems, false));
        });
        assert_eq!(
            Value::Object(judged(&given).unwrap()),
            json!({"prefix": {"value": "abc"}, "tpm": {"value": 800}, "names": {"value": ["a", "b"]}}),
            "{text}"
        );
    }
    let text = "parameters:\n  adminKey:\n    reference: {keyVault: {id: v}, secretName: n}\n  prefix: {value: abc}\n";
    let given = read_file(&Source::new("p", text)).unwrap();
    assert_eq!(
        judged(&given).unwrap()["adminKey"],
        json!({"reference": {"keyVault": {"id": "v"}, "secretName": "n"}})
    );
}

#[test]
fn mistakes_in_files_have_their_place() {
    let mut told = String::new();
    for text in [
        "prefix: abc\ntpn: 800\n",
        "prefix: abcdef\n",
        "prefix: abc\nadminKey: [planted]\n",
        "adminKey: planted\n",
        "parameters:\n  prefix: abc\n",
        "prefix: abc\nparameters:\n  tpm: {value: 1}\n",
        "prefix: [a\n",
    ] {
        let source = Source::new("p.yaml", text);
        let problem = match read_file(&source) {
            Ok(given) => judged(&given).unwrap_err(),
            Err(problems) => render(&problems, false),
        };
        let _infallible = write!(told, "{problem}\n\n");
    }
    assert!(!told.contains("planted"), "{told}");
    assert_snapshot!(told);
}

#[test]
fn a_digest_is_of_everything_but_secrets() {
    let digest = |flags: &[&str]| digest_of(&template(), &bound(flags).unwrap());
    let plain = digest(&["prefix=abc"]);
    assert_eq!(plain.len(), 32);
    assert_eq!(plain, digest(&["prefix=abc", "adminKey=@env:SET"]));
    assert_ne!(plain, digest(&["prefix=abd"]));
    let secrets = |flags: &[&str]| holds_secrets(&template(), &bound(flags).unwrap());
    assert!(secrets(&["prefix=abc", "adminKey=@env:SET"]));
    assert!(!secrets(&["prefix=abc"]));
}
