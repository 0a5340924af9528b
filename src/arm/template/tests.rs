use std::fmt::Write;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::arm::fixtures::{Memory, request, template};
use crate::arm::run::{Run, validate};

/// The error of planning a template with parameters.
fn refused(members: &Value, parameters: Value) -> String {
    let request = request(template(members), parameters);
    let store = Memory::default();
    let error = match Run::start(&request, &store) {
        Err(error) => error,
        Ok(_) => validate(&request, &store).expect_err("it is refused"),
    };
    let place = error.path().unwrap_or("-");
    let column = error
        .column()
        .map(|column| format!(":{column}"))
        .unwrap_or_default();
    format!("{place}{column}\n{error}")
}

fn thing(extra: &Value) -> Value {
    let mut resource = json!({"type": "Test.X/things", "apiVersion": "1", "name": "t"});
    for (key, value) in extra.as_object().unwrap() {
        resource[key] = value.clone();
    }
    resource
}

/// What is wrong, the template, the parameters.
type Mistake = (&'static str, Value, Value);

fn mistakes_of_parameters() -> Vec<Mistake> {
    let parameters = json!({
        "tpm": {"type": "int", "minValue": 1, "maxValue": 10, "defaultValue": 5},
        "sku": {"type": "string", "allowedValues": ["Basic", "Premium"], "defaultValue": "Basic"},
        "password": {"type": "securestring", "minLength": 8, "allowedValues": ["long-enough"], "defaultValue": "long-enough"},
    });
    vec![
        (
            "a parameter is missing",
            json!({"parameters": {"p": {"type": "string"}}}),
            json!({}),
        ),
        (
            "a parameter is unknown",
            json!({"parameters": parameters}),
            json!({"tmp": {"value": 1}}),
        ),
        (
            "a parameter has no name",
            json!({}),
            json!({"": {"value": 1}}),
        ),
        (
            "a parameter has no value",
            json!({"parameters": parameters}),
            json!({"tpm": 4}),
        ),
        (
            "a parameter of the wrong kind",
            json!({"parameters": parameters}),
            json!({"tpm": {"value": "5"}}),
        ),
        (
            "a parameter too large",
            json!({"parameters": parameters}),
            json!({"tpm": {"value": 11}}),
        ),
        (
            "a parameter that is not allowed",
            json!({"parameters": parameters}),
            json!({"sku": {"value": "Gold"}}),
        ),
        (
            "a secret that is not allowed",
            json!({"parameters": parameters}),
            json!({"password": {"value": "pa55word"}}),
        ),
        (
            "a key vault reference",
            json!({"parameters": parameters}),
            json!({"password": {"reference": {}}}),
        ),
        (
            "defaults in a circle",
            json!({"parameters": {
            "a": {"type": "string", "defaultValue": "[parameters('b')]"},
            "b": {"type": "string", "defaultValue": "[parameters('a')]"}}}),
            json!({}),
        ),
        (
            "an unknown kind of parameter",
            json!({"parameters": {"a": {"type": "number"}}}),
            json!({}),
        ),
    ]
}

fn mistakes_of_expressions() -> Vec<Mistake> {
    vec![
        (
            "an unknown function in a branch nobody takes",
            json!({"resources": [
            thing(&json!({"properties": {"x": "[if(true(), 'a', toLowr('b'))]"}}))]}),
            json!({}),
        ),
        (
            "a function with too few arguments",
            json!({"variables": {"x": "[substring('a')]"}}),
            json!({}),
        ),
        (
            "utcNow outside a default",
            json!({"variables": {"x": "[utcNow()]"}}),
            json!({}),
        ),
        (
            "a bracket too few",
            json!({"resources": [thing(&json!({"location": "[concat('a'']"}))]}),
            json!({}),
        ),
        (
            "a variable that is not there",
            json!({"resources": [thing(&json!({"name": "[variables('x')]"}))]}),
            json!({}),
        ),
        (
            "a property that is not there",
            json!({"variables": {"v": {"a": {"b": 1}}, "w": "[variables('v').a.c]"}}),
            json!({}),
        ),
    ]
}

fn mistakes_of_resources() -> Vec<Mistake> {
    let nested = |properties: Value| {
        json!({"resources": [{"type": "Microsoft.Resources/deployments", "apiVersion": "1",
            "name": "n", "properties": properties}]})
    };
    vec![
        (
            "a dependency on nothing",
            json!({"resources": [thing(&json!({"dependsOn": ["nobody"]}))]}),
            json!({}),
        ),
        (
            "a dependency on itself",
            json!({"resources": [thing(&json!({"dependsOn": ["t"]}))]}),
            json!({}),
        ),
        (
            "a circle",
            json!({"resources": [
            thing(&json!({"name": "a", "dependsOn": ["b"]})), thing(&json!({"name": "b", "dependsOn": ["c"]})),
            thing(&json!({"name": "c", "dependsOn": ["b"]}))]}),
            json!({}),
        ),
        (
            "the same resource twice",
            json!({"resources": [thing(&json!({})), thing(&json!({"name": "T"}))]}),
            json!({}),
        ),
        (
            "a name with too many segments",
            json!({"resources": [thing(&json!({"name": "a/b"}))]}),
            json!({}),
        ),
        (
            "too many copies",
            json!({"resources": [thing(&json!({"copy": {"name": "c", "count": 801}}))]}),
            json!({}),
        ),
        (
            "an empty name",
            json!({"resources": [thing(&json!({"name": ""}))]}),
            json!({}),
        ),
        (
            "a condition that is none",
            json!({"resources": [thing(&json!({"condition": "[add(1,1)]"}))]}),
            json!({}),
        ),
        (
            "reference in a name",
            json!({"resources": [thing(&json!({"name": "[reference('t').x]"}))]}),
            json!({}),
        ),
        (
            "a linked template",
            nested(json!({"mode": "Incremental", "templateLink": {"uri": "https://x"}})),
            json!({}),
        ),
        (
            "a nested template with a missing parameter",
            nested(json!({"mode": "Incremental",
            "expressionEvaluationOptions": {"scope": "inner"},
            "template": template(&json!({"parameters": {"p": {"type": "int"}}}))})),
            json!({}),
        ),
        ("an unknown member", json!({"resorces": []}), json!({})),
        ("an unsupported member", json!({"imports": {}}), json!({})),
        (
            "an unknown reference to a type",
            json!({"parameters": {"p": {"$ref": "#/definitions/none"}}}),
            json!({"p": {"value": 1}}),
        ),
        (
            "an exact group that is missing",
            json!({"outputs": {}, "variables": {"x": "[subscription().none]"}}),
            json!({}),
        ),
    ]
}

#[test]
fn mistakes_are_told_in_azures_words_with_their_place() {
    let mut told = String::new();
    let cases = [
        mistakes_of_parameters(),
        mistakes_of_expressions(),
        mistakes_of_resources(),
    ];
    for (what, members, parameters) in cases.into_iter().flatten() {
        let refused = refused(&members, parameters);
        writeln!(told, "# {what}\n{refused}\n").unwrap();
    }
    assert!(!told.contains("pa55word"), "{told}");
    assert_snapshot!(told);
}

#[test]
fn user_defined_types_are_checked() {
    let members = json!({
        "languageVersion": "2.0",
        "resources": {},
        "definitions": {
            "positive": {"type": "int", "minValue": 1},
            "tree": {"type": "object", "properties": {
                "value": {"$ref": "#/definitions/positive"},
                "left": {"$ref": "#/definitions/tree", "nullable": true}}},
            "cat": {"type": "object", "properties": {"kind": {"type": "string", "allowedValues": ["cat"]}, "lives": {"type": "int"}}},
            "dog": {"type": "object", "properties": {"kind": {"type": "string", "allowedValues": ["dog"]}}, "additionalProperties": false},
            "loop": {"$ref": "#/definitions/loop"},
        },
        "parameters": {
            "tree": {"$ref": "#/definitions/tree", "nullable": true},
            "pets": {"type": "array", "nullable": true, "maxLength": 2, "items": {"type": "object", "discriminator": {
                "propertyName": "kind",
                "mapping": {"cat": {"$ref": "#/definitions/cat"}, "dog": {"$ref": "#/definitions/dog"}}}}},
            "pair": {"type": "array", "nullable": true, "prefixItems": [{"type": "int"}, {"type": "string"}], "items": false},
            "map": {"type": "object", "nullable": true, "additionalProperties": {"type": "bool"}},
            "sizes": {"type": "array", "nullable": true, "allowedValues": ["s", "m"]},
        },
    });
    let store = Memory::default();
    for (parameters, wanted) in [
        (json!({}), None),
        (json!({"tree": null}), None),
        (json!({"tree": {"value": 1, "left": {"value": 2}}}), None),
        (
            json!({"tree": {"value": 1, "left": {"value": 0}}}),
            Some(
                "(at 'tree.left.value') is not valid. The value should be greater than or equal to '1'",
            ),
        ),
        (
            json!({"tree": {"left": null}}),
            Some("The property 'value' is missing"),
        ),
        (
            json!({"pets": [{"kind": "cat", "lives": 9}, {"kind": "dog"}]}),
            None,
        ),
        (
            json!({"pets": [{"kind": "cow"}]}),
            Some("must be one of 'cat,dog', and not 'cow'"),
        ),
        (
            json!({"pets": [{"kind": "dog", "lives": 1}]}),
            Some("(at 'pets[0]') is not valid. The property 'lives' is not allowed"),
        ),
        (
            json!({"pets": [{"kind": "dog"}, {"kind": "dog"}, {"kind": "dog"}]}),
            Some("Length of the value should be less than or equal to '2'"),
        ),
        (json!({"pair": [1, "x"]}), None),
        (json!({"pair": [1]}), Some("greater than or equal to '2'")),
        (
            json!({"pair": [1, "x", 2]}),
            Some("more elements than its type allows"),
        ),
        (
            json!({"map": {"a": true, "b": 1}}),
            Some(
                "(at 'map.b') is not valid. Expected a value of type 'Boolean', but received a value of type 'Integer'",
            ),
        ),
        (json!({"sizes": ["S", "m"]}), None),
        (
            json!({"sizes": ["s", "x"]}),
            Some("is not part of the allowed value(s): 's,m'"),
        ),
    ] {
        let given: serde_json::Map<String, Value> = parameters
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), json!({"value": value})))
            .collect();
        let request = request(template(&members), Value::Object(given));
        match (Run::start(&request, &store), wanted) {
            (Ok(_), None) => {}
            (Err(error), Some(wanted)) => {
                assert!(error.message.contains(wanted), "{parameters}: {error}");
            }
            (result, wanted) => panic!("{parameters}: {:?} and not {wanted:?}", result.map(|_| ())),
        }
    }
}

#[test]
fn variables_can_be_loops() {
    let request = request(
        template(&json!({
            "variables": {
                "copy": [
                    {"name": "disks", "count": 2, "input": {"lun": "[copyIndex('disks', 1)]"}},
                ],
                "object": {"copy": [{"name": "names", "count": 2, "input": "[concat('n', copyIndex('names'))]"}]},
            },
            "outputs": {
                "disks": {"type": "array", "value": "[variables('disks')]"},
                "names": {"type": "array", "value": "[variables('object').names]"},
            },
        })),
        json!({}),
    );
    let (run, _) = crate::arm::fixtures::play(&request, &mut Memory::default());
    let outputs = run.deployments()[0].outputs();
    assert_eq!(outputs["disks"]["value"], json!([{"lun": 1}, {"lun": 2}]));
    assert_eq!(outputs["names"]["value"], json!(["n0", "n1"]));
}

/// JSON of the kinds that templates are made of, expressions among it.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2_i64..900).prop_map(Value::from),
        "[a-z/.]{0,6}".prop_map(Value::from),
        prop::sample::select(vec![
            "[parameters('p')]",
            "[variables('v')]",
            "[copyIndex()]",
            "[reference('t').x]",
            "[resourceId('Test.X/things', 't')]",
            "[resourceGroup().location]",
            "[",
            "[]",
            "[[x]",
            "Test.X/things",
            "inner",
            "Incremental",
            "string",
            "t",
            "1",
        ])
        .prop_map(Value::from),
    ];
    let key = prop::sample::select(vec![
        "type",
        "name",
        "apiVersion",
        "copy",
        "count",
        "input",
        "condition",
        "dependsOn",
        "properties",
        "template",
        "parameters",
        "variables",
        "resources",
        "outputs",
        "value",
        "mode",
        "scope",
        "p",
        "v",
        "$ref",
        "defaultValue",
        "expressionEvaluationOptions",
        "existing",
    ]);
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((key.clone(), inner), 0..6).prop_map(|pairs| {
                Value::Object(
                    pairs
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value))
                        .collect(),
                )
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn no_template_panics(
        resources in prop::collection::vec(anything(), 0..3),
        variables in anything(),
        outputs in anything(),
        raw in anything(),
    ) {
        let store = Memory::default();
        let mut all = resources;
        all.push(thing(&json!({"properties": raw.clone(), "copy": raw.get("copy")})));
        for members in [
            json!({"resources": all, "outputs": outputs}),
            json!({"variables": variables, "outputs": outputs}),
            json!({"parameters": variables, "resources": raw}),
        ] {
            let request = request(template(&members), json!({}));
            let _ = validate(&request, &store);
            if let Ok(mut run) = Run::start(&request, &store) {
                let _ = run.advance(&store);
            }
        }
    }
}

/// Depth has a limit that a thread's stack does not meet first.
#[test]
fn circles_and_long_chains_are_errors_and_no_crash() {
    let mut chain = serde_json::Map::new();
    for index in 0..300 {
        let next = format!("[concat(variables('v{}'), 'x')]", index + 1);
        chain.insert(format!("v{index}"), next.into());
    }
    chain.insert("v300".to_owned(), "end".into());
    let deep = format!("[{}'x'{}]", "toLower(".repeat(110), ")".repeat(110));
    for (members, wanted) in [
        (json!({"variables": chain}), Some("nested deeper")),
        (json!({"variables": {"x": deep}}), None),
        (
            json!({
                "functions": [{"namespace": "f", "members": {"f": {
                    "parameters": [{"name": "x", "type": "int"}],
                    "output": {"type": "int", "value": "[f.f(add(parameters('x'), 1))]"}}}}],
                "variables": {"x": "[f.f(1)]"},
            }),
            Some("nested deeper"),
        ),
    ] {
        let request = request(template(&members), json!({}));
        match (Run::start(&request, &Memory::default()), wanted) {
            (Ok(_), None) => {}
            (Err(error), Some(wanted)) => assert!(error.message.contains(wanted), "{error}"),
            (result, wanted) => panic!("{:?} and not {wanted:?}", result.map(|_| ())),
        }
    }
}

/// The largest deployment there can be, each resource waiting for the one before.
#[test]
fn the_largest_loop_is_planned() {
    let request = request(
        template(&json!({"resources": [
            thing(&json!({
                "name": "[concat('t', copyIndex())]",
                "copy": {"name": "all", "count": 799, "mode": "serial"},
            })),
            thing(&json!({"name": "last", "dependsOn": ["all"]})),
        ]})),
        json!({}),
    );
    let mut store = Memory::default();
    let (run, told) = crate::arm::fixtures::play(&request, &mut store);
    assert_eq!(run.outcome(), Some(&crate::arm::Outcome::Succeeded));
    assert_eq!(store.resources.len(), 800);
    assert!(told.contains("round 800\n  put Test.X/things/last"));
}
