use std::path::PathBuf;

use clap::Parser as _;

use super::run::apply;
use super::wanted::Wanted;
use super::{ApplyPolicyArguments, history};
use crate::azure::tests::emulated::Local;
use crate::azure::tests::stub;
use crate::azure::{Apim, ArmClient, Faults, PolicyPlace};
use crate::base::Source;
use crate::cli::args::{Arguments, Colour, Command};
use crate::cli::azure::Connection;
use crate::cli::failure::Verdict;
use crate::cli::terminal::Terminal;
use crate::files;
use crate::policy::canonical;
use crate::settings::{AzureFlags, AzureGiven, resolve_azure};

/// A folder that is gone when the test ends.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str) -> Kept {
        Kept(std::env::temp_dir().join(format!("apimon-{name}-{}", std::process::id())))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

fn arguments(flags: &[&str]) -> ApplyPolicyArguments {
    let typed = ["apimon", "apply-policy"].iter().chain(flags);
    match Arguments::try_parse_from(typed).unwrap().command {
        Command::ApplyPolicy(arguments) => arguments,
        other => panic!("{other:?}"),
    }
}

fn connection(local: &Local, client: ArmClient, kept: &Kept) -> Connection {
    let flags = AzureFlags::default();
    let settings = resolve_azure(&AzureGiven {
        target: None,
        named: None,
        flags: &flags,
        variable: &|_| None,
        state: &|_, _| None,
    });
    Connection::of(client, local.group.clone(), settings, kept.0.clone())
}

struct Try<'a> {
    local: &'a Local,
    kept: &'a Kept,
}

impl Try<'_> {
    /// What the command answers; `Err` is its whole message.
    async fn run(
        &self,
        flags: &[&str],
        text: Option<&str>,
        faults: Option<u64>,
    ) -> Result<Verdict, String> {
        let mut transport = stub::transport(None);
        if let Some(seed) = faults {
            transport = transport.with_faults(Faults::new(seed, 0.2));
        }
        let connection = connection(self.local, self.local.client(transport).await, self.kept);
        let arguments = arguments(flags);
        let wanted = Wanted::read(&arguments).map_err(|failure| format!("{failure:?}"))?;
        let source = text.map(|text| Source::new("p.xml", text));
        let terminal = Terminal::new(true, Colour::Never);
        let outcome = apply(&terminal, &arguments, &connection, &wanted, source).await;
        outcome.map_err(|failure| format!("{failure:?}"))
    }
}

fn policy(tpm: u32) -> String {
    format!(
        "<policies><inbound><base /><llm-token-limit counter-key=\"@(context.Subscription.Id)\" \
         tokens-per-minute=\"{tpm}\" estimate-prompt-tokens=\"true\" /><authentication-managed-identity resource=\"https://cognitiveservices.azure.com\" />\
         <set-header name=\"api-key\" exists-action=\"delete\" /><set-backend-service backend-id=\"azure-openai\" />\
         </inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"
    )
}

#[tokio::test]
async fn a_policy_is_applied_checked_contested_and_rolled_back() {
    let local = Local::start();
    let client = local.client(stub::transport(None)).await;
    local.deploy(&client).await;
    let kept = Kept::new("apply");
    let tried = Try {
        local: &local,
        kept: &kept,
    };
    let service = Apim::services(&client, &local.group)
        .await
        .unwrap()
        .remove(0);
    let apim = Apim::new(&client, &local.group, &service.name).unwrap();
    let place = PolicyPlace::Api(apim.apis().await.unwrap().remove(0).0);
    let live = async || apim.policy(&place).await.unwrap().unwrap();
    let before = live().await;
    let (one, two) = (policy(1_000), policy(2_000));
    let file = ["p.xml"];

    // Looking changes nothing.
    assert_eq!(
        tried.run(&["p.xml", "--check"], Some(&one), None).await,
        Ok(Verdict::No)
    );
    assert_eq!(
        tried.run(&["p.xml", "--dry-run"], Some(&one), None).await,
        Ok(Verdict::Done)
    );
    assert_eq!(live().await, before);
    // Applied, and then there is nothing to do.
    assert_eq!(
        tried.run(&["p.xml", "--probe"], Some(&one), None).await,
        Ok(Verdict::Done)
    );
    let after = live().await;
    assert_eq!(canonical(&after.text), canonical(&one));
    assert_eq!(
        tried.run(&["p.xml", "--check"], Some(&one), None).await,
        Ok(Verdict::Done)
    );
    assert_eq!(tried.run(&file, Some(&one), None).await, Ok(Verdict::Done));
    assert_eq!(live().await.etag, after.etag, "nothing was written");
    // Somebody else was faster.
    let contested = tried
        .run(&["p.xml", "--if-match", &before.etag], Some(&two), None)
        .await
        .unwrap_err();
    assert!(
        contested.contains("nothing was overwritten") && contested.contains("Remote"),
        "{contested}"
    );
    assert_eq!(live().await, after);
    // And back.
    assert_eq!(
        tried.run(&["--rollback"], None, None).await,
        Ok(Verdict::Done)
    );
    assert_eq!(canonical(&live().await.text), canonical(&before.text));
    assert_eq!(
        tried.run(&["--rollback"], None, None).await,
        Ok(Verdict::Done)
    );
    assert_eq!(canonical(&live().await.text), canonical(&one));
    // A named value by itself is a change too; a missing one is an error before anything is sent.
    assert_eq!(
        tried
            .run(&["p.xml", "--check", "--set", "tpm=900"], Some(&one), None)
            .await,
        Ok(Verdict::No)
    );
    assert_eq!(
        tried
            .run(&["p.xml", "--set", "tpm=900"], Some(&one), None)
            .await,
        Ok(Verdict::Done)
    );
    let values = apim.named_values().await.unwrap();
    assert!(values.iter().any(|value| {
        value.display_name == "tpm"
            && value
                .value
                .as_ref()
                .is_some_and(|value| value.reveal() == "900")
    }));
    let missing = one.replace("1000", "{{missing}}");
    assert_eq!(
        tried.run(&file, Some(&missing), None).await,
        Ok(Verdict::No)
    );
    let folder = history::folder(&kept.0, "local", &service.name, &place);
    assert_eq!(files::xml_files(&folder).unwrap().len(), 3);
}

#[tokio::test]
async fn faults_end_in_the_wanted_policy_or_in_an_error_that_a_rerun_mends() {
    let local = Local::start();
    let client = local.client(stub::transport(None)).await;
    local.deploy(&client).await;
    let kept = Kept::new("faults");
    let tried = Try {
        local: &local,
        kept: &kept,
    };
    let service = Apim::services(&client, &local.group)
        .await
        .unwrap()
        .remove(0);
    let apim = Apim::new(&client, &local.group, &service.name).unwrap();
    let place = PolicyPlace::Api(apim.apis().await.unwrap().remove(0).0);
    let mut failed = 0;
    for seed in 0..12 {
        let tpm = 1_000 + u32::try_from(seed).unwrap();
        let text = policy(tpm);
        let set = format!("tpm={tpm}");
        let flags = ["p.xml", "--set", &set];
        let faulty = tried.run(&flags, Some(&text), Some(seed)).await;
        if let Err(message) = &faulty {
            failed += 1;
            assert!(
                message.contains("refused") || message.contains("had no answer"),
                "seed {seed}: {message}"
            );
            assert!(
                !message.contains("planted-secret"),
                "seed {seed}: {message}"
            );
            assert_eq!(
                tried.run(&flags, Some(&text), None).await,
                Ok(Verdict::Done),
                "seed {seed}"
            );
        }
        let live = apim.policy(&place).await.unwrap().unwrap();
        assert_eq!(
            canonical(&live.text),
            canonical(&text),
            "seed {seed}: {faulty:?}"
        );
        let check = [&flags[..], &["--check"]].concat();
        assert_eq!(
            tried.run(&check, Some(&text), None).await,
            Ok(Verdict::Done),
            "seed {seed}"
        );
    }
    assert!(
        failed <= 2,
        "sending again gets through nearly always, {failed} of 12 did not"
    );
}
