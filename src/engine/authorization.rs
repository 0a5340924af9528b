//! Who calls the backend: credentials that a policy adds to a request, and tokens of the credential
//! manager, which whoever runs the engine provides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::credentials::Credentials;
use super::error::Raised;
use super::execute::truth;
use super::forward::parse_base;
use crate::policy::context::{Context, Trace};
use crate::policy::expression::Value;
use crate::policy::{AuthorizationContext, BasicAuthentication, Proxy, Template};

/// `Authorization` of a user and a password.
pub(super) fn basic(context: &mut Context, policy: &BasicAuthentication) -> Result<String, Raised> {
    let (user, password) = (
        policy.username.text(context)?,
        policy.password.text(context)?,
    );
    let credential = STANDARD.encode(format!("{user}:{password}"));
    Ok(format!("Basic {credential}"))
}

/// Backends of the local gateway ask for no certificate, so a known one is noted in the trace and
/// shown to nobody.
pub(super) fn certificate(
    context: &mut Context,
    name: &Template,
    credentials: &Credentials,
) -> Result<(), Raised> {
    let name = name.text(context)?;
    if !credentials
        .certificates
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&name))
    {
        let message = format!("the local gateway has no certificate `{name}`");
        return Err(Raised::internal("CertificateNotFound", message));
    }
    note(
        context,
        "authentication-certificate",
        format!("certificate `{name}` is known and shown to nobody here"),
    );
    Ok(())
}

/// The local gateway reaches its backends directly, and the trace says so.
pub(super) fn proxy(context: &mut Context, policy: &Proxy) -> Result<(), Raised> {
    let url = policy.url.text(context)?;
    // Read, so that their mistakes show.
    for template in policy.username.iter().chain(&policy.password) {
        template.text(context)?;
    }
    if parse_base(&url).is_none() {
        return Err(Raised::evaluation(format!(
            "`{url}` is not the URL of a proxy"
        )));
    }
    note(
        context,
        "proxy",
        "the local gateway reaches its backends without the proxy".to_owned(),
    );
    Ok(())
}

fn note(context: &mut Context, source: &str, message: String) {
    context.traces.push(Trace {
        source: source.to_owned(),
        severity: "information".to_owned(),
        message,
        elapsed: context.elapsed,
        ..Trace::default()
    });
}

/// Puts the token of an authorization into a variable.
pub(super) fn context(
    context: &mut Context,
    policy: &AuthorizationContext,
    credentials: &Credentials,
) -> Result<(), Raised> {
    let provider = policy.provider.text(context)?;
    let id = policy.authorization.text(context)?;
    let variable = policy.variable.text(context)?;
    let ignore = truth(&policy.ignore_error, context)?;
    let found = credentials.authorizations.iter().find(|known| {
        known.provider.eq_ignore_ascii_case(&provider) && known.id.eq_ignore_ascii_case(&id)
    });
    let value = match found {
        Some(known) => Value::authorization(known.access_token.reveal(), &known.claims),
        None if ignore => Value::Null,
        None => {
            let message = format!("there is no authorization `{id}` of provider `{provider}`");
            return Err(Raised::internal("AuthorizationNotFound", message));
        }
    };
    context.variables.insert(variable, value);
    Ok(())
}
