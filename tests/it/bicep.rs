//! `apimon bicep build`: who compiles, what is printed, and how it is refused.

use std::process::Output;

use serde_json::Value;

use crate::builder::{Folder, apimon, repository, transcript};

/// Two constructs that only the real compiler takes.
const BEYOND: &str = "module m 'br/public:avm/res/storage/storage-account:0.9.0' = {
  name: 'm'
}
param p resourceInput<'Microsoft.Storage/storageAccounts@2023-05-01'>
";

fn run(folder: &Folder, arguments: &[&str], tool: &str) -> Output {
    apimon(folder, &[&["bicep", "build"], arguments].concat())
        .env("BICEP_PATH", tool)
        .env("PATH", "")
        .env("HOME", folder.path())
        .env("USERPROFILE", folder.path())
        .output()
        .unwrap()
}

#[test]
fn the_shipped_template_is_the_checkout_s() {
    let folder = Folder::new("bicep-shipped");
    let shipped = run(&folder, &[], "");
    let checkout = run(&folder, &[&repository("bicep/main.bicep")], "");
    assert!(shipped.status.success() && checkout.status.success());
    assert_eq!(shipped.stdout, checkout.stdout);
    let template: Value = serde_json::from_slice(&shipped.stdout).unwrap();
    assert!(template["parameters"]["tpm"].is_object());
    let files = String::from_utf8(run(&folder, &["--list-files"], "").stdout).unwrap();
    assert!(files.starts_with("bicep/main.bicep\n") && files.contains("policies/token-limit.xml"));
}

#[test]
fn what_the_embedded_compiler_refuses_has_place_name_and_remedy() {
    let folder = Folder::new("bicep-refused");
    folder.write("beyond.bicep", BEYOND);
    let refused = run(&folder, &["beyond.bicep"], "");
    insta::assert_snapshot!(transcript(&refused, &folder));
    let missing = run(&folder, &["beyond.bicep"], "no-such-tool");
    assert_eq!(missing.status.code(), Some(2));
    // A mistake is a mistake for every compiler: nobody else is asked.
    folder.write("wrong.bicep", "var a = b\n");
    let wrong = run(&folder, &["wrong.bicep"], "no-such-tool");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("`b` is not declared"));
}

#[cfg(unix)]
#[test]
fn the_real_tool_is_asked_when_it_is_needed_or_wanted() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new("bicep-real");
    let tool = folder.write(
        "tool",
        "#!/bin/sh\necho \"{\\\"arguments\\\": \\\"$*\\\"}\"\n",
    );
    std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).unwrap();
    let tool = tool.display().to_string();
    folder.write("beyond.bicep", BEYOND);
    folder.write("plain.bicep", "var a = 1\n");

    let needed = run(&folder, &["beyond.bicep"], &tool);
    let printed: Value = serde_json::from_slice(&needed.stdout).unwrap();
    assert_eq!(printed["arguments"], "build --stdout beyond.bicep");
    let said = String::from_utf8_lossy(&needed.stderr).into_owned();
    assert!(
        said.contains("a module from a registry") && said.contains("instead"),
        "{said}"
    );

    let wanted = [
        "plain.bicep",
        "--bicep-compiler",
        "bicep",
        "--outfile",
        "out.json",
    ];
    assert!(run(&folder, &wanted, &tool).status.success());
    let written = std::fs::read_to_string(folder.path().join("out.json")).unwrap();
    assert!(written.contains("plain.bicep"));

    let embedded = ["beyond.bicep", "--bicep-compiler", "embedded"];
    assert_eq!(run(&folder, &embedded, &tool).status.code(), Some(2));
}
