//! The "may name" table of the architecture: Cargo does not guard direction inside one package.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Module, and the modules that it may name. The table changes with the design; the arrows stay
/// one-way.
const MAY_NAME: [(&str, &str); 24] = [
    ("base", ""),
    ("tokens", "base"),
    ("limiter", "base"),
    ("policy", "base limiter"),
    ("engine", "base tokens limiter policy"),
    ("model", "base tokens"),
    ("yaml", "base"),
    ("scenario", "base tokens yaml"),
    ("prices", "base yaml"),
    ("results", "base"),
    ("report", "base results"),
    (
        "simulate",
        "base tokens policy engine model scenario results",
    ),
    ("policytest", "base tokens policy engine model yaml"),
    ("arm", "base"),
    ("kubernetes", "base scenario"),
    ("metrics", ""),
    ("settings", "base"),
    ("bicep", "base"),
    ("clock", "base"),
    ("files", "base results bicep"),
    ("http", "base"),
    (
        "gateway",
        "base tokens policy engine model metrics clock http",
    ),
    ("loadtest", "base tokens scenario results clock http"),
    (
        "cli",
        "base tokens limiter policy engine model scenario results report simulate settings policytest prices bicep clock files http gateway loadtest kubernetes metrics",
    ),
];

/// Modules that touch clock, network, disk, terminal or environment; all others are pure.
const EDGES: [&str; 6] = ["clock", "files", "http", "gateway", "loadtest", "cli"];

/// What only edges may name.
const OUTSIDE: [&str; 8] = [
    "tokio",
    "hyper",
    "reqwest",
    "std::net",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
];

#[test]
fn modules_name_only_what_they_may() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = MAY_NAME
        .iter()
        .map(|(module, names)| (*module, names.split_whitespace().collect()))
        .collect();
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let Some((module, _)) = path.split_once('/') else {
            continue;
        };
        // Tests may look wherever they need to.
        if path.contains("tests") || path.contains("fixtures") {
            continue;
        }
        let Some(names) = allowed.get(module) else {
            wrong.push(format!("{path}: module `{module}` is not in the table"));
            continue;
        };
        let code = without_tests(&text);
        for named in named_modules(&code) {
            if named != module
                && allowed.contains_key(named.as_str())
                && !names.contains(named.as_str())
            {
                wrong.push(format!("{path}: `{module}` names `{named}`"));
            }
        }
        for outside in OUTSIDE.iter().filter(|_| !EDGES.contains(&module)) {
            if code.contains(&format!("{outside}::")) {
                wrong.push(format!("{path}: pure module `{module}` names `{outside}`"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_module_of_the_table_exists_and_says_what_it_is_for() {
    for (module, _) in MAY_NAME {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("src")
            .join(module)
            .join("mod.rs");
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{module}: {error}"));
        assert!(
            text.starts_with("//! "),
            "{module} opens with what it is for"
        );
    }
}

/// Names after `crate::`, in braces as well.
fn named_modules(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (index, _) in code.match_indices("crate::") {
        let rest = &code[index + "crate::".len()..];
        let list = rest
            .strip_prefix('{')
            .map_or(rest, |inner| inner.split('}').next().unwrap_or(inner));
        let parts = if rest.starts_with('{') {
            list.split(',').collect()
        } else {
            vec![list]
        };
        for part in parts {
            names.insert(
                part.trim()
                    .chars()
                    .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                    .collect(),
            );
        }
    }
    names
}

/// The text before its inline tests.
fn without_tests(text: &str) -> String {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
        .to_owned()
}

/// Every Rust file below `src`, by its path from there.
fn sources() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                found.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(found.len() > 50, "the sources were found");
    found
}
