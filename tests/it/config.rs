//! `apimon config`, and targets by name.

use crate::builder::{Folder, apimon, repository, transcript};

const FILE: &str = "target = \"staging\"\n\n[targets.staging]\ngateway-url = \
                    \"https://staging.azure-api.net/?subscription-key=planted-query\"\nkey-env = \"STAGING_KEY\"\n";

#[test]
fn config_says_where_each_value_came_from_and_no_key() {
    let folder = Folder::new("config");
    let mut shown = String::new();
    let mut show = |title: &str, arguments: &[&str]| {
        let mut command = apimon(&folder, arguments);
        let output = command.env("STAGING_KEY", "planted-key").output().unwrap();
        let said = transcript(&output, &folder);
        shown.extend(["=== ", title, "\n", &said, "\n"]);
    };
    show("nothing configured", &["config"]);
    folder.write("apimon.toml", FILE);
    show("the file's default", &["config"]);
    show("as data", &["config", "--format", "json"]);
    show(
        "a url",
        &["config", "--target", "https://other.azure-api.net"],
    );
    show(
        "a name that is not there",
        &["config", "--target", "stagin"],
    );
    show(
        "a password",
        &["config", "--target", "https://me:planted-password@x"],
    );
    folder.write(
        "apimon.toml",
        "[target.a]\ngateway = 1\n[targets.b]\nkey-env = 'B'\n",
    );
    show("a broken file", &["config"]);
    assert!(!shown.contains("planted"), "{shown}");
    insta::assert_snapshot!(shown);
}

#[test]
fn the_environment_beats_the_file_and_a_flag_beats_both() {
    let folder = Folder::new("precedence");
    folder.write("apimon.toml", FILE);
    for (arguments, expected) in [
        (
            vec!["config"],
            "https://env.example  environment variable APIM_GATEWAY_URL",
        ),
        (
            vec!["config", "--target", "local"],
            "target  local  --target",
        ),
    ] {
        let mut command = apimon(&folder, &arguments);
        let output = command
            .env("APIM_GATEWAY_URL", "https://env.example")
            .output();
        let shown = transcript(&output.unwrap(), &folder);
        assert!(shown.contains(expected), "{shown}");
    }
}

#[test]
fn loadtest_goes_to_the_target_of_the_file_with_its_key() {
    let folder = Folder::new("named-target");
    folder.write("apimon.toml", FILE);
    let burst = repository("scenarios/burst.yaml");
    let output = apimon(&folder, &["loadtest", &burst]).output().unwrap();
    let shown = transcript(&output, &folder);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    assert!(
        shown.contains("environment variable `STAGING_KEY` is not set"),
        "{shown}"
    );
}
