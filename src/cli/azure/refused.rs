use serde_json::{Value, json};

use crate::azure::{AzureError, Cloud, ErrorDetail, Refusal, SignInError};
use crate::cli::failure::Failure;
use crate::provision::{advice, troubles};

/// A failure of Azure as the command tells it, with what to do where that is known.
pub(in crate::cli) fn refused(error: AzureError) -> Failure {
    let hints = hints(&error);
    let failure = match &error {
        // What was typed, or a file, is wrong.
        AzureError::SignIn(SignInError::Missing { .. })
        | AzureError::Url { .. }
        | AzureError::Header { .. } => Failure::input(error),
        _ => Failure::remote(error),
    };
    hints.into_iter().fold(failure, Failure::hint)
}

/// What to do about the innermost errors of a refusal, for the well-known among them.
fn advised(refusal: &Refusal) -> Vec<String> {
    let found = troubles(&wire(&refusal.error));
    let mut hints: Vec<String> = found.iter().filter_map(advice).map(str::to_owned).collect();
    hints.dedup();
    hints
}

fn wire(error: &ErrorDetail) -> Value {
    let details: Vec<Value> = error.details.iter().map(wire).collect();
    json!({"code": error.code, "message": error.message, "target": error.target, "details": details})
}

fn hints(error: &AzureError) -> Vec<String> {
    let one = |text: &str| vec![text.to_owned()];
    match error {
        AzureError::SignIn(SignInError::Nothing { .. }) => vec![
            "run `az login`, or set `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`".to_owned(),
            "in GitHub Actions give the job `permissions: id-token: write`, and set `AZURE_TENANT_ID` and `AZURE_CLIENT_ID`"
                .to_owned(),
            "`--target local` needs no Azure".to_owned(),
        ],
        AzureError::SignIn(SignInError::Refused { .. }) => {
            one("`apimon doctor --verbose` says which credential is taken and why; `--auth` takes another")
        }
        AzureError::SignIn(SignInError::Missing { .. }) => {
            one("set them, or leave `--auth` out to take what is there")
        }
        AzureError::Silent { .. } => one("is the network up, and a proxy needed?"),
        AzureError::PlainHttp { .. } => one("use https; plain http is for this machine only"),
        AzureError::Url { .. } => {
            let names: Vec<String> = Cloud::names().map(|name| format!("`{name}`")).collect();
            vec![format!("clouds are {} or a URL", names.join(", "))]
        }
        AzureError::Refused(refusal) if !advised(refusal).is_empty() => advised(refusal),
        AzureError::Refused(refusal) => match refusal.status {
            401 => one("the credential is not accepted: is it of the right tenant, and the clock right?"),
            403 => one("the credential may not do this: ask for the role, and mind that new roles take minutes"),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
