use super::*;
use crate::base::{Diagnostic, Source};

const FILE: &str = r#"
target = "staging"

[targets.staging]
gateway-url = "https://staging.azure-api.net"
key-env = "STAGING_KEY"

[targets.production]
gateway-url = "https://production.azure-api.net"
"#;

fn file(text: &str) -> Result<SettingsFile, Vec<Diagnostic>> {
    parse(&Source::new(FILE_NAME, text))
}

/// `target from origin, url from origin, key from origin`
fn shown(flag: Option<&str>, gateway_url: Option<&str>, text: &str) -> String {
    let file = file(text).unwrap();
    let given = Given {
        flag,
        gateway_url,
        file: &file,
    };
    match resolve(&given) {
        Err(SettingsError::UnknownTarget { name, hint }) => format!("no `{name}`: {hint}"),
        Ok(settings) => {
            let said = |setting: &Setting| format!("{} from {}", setting.value, setting.origin);
            let url = settings.gateway_url.as_ref();
            format!(
                "{}, {}, {}",
                said(&settings.target),
                url.map_or_else(|| "none".to_owned(), said),
                said(&settings.key_env)
            )
        }
    }
}

#[test]
fn flags_beat_environment_beats_file_beats_default() {
    let env = "environment variable APIM_GATEWAY_URL";
    let staging =
        "https://staging.azure-api.net from apimon.toml:5, STAGING_KEY from apimon.toml:6";
    let production = "https://production.azure-api.net from apimon.toml:9";
    let default = "APIM_API_KEY from default";
    for (flag, gateway_url, text, expected) in [
        (
            None,
            None,
            "",
            format!("local from default, none, {default}"),
        ),
        (
            None,
            None,
            FILE,
            format!("staging from apimon.toml:2, {staging}"),
        ),
        (
            None,
            Some("https://x"),
            FILE,
            format!("https://x from {env}, https://x from {env}, {default}"),
        ),
        (
            Some("production"),
            Some("https://x"),
            FILE,
            format!("production from --target, {production}, {default}"),
        ),
        (
            Some("local"),
            Some("https://x"),
            FILE,
            format!("local from --target, none, {default}"),
        ),
        (
            Some("https://y"),
            None,
            FILE,
            format!("https://y from --target, https://y from --target, {default}"),
        ),
        (
            None,
            Some(" "),
            "",
            format!("local from default, none, {default}"),
        ),
        (
            Some("stagin"),
            None,
            FILE,
            "no `stagin`: did you mean `staging`?".to_owned(),
        ),
    ] {
        assert_eq!(
            shown(flag, gateway_url, text),
            expected,
            "{flag:?} {gateway_url:?}"
        );
    }
}

#[test]
fn every_mistake_has_its_place_and_a_hint() {
    for (text, expected) in [
        (
            "targt = 'x'",
            "1:1: unknown key `targt` | did you mean `target`?",
        ),
        (
            "target = 5",
            "1:10: `target` is not a text | write it in quotes",
        ),
        (
            "target = ''",
            "1:10: `target` is empty | give a value, or leave the key out",
        ),
        (
            "target = 'prod'",
            "1:10: there is no target `prod` | use one of `local`",
        ),
        (
            "targets = 5",
            "1:11: `targets` is not a table | write `[targets.NAME]` and its keys below",
        ),
        (
            "[targets]\na = 5",
            "2:5: target `a` is not a table | write `[targets.a]` and its keys below",
        ),
        (
            "[targets.local]\ngateway-url = 'https://x'",
            "1:10: `local` is the gateway that `apimon` starts itself | give the target another name",
        ),
        (
            "[targets.a]\n",
            "1:10: target `a` has no `gateway-url` | add `gateway-url = \"https://NAME.azure-api.net\"`, or `subscription-id` and `resource-group` for `deploy`",
        ),
        (
            "[targets.a]\ngateway-url = 'x'",
            "2:15: `gateway-url` is not an http or https URL | write it as `https://NAME.azure-api.net`",
        ),
        (
            "[targets.a]\ngateway-url = 'https://x'\nkeyenv = 'A'",
            "3:1: unknown key `keyenv` | did you mean `key-env`?",
        ),
        (
            "[targets.a]\ngateway-url = 'https://x'\nkey-env = '0a1b'",
            "3:11: `key-env` is not the name of an environment variable | write a name such as \
             `STAGING_KEY`; a key itself never stands in this file",
        ),
    ] {
        let problems = file(text).unwrap_err();
        let [problem] = problems.as_slice() else {
            panic!("{text}: {problems:?}");
        };
        let said = format!("{} | {}", problem.one_line(), problem.hints.join(" "));
        assert_eq!(said, format!("{FILE_NAME}:{expected}"), "{text}");
    }
}

#[test]
fn all_mistakes_are_reported_and_a_written_key_is_not_repeated() {
    let text = "key = 'planted-é1'\n[targets.a]\nkey-env = 'planted-2'\n[targets.b]\nx.y = 'planted-3'\n\
                [targets.c]\nz = { key-env = 'planted-4', w = ['planted-5'] }\n";
    let problems = file(text).unwrap_err();
    assert_eq!(problems.len(), 7, "{problems:?}");
    let shown = crate::base::render(&problems, false);
    assert!(!shown.contains("planted"), "{shown}");
    assert!(shown.contains("unknown key `key`"), "{shown}");
    assert_eq!(file("a = [").unwrap_err().len(), 1);
}

const AZURE_FILE: &str = r#"
[targets.team]
subscription-id = "file-sub"
resource-group = "file-group"
cloud = "china"
"#;

/// `target | cloud | tenant | subscription | group | apim`, each with its origin.
fn azure(
    target: Option<&str>,
    flags: &AzureFlags,
    set: &[(&str, &str)],
    has_state: bool,
) -> String {
    let file = file(AZURE_FILE).unwrap();
    let target = target.map(|name| Setting {
        value: name.to_owned(),
        origin: Origin::Flag("--target"),
    });
    let named = target
        .as_ref()
        .and_then(|target| file.targets.get(&target.value));
    let state = |_: &str, value: StateValue| {
        let text = match value {
            StateValue::Output(name) => format!("state-{name}"),
            other => format!("state-{other:?}"),
        };
        has_state.then(|| (text, "STATE".to_owned()))
    };
    let variable = |name: &str| {
        let found = set.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let settings = resolve_azure(&AzureGiven {
        target: target.clone(),
        named,
        flags,
        variable: &variable,
        state: &state,
    });
    let said = |setting: &Setting| format!("{} ({})", setting.value, setting.origin);
    let rows = settings.rows();
    let rows = rows
        .into_iter()
        .map(|(_, setting)| setting.map_or_else(|| "-".to_owned(), said));
    let all: Vec<String> = std::iter::once(said(&settings.target))
        .chain(rows)
        .collect();
    all.join(" | ")
}

#[test]
fn azure_s_values_come_from_the_first_place_that_has_them() {
    let none = AzureFlags::default();
    let flags = AzureFlags {
        resource_group: Some("flag-group".to_owned()),
        ..AzureFlags::default()
    };
    let env = [
        ("AZURE_SUBSCRIPTION_ID", "env-sub"),
        ("AZURE_RESOURCE_GROUP", "env-group"),
    ];
    let sub = "env-sub (environment variable AZURE_SUBSCRIPTION_ID)";
    let group = "env-group (environment variable AZURE_RESOURCE_GROUP)";
    for (target, flags, set, state, expected) in [
        (None, &none, &[][..], false, "local (default) | - | - | - | apimon (default) | -".to_owned()),
        (
            None,
            &none,
            &env[..],
            false,
            format!("azure (environment variable AZURE_SUBSCRIPTION_ID) | - | - | {sub} | {group} | -"),
        ),
        // A subscription of the environment means nothing to the local Azure.
        (
            Some("local"),
            &none,
            &env[..],
            true,
            "local (--target) | - | - | - | state-ResourceGroup (STATE) | state-apiManagementName (STATE)".to_owned(),
        ),
        (
            Some("team"),
            &none,
            &[][..],
            true,
            "team (--target) | china (apimon.toml:5) | - | file-sub (apimon.toml:3) | file-group (apimon.toml:4) \
             | state-apiManagementName (STATE)"
                .to_owned(),
        ),
        (
            Some("team"),
            &flags,
            &env[..],
            false,
            format!("team (--target) | china (apimon.toml:5) | - | {sub} | flag-group (--resource-group) | -"),
        ),
    ] {
        assert_eq!(azure(target, flags, set, state), expected, "{target:?}");
    }
}
