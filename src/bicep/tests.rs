use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Value;

use super::{Loader, STOCK_TEMPLATE, Stock, compile};
use crate::base::{Diagnostic, render};

/// Files by path.
struct Files(BTreeMap<&'static str, String>);

impl Loader for Files {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0
            .get(path)
            .map(|text| text.as_bytes().to_vec())
            .ok_or_else(|| "no such file".to_owned())
    }
}

/// What the tests name as modules and content.
const AROUND: [(&str, &str); 5] = [
    (
        "m.bicep",
        "param p string = 'x'\noutput o string = p\n@secure()\noutput s string = p\n",
    ),
    (
        "group.bicep",
        "param p string\nresource a 'T.P/as@1' = {\n  name: p\n}\noutput id string = a.id\n",
    ),
    ("sub.bicep", "targetScope = 'subscription'\n"),
    ("text.txt", "[content]\n"),
    (
        "shared.bicep",
        "@export()\n@description('where')\ntype place = 'b' | 'a'\n@export()\ntype thing = {\n  at: place\n  n: int?\n}\n@export()\nvar base = 'x'\n@export()\nvar full = '${base}-y'\n@export()\nfunc twice(s string) string => '${s}${s}${base}'\n",
    ),
];

fn read(text: &str) -> Result<Value, Vec<Diagnostic>> {
    let mut files: BTreeMap<&'static str, String> = AROUND
        .iter()
        .map(|(name, text)| (*name, (*text).to_owned()))
        .collect();
    files.insert("main.bicep", text.to_owned());
    compile("main.bicep", &Files(files)).map(|compiled| compiled.template)
}

fn template(text: &str) -> Value {
    read(text).unwrap_or_else(|problems| panic!("{text}\n{}", render(&problems, false)))
}

const DECLARED: &str = "
param s string
param n int
param b bool
param l array
param o object
var v = 'w'
resource r 'T.P/rs@2020-01-01' = {
  name: 'x${s}'
  resource inner 'cs' = {
    name: 'c'
  }
}
resource c 'T.P/rs/cs/ds@2021-01-01' = {
  parent: r::inner
  name: 'd'
}
resource e 'T.P/rs@2022-01-01' existing = {
  name: 'e'
  scope: resourceGroup('g')
}
resource many 'T.P/rs@2023-01-01' = [for (x, i) in l: {
  name: '${x.name}-${i}'
}]
module m 'group.bicep' = {
  name: 'dep'
  params: {
    p: s
  }
}
module all 'group.bicep' = [for x in l: {
  name: 'dep-${x}'
  params: {
    p: x
  }
}]
var inlined = r.properties.a
var whole = {
  a: inlined
}
";

/// Expressions, and what templates say for them.
const EXPRESSIONS: &[(&str, &str)] = &[
    ("true", "true"),
    ("-3", "-3"),
    ("null", "null"),
    ("'a'", "\"a\""),
    ("'[a]'", "\"[[a]\""),
    ("'[a'", "\"[a\""),
    ("'a${s}{0}'", "\"[format('a{0}{{0}}', parameters('s'))]\""),
    ("'it\\'s \\${x} \\u{1F600}'", "\"it's ${x} 😀\""),
    (
        "concat('it\\'s', s)",
        "\"[concat('it''s', parameters('s'))]\"",
    ),
    ("'''\nmany\nlines'''", "\"many\\nlines\""),
    (
        "s == v && !b",
        "\"[and(equals(parameters('s'), variables('v')), not(parameters('b')))]\"",
    ),
    (
        "s != v || s =~ v",
        "\"[or(not(equals(parameters('s'), variables('v'))), equals(toLower(parameters('s')), toLower(variables('v'))))]\"",
    ),
    (
        "n + 1 * 2 - n % 3",
        "\"[sub(add(parameters('n'), mul(1, 2)), mod(parameters('n'), 3))]\"",
    ),
    ("-n", "\"[sub(0, parameters('n'))]\""),
    ("b ? 1 : 'x'", "\"[if(parameters('b'), 1, 'x')]\""),
    (
        "o.a ?? o.b ?? 1",
        "\"[coalesce(coalesce(parameters('o').a, parameters('o').b), 1)]\"",
    ),
    (
        "o.?a.b[?0]",
        "\"[tryGet(tryGet(parameters('o'), 'a', 'b'), 0)]\"",
    ),
    ("l[^1]", "\"[indexFromEnd(parameters('l'), 1)]\""),
    ("o['a-b'].c", "\"[parameters('o')['a-b'].c]\""),
    ("o['a'][s]", "\"[parameters('o').a[parameters('s')]]\""),
    ("o!.a", "\"[parameters('o').a]\""),
    (
        "{ a: s, ...o, b: 1 }",
        "\"[shallowMerge(createArray(createObject('a', parameters('s')), parameters('o'), createObject('b', 1)))]\"",
    ),
    (
        "[...l, 1]",
        "\"[flatten(createArray(parameters('l'), createArray(1)))]\"",
    ),
    (
        "{ '${s}': [n] }",
        "{\"[format('{0}', parameters('s'))]\":[\"[parameters('n')]\"]}",
    ),
    (
        "union(o, { a: null, b: [] })",
        "\"[union(parameters('o'), createObject('a', null(), 'b', createArray()))]\"",
    ),
    (
        "map(l, x => x.a)",
        "\"[map(parameters('l'), lambda('x', lambdaVariables('x').a))]\"",
    ),
    (
        "reduce(l, 0, (x, y) => x + y)",
        "\"[reduce(parameters('l'), 0, lambda('x', 'y', add(lambdaVariables('x'), lambdaVariables('y'))))]\"",
    ),
    ("az.resourceGroup().id", "\"[resourceGroup().id]\""),
    ("sys.length(l)", "\"[length(parameters('l'))]\""),
    ("any(s)", "\"[parameters('s')]\""),
    ("nameof(o.a)", "\"a\""),
    ("12345678901", "12345678901"),
    (
        "n + 12345678901",
        "\"[add(parameters('n'), json('12345678901'))]\"",
    ),
    (
        "r.id",
        "\"[resourceId('T.P/rs', format('x{0}', parameters('s')))]\"",
    ),
    ("r.name", "\"[format('x{0}', parameters('s'))]\""),
    ("r.type", "\"T.P/rs\""),
    (
        "r.properties.a",
        "\"[reference(resourceId('T.P/rs', format('x{0}', parameters('s'))), '2020-01-01').a]\"",
    ),
    (
        "r.location",
        "\"[reference(resourceId('T.P/rs', format('x{0}', parameters('s'))), '2020-01-01', 'full').location]\"",
    ),
    (
        "r.listKeys().a",
        "\"[listKeys(resourceId('T.P/rs', format('x{0}', parameters('s'))), '2020-01-01').a]\"",
    ),
    (
        "inlined",
        "\"[reference(resourceId('T.P/rs', format('x{0}', parameters('s'))), '2020-01-01').a]\"",
    ),
    (
        "r::inner.id",
        "\"[resourceId('T.P/rs/cs', format('x{0}', parameters('s')), 'c')]\"",
    ),
    (
        "c.id",
        "\"[resourceId('T.P/rs/cs/ds', format('x{0}', parameters('s')), 'c', 'd')]\"",
    ),
    (
        "e.id",
        "\"[extensionResourceId(format('/subscriptions/{0}/resourceGroups/{1}', subscription().subscriptionId, 'g'), 'T.P/rs', 'e')]\"",
    ),
    (
        "many[n].id",
        "\"[resourceId('T.P/rs', format('{0}-{1}', parameters('l')[parameters('n')].name, parameters('n')))]\"",
    ),
    (
        "m.outputs.id",
        "\"[reference(resourceId('Microsoft.Resources/deployments', 'dep'), '2025-04-01').outputs.id.value]\"",
    ),
    (
        "all[0].outputs.id",
        "\"[reference(resourceId('Microsoft.Resources/deployments', format('dep-{0}', parameters('l')[0])), '2025-04-01').outputs.id.value]\"",
    ),
    ("m.name", "\"dep\""),
    // From here on as the real compiler's own samples have it.
    ("subscription('s')", "{}"),
    ("[az.resourceGroup('s', 'g')]", "[{}]"),
    ("true ? subscription('s') : {}", "\"[if(true(), createObject(), createObject())]\""),
    ("$$'''a${s}$${s}'''", "\"[format('a${{s}}{0}', parameters('s'))]\""),
    ("$''''''", "\"\""),
    (
        "{\n  a: [for x in l: 3]\n  b: [for x in l: false]\n  c: [for x in l: 'hi']\n  d: [for x in l: [\n    x\n  ]]\n}",
        "{\"copy\": [
            {\"name\": \"a\", \"count\": \"[length(parameters('l'))]\", \"input\": \"[int(3)]\"},
            {\"name\": \"b\", \"count\": \"[length(parameters('l'))]\", \"input\": \"[false()]\"},
            {\"name\": \"c\", \"count\": \"[length(parameters('l'))]\", \"input\": \"hi\"},
            {\"name\": \"d\", \"count\": \"[length(parameters('l'))]\", \"input\": \"[createArray(parameters('l')[copyIndex('d')])]\"}
        ]}",
    ),
    (
        "{\n  copy: [\n    1\n  ]\n}",
        "{\"[string('copy')]\": [1]}",
    ),
    (
        "whole",
        "{\"a\": \"[reference(resourceId('T.P/rs', format('x{0}', parameters('s'))), '2020-01-01').a]\"}",
    ),
];

#[test]
fn expressions_are_written_as_the_real_compiler_writes_them() {
    for (written, expected) in EXPRESSIONS {
        let template = template(&format!("{DECLARED}\noutput found object = {written}\n"));
        let found = &template["outputs"]["found"]["value"];
        let expected: Value = serde_json::from_str(expected).unwrap();
        assert_eq!(found, &expected, "{written}");
    }
}

/// Whole templates: each is compiled and its sections are held by a snapshot.
const TEMPLATES: &[(&str, &str)] = &[
    (
        "parameters",
        "@description('d')\n@minLength(1)\n@maxLength(9)\nparam a string\n@secure()\nparam b object = {}\n@allowed([\n  1\n  2\n])\n@metadata({\n  more: true\n})\nparam c int = 1\n",
    ),
    (
        "types",
        "type t = {\n  @description('d')\n  a: string\n  b: ('y' | 'x')?\n  *: int\n}\n@discriminator('kind')\ntype u = { kind: 'one', a: string } | t1\ntype t1 = { kind: 'two' }\nparam p t?\nparam q t[]\nparam r ('b' | 'a')[]\nparam s [string, bool]\nparam k t.a\n",
    ),
    (
        "loops",
        "param names array\nvar many = [for (x, i) in names: {\n  a: x\n  inner: i\n}]\nresource r 'T.P/rs@1' = [for x in names: if (x != 'a') {\n  name: x\n  properties: {\n    list: [for (y, i) in names: {\n      both: '${x}${y}${i}'\n    }]\n  }\n}]\n@batchSize(2)\nresource after 'T.P/rs@1' = [for (x, i) in names: {\n  name: 'b${i}'\n  properties: {\n    one: r[i].id\n  }\n}]\nresource last 'T.P/rs@1' = {\n  name: 'z'\n  properties: {\n    ids: [for i in range(0, 2): after[i].id]\n  }\n}\noutput ids array = [for (x, i) in names: r[i].properties.id]\n",
    ),
    (
        "scopes",
        "targetScope = 'subscription'\nresource g 'Microsoft.Resources/resourceGroups@2021-04-01' = {\n  name: 'g'\n  location: 'x'\n}\nmodule m 'group.bicep' = {\n  name: 'm'\n  scope: g\n  params: {\n    p: true ? 'a' : 'b'\n  }\n}\nmodule n 'sub.bicep' = {\n  name: 'n'\n}\nresource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n  name: guid(g.id)\n  properties: {\n    of: m.outputs.id\n  }\n}\n",
    ),
    (
        "nested",
        "param on bool\nresource v 'T.P/vs@1' existing = {\n  name: 'v'\n  resource c 'cs' existing = {\n    name: 'c'\n  }\n}\nresource a 'T.P/as@1' = if (on) {\n  name: 'a'\n  resource b 'bs@2' = if (!on) {\n    name: 'b'\n    properties: {\n      id: v::c.properties.id\n    }\n  }\n}\nresource lock 'Microsoft.Authorization/locks@2020-05-01' = {\n  name: 'lock'\n  scope: a\n}\nmodule m 'm.bicep' = {\n  name: 'm'\n  params: {\n    p: v.getSecret('s')\n  }\n}\n",
    ),
    (
        "symbolic",
        "param x string?\nresource v 'T.P/vs@1' existing = {\n  name: 'v'\n}\nresource a 'T.P/as@1' = [for i in range(0, 2): {\n  name: 'a${i}'\n  properties: {\n    known: v.id\n    asked: v.properties.p\n  }\n}]\nresource b 'T.P/as/bs@2' = {\n  parent: a[1]\n  name: 'b'\n}\nmodule m 'm.bicep' = {\n  params: {\n    p: a[0].properties.q\n  }\n}\n@secure()\noutput s string = m.outputs.s\noutput o string = m.?outputs.?o ?? ''\noutput w array = map(a, one => one.id)\n",
    ),
    (
        "imports",
        "import { thing as item, full, twice } from 'shared.bicep'\nimport * as all from 'shared.bicep'\nparam p item\nparam q all.place\nparam r item.at\noutput a string = full\noutput b string = twice(full)\noutput c string = all.base\n",
    ),
    (
        "content",
        "var t = loadTextContent('text.txt')\nfunc f(a string, b int) string => '${a}${b}'\noutput o string = f(t, 1)\n",
    ),
];

#[test]
fn templates_are_written_as_the_real_compiler_writes_them() {
    for (name, text) in TEMPLATES {
        let mut template = template(text);
        // The generator's version changes with ours.
        template["metadata"]
            .as_object_mut()
            .unwrap()
            .shift_remove("_generator");
        insta::assert_snapshot!(format!("template_{name}"), format!("{template:#}"));
    }
}

#[test]
fn problems_come_all_at_once_with_their_places() {
    let text = "param a strng\nvar b = undeclaredd(a)\nvar c = cc\noutput d string = m.outputs.x\nmodule m 'm.bicep' = {\n  name: 'm'\n  params: {\n    q: 1\n  }\n}\nparam e resourceInput<'T.P/rs@1'>\nmodule n 'br:x' = {\n  name: 'n'\n}\nvar e = 1\nvar f = [for x in f: x]\n@alowed([])\nparam g int\nresource r 'nothing' = {\n  name: 'r'\n}\n";
    let mut shown = String::new();
    for text in [
        text,
        "param a strng\nvar b = undeclared(a)\nvar c = cc\nvar f = [for x in f: x]\nmodule m 'm.bicep' = {\n  name: 'm'\n  params: {\n    q: 1\n  }\n}\noutput d string = m.outputs.x\nmodule n 'br:x' = {\n  name: 'n'\n}\nparam e resourceInput<'T.P/rs@1'>\n@alowed([])\nparam g int\n",
        "var a = 'x\nvar b = }\nparm c string\nextension k8s\nvar d = [for x in []: x\n",
        "resource a 'T.P/as@1' = {\n  name: a.id\n}\nresource b 'T.P/as/bs@1' = {\n  parent: b\n  name: 'b'\n}\n",
        "resource a 'T.P/as@1' = {\n  name: union([for x in []: x], [])\n}\nmodule m 'missing.bicep' = {}\n",
    ] {
        let problems = read(text).unwrap_err();
        for problem in &problems {
            let code = if problem.code.is_empty() {
                ""
            } else {
                " [unsupported]"
            };
            let _infallible = writeln!(shown, "{}{code}", problem.one_line());
        }
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn the_stock_template_compiles() {
    let compiled = compile(STOCK_TEMPLATE, &Stock)
        .unwrap_or_else(|problems| panic!("{}", render(&problems, false)));
    assert_eq!(compiled.files.len(), 10, "every shipped file is used");
    let resources = compiled.template["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 8, "a nested deployment for each module");
    let text = compiled.template.to_string();
    assert!(
        !text.contains("listKeys") && !text.contains("listSecrets"),
        "no keys in outputs"
    );
}

fn texts() -> Vec<String> {
    let templates = TEMPLATES.iter().map(|(_, text)| (*text).to_owned());
    let expressions = EXPRESSIONS
        .iter()
        .map(|(text, _)| format!("{DECLARED}\noutput x object = {text}\n"));
    templates.chain(expressions).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(which in 0..60_usize, at in any::<prop::sample::Index>(), cut in 0..30_usize, with in "[a-z\\[\\](){}'$@:.?=\n ]{0,6}") {
        let texts = texts();
        let mut text: Vec<char> = texts[which % texts.len()].chars().collect();
        let start = at.index(text.len());
        let end = (start + cut).min(text.len());
        text.splice(start..end, with.chars());
        let text: String = text.into_iter().collect();
        if let Err(problems) = read(&text) {
            prop_assert!(!problems.is_empty());
            render(&problems, false);
        }
    }

    #[test]
    fn no_beginning_panics(which in 0..60_usize, at in any::<prop::sample::Index>()) {
        let texts = texts();
        let text = &texts[which % texts.len()];
        let end = (0..=at.index(text.len())).rev().find(|end| text.is_char_boundary(*end));
        let _either = read(&text[..end.unwrap_or_default()]);
    }
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for (open, close) in [
        ("[", "]"),
        ("(", ")"),
        ("{a:", "}"),
        ("!", ""),
        ("'${", "}'"),
        ("f(", ")"),
        ("x.", "y"),
    ] {
        let text = format!("var v = {}1{}\n", open.repeat(5000), close.repeat(5000));
        assert!(read(&text).is_err(), "{open}");
    }
    let chain = format!("var v = 1{}\n", " + 1".repeat(20_000));
    let _either = read(&chain);
}
