//! `apimon lint`: each form of output, each exit code.

use std::process::Output;

use serde_json::Value;

use crate::builder::{Folder, apimon, repository, transcript};

const WRONG: &str = "<policies>
    <inbound>
        <base />
        <llm-token-limit counter-key=\"k\" tokens-per-minute=\"@(100)\" estimate-prompt-tokens=\"true\" />
        <set-variable name=\"a\" value=\"50%, or: more {{name}}\" />
    </inbound>
    <backend>
        <base />
    </backend>
    <outbound />
</policies>
";

const CLEAN: &str = "<policies>
    <inbound>
        <base />
        <set-variable name=\"a\" value=\"{{name}}\" />
    </inbound>
    <backend>
        <base />
    </backend>
</policies>
";

fn run(folder: &Folder, arguments: &[&str]) -> Output {
    apimon(folder, &[&["lint"], arguments].concat())
        .output()
        .unwrap()
}

fn shown(folder: &Folder, arguments: &[&str]) -> String {
    transcript(&run(folder, arguments), folder)
}

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    std::fs::create_dir_all(folder.path().join("apis/b")).unwrap();
    folder.write("apis/wrong.xml", WRONG);
    folder.write("apis/b/clean.xml", CLEAN);
    folder.write("apis/notes.txt", "not a policy");
    folder
}

#[test]
fn findings_are_shown_with_place_and_hint() {
    let folder = folder("lint-text");
    insta::assert_snapshot!(shown(&folder, &["apis", "--apim-format"]));
}

#[test]
fn findings_are_workflow_commands() {
    let folder = folder("lint-github");
    insta::assert_snapshot!(shown(&folder, &["apis/wrong.xml", "--format", "github"]));
}

#[test]
fn findings_are_json() {
    let folder = folder("lint-json");
    insta::assert_snapshot!(shown(&folder, &["apis/wrong.xml", "--format", "json"]));
    let clean = run(
        &folder,
        &["apis/b", "--format", "json", "--set", "name=x", "--quiet"],
    );
    assert_eq!(String::from_utf8_lossy(&clean.stdout).trim(), "[]");
}

#[test]
fn findings_are_sarif() {
    let folder = folder("lint-sarif");
    let output = run(&folder, &["apis/wrong.xml", "--format", "sarif"]);
    let log: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    for result in log["runs"][0]["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(rules[index]["help"]["text"].as_str().unwrap().len() > 60);
    }
    let first = serde_json::to_string_pretty(&log["runs"][0]["results"][0]).unwrap();
    insta::assert_snapshot!(first);
}

#[test]
fn exit_codes_tell_clean_from_findings_from_wrong_input() {
    let folder = folder("lint-codes");
    folder.write("values.yaml", "name: x\ncount: 5\n");
    folder.write("values.json", "{\"name\": \"x\"}");
    folder.write("list.yaml", "name: [x]\n");
    folder.write(
        "warned.xml",
        &CLEAN.replace("<base />\n        <set", "<set"),
    );
    folder.write("broken.xml", "<policies>\n<inbound");
    for (arguments, code) in [
        (&["apis/b"][..], 0),
        (&["apis/b", "--named-values", "values.yaml"], 0),
        (&["apis/b", "--named-values", "values.json"], 0),
        (&["apis"], 1),
        (&["broken.xml"], 1),
        (&["warned.xml"], 0),
        (&["warned.xml", "--deny", "warnings"], 1),
        (&["warned.xml", "--deny", "warnings", "--allow", "s02"], 0),
        (&["absent.xml"], 2),
        (&["apis/b", "--tier", "basicv3"], 2),
        (&["apis/b", "--named-values", "list.yaml"], 2),
        (&["apis/b", "--fragments", "absent"], 2),
        (&["apis/b", "--allow", "T99"], 2),
        (&["--explain", "T99"], 2),
        (&[], 2),
    ] {
        let output = run(&folder, arguments);
        let told = transcript(&output, &folder);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{told}");
    }
}

/// What we ship is held to what we ask of others.
#[test]
fn the_shipped_policy_has_no_warning() {
    let folder = Folder::new("lint-shipped");
    let policy = repository("policies/token-limit.xml");
    let output = run(
        &folder,
        &[&policy, "--set", "tpm=500", "--deny", "warnings"],
    );
    let told = transcript(&output, &folder);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("0 errors, 0 warnings"), "{told}");
}

#[test]
fn fragments_and_a_scenario_are_taken_into_account() {
    let folder = folder("lint-around");
    std::fs::create_dir_all(folder.path().join("fragments")).unwrap();
    folder.write(
        "fragments/vars.xml",
        "<fragment><set-variable name=\"a\" value=\"1\" /></fragment>",
    );
    let text = CLEAN.replace(
        "<set-variable name=\"a\" value=\"{{name}}\" />",
        "<include-fragment fragment-id=\"vars\" /><include-fragment fragment-id=\"varz\" />",
    );
    folder.write("p.xml", &text);
    let told = shown(
        &folder,
        &["p.xml", "--fragments", "fragments", "--allow", "L01"],
    );
    assert!(told.contains("fragment `varz` is not among"), "{told}");
    assert!(told.contains("did you mean `vars`?"), "{told}");
    assert!(told.contains("0 errors, 1 warning"), "{told}");
    let scenario = repository("scenarios/burst.yaml");
    let policy = repository("policies/token-limit.xml");
    let told = shown(
        &folder,
        &[&policy, "--scenario", &scenario, "--set", "tpm=1"],
    );
    assert!(told.contains("[T12]"), "{told}");
}

#[test]
fn rules_are_listed_and_explained() {
    let folder = Folder::new("lint-explain");
    insta::assert_snapshot!("list", shown(&folder, &["--explain"]));
    insta::assert_snapshot!("one", shown(&folder, &["--explain", "t06"]));
}
