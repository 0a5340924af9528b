//! `validate-jwt` and `validate-azure-ad-token` on one request (gateway specification, 3.2, 4.4).

use jiff::Timestamp;
use serde_json::Value;

use super::credentials::{Credentials, Issuer};
use super::error::Raised;
use super::exchange::Exchange;
use super::execute::truth;
use super::jwt::{Key, Token};
use crate::policy::context::Context;
use crate::policy::expression::{Value as Computed, read_jwt};
use crate::policy::{KeyMaterial, RequiredClaim, Template, TokenPlace, ValidateToken};

/// `LastError.Reason`, and the sentence that says more.
type Refusal = (&'static str, String);

pub(super) fn run(
    exchange: &mut Exchange,
    policy: &ValidateToken,
    credentials: &Credentials,
    utc: Timestamp,
) -> Result<(), Raised> {
    let context = &mut exchange.context;
    let text = sent(context, policy)?;
    let checked = match text {
        Ok(text) => check(context, policy, credentials, utc, &text)?.map(|()| text),
        Err(refusal) => Err(refusal),
    };
    match checked {
        Ok(text) => {
            if let Some(name) = &policy.output_variable {
                let token = read_jwt(&text).unwrap_or(Computed::Null);
                context.variables.insert(name.to_string(), token);
            }
            Ok(())
        }
        Err((reason, message)) => Err(refused(context, policy, reason, message)?),
    }
}

fn refused(
    context: &mut Context,
    policy: &ValidateToken,
    reason: &'static str,
    message: String,
) -> Result<Raised, Raised> {
    let status = policy.failed_status.text(context)?;
    let status = status.trim().parse().map_err(|_| {
        Raised::evaluation(format!("failed-validation-httpcode cannot be `{status}`"))
    })?;
    let mut raised = Raised::refusal(status, "", reason, message);
    if let Some(message) = &policy.failed_message {
        raised.shown = Some(message.text(context)?);
    }
    Ok(raised)
}

/// The token as the request carries it, without its scheme.
fn sent(context: &mut Context, policy: &ValidateToken) -> Result<Result<String, Refusal>, Raised> {
    let found = match &policy.place {
        TokenPlace::Header(name) => {
            let name = name.text(context)?;
            context.request.headers.first(&name).map(str::to_owned)
        }
        TokenPlace::Query(name) => {
            let name = name.text(context)?;
            context.request.original_url.query_value(&name)
        }
        TokenPlace::Value(value) => Some(value.text(context)?),
    };
    let found = found.map(|text| text.trim().to_owned());
    let Some(found) = found.filter(|text| !text.is_empty()) else {
        return Ok(Err(("TokenNotPresent", "JWT not present.".to_owned())));
    };
    let (scheme, token) = match found.split_once(' ') {
        Some((scheme, token)) => (Some(scheme.to_owned()), token.trim().to_owned()),
        None => (None, found),
    };
    if let Some(required) = &policy.require_scheme {
        let required = required.text(context)?;
        let fits = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(&required));
        if !fits {
            let message = format!("JWT not present: the scheme is not `{required}`.");
            return Ok(Err(("TokenNotPresent", message)));
        }
    }
    Ok(Ok(token))
}

/// `Err` is a fault of the policy, an inner `Err` the token's.
fn check(
    context: &mut Context,
    policy: &ValidateToken,
    credentials: &Credentials,
    utc: Timestamp,
    text: &str,
) -> Result<Result<(), Refusal>, Raised> {
    let Some(token) = Token::read(text) else {
        return Ok(Err(("JwtInvalid", "JWT is not well formed.".to_owned())));
    };
    let trusted = trusted(context, policy, credentials)?;
    let signed = signature(context, policy, &trusted, &token)?;
    if signed.is_err() {
        return Ok(signed);
    }
    let lived = lifetime(context, policy, utc, &token)?;
    if lived.is_err() {
        return Ok(lived);
    }
    let said = |name: &str| values(&token.claims[name], None);
    let mut issuers = texts(context, &policy.issuers)?;
    issuers.extend(trusted.iter().map(|issuer| issuer.name.clone()));
    if !issuers.is_empty() && !said("iss").iter().any(|issuer| issuers.contains(issuer)) {
        return Ok(refuse("TokenIssuerNotAllowed", "issuer", &said("iss")));
    }
    let audiences = texts(context, &policy.audiences)?;
    if !audiences.is_empty() && !said("aud").iter().any(|aud| audiences.contains(aud)) {
        return Ok(refuse("TokenAudienceNotAllowed", "audience", &said("aud")));
    }
    let applications = texts(context, &policy.application_ids)?;
    let application = [said("appid"), said("azp")].concat();
    if !applications.is_empty() && !application.iter().any(|id| applications.contains(id)) {
        let what = "client application";
        return Ok(refuse("TokenClaimValueNotAllowed", what, &application));
    }
    claims(context, &policy.claims, &token)
}

fn refuse(reason: &'static str, what: &str, found: &[String]) -> Result<(), Refusal> {
    let message = format!(
        "The {what} `{}` is not allowed. Access denied.",
        found.join(",")
    );
    Err((reason, message))
}

/// The issuers that the policy's URLs or its tenant stand for.
fn trusted<'a>(
    context: &mut Context,
    policy: &ValidateToken,
    credentials: &'a Credentials,
) -> Result<Vec<&'a Issuer>, Raised> {
    let mut trusted = Vec::new();
    for url in &policy.openid_configs {
        let url = url.text(context)?;
        // The engine opens no connection, so a key set that nobody gave it is missing.
        trusted.push(credentials.issuer(&url).ok_or_else(|| {
            let message = format!("no key set is configured for `{url}`");
            Raised::internal("OpenIdConfigNotAvailable", message)
        })?);
    }
    if let Some(tenant) = &policy.tenant {
        let tenant = tenant.text(context)?;
        let issuers = credentials.tenant(&tenant);
        if issuers.is_empty() {
            let message = format!("no key set is configured for tenant `{tenant}`");
            return Err(Raised::internal("OpenIdConfigNotAvailable", message));
        }
        trusted.extend(issuers);
    }
    Ok(trusted)
}

fn signature(
    context: &mut Context,
    policy: &ValidateToken,
    trusted: &[&Issuer],
    token: &Token<'_>,
) -> Result<Result<(), Refusal>, Raised> {
    let required = truth(&policy.require_signed, context)?;
    if token.algorithm() == "none" {
        let message = "The token is not signed. Access denied.".to_owned();
        return Ok(if required {
            Err(("TokenSignatureInvalid", message))
        } else {
            Ok(())
        });
    }
    let mut keys = Vec::new();
    for key in &policy.keys {
        let id = key.id.as_deref();
        let read = match &key.material {
            KeyMaterial::Secret(text) => Key::secret(id, &text.text(context)?),
            KeyMaterial::Rsa { modulus, exponent } => Key::rsa(id, modulus, exponent),
        };
        keys.push(read.ok_or_else(|| Raised::evaluation("a key of the policy is not base64"))?);
    }
    for issuer in trusted {
        keys.extend(issuer.keys.iter().filter_map(Key::of_jwk));
    }
    // A key without an id may be meant by any token.
    let named = token.header["kid"].as_str();
    keys.retain(|key| match (&key.id, named) {
        (Some(id), Some(named)) => id == named,
        _ => true,
    });
    if keys.is_empty() {
        let message = "No key for the token's signature was found. Access denied.".to_owned();
        return Ok(Err(("TokenSignatureKeyNotFound", message)));
    }
    Ok(if keys.iter().any(|key| token.is_signed_by(key)) {
        Ok(())
    } else {
        let message = "The token's signature is not valid. Access denied.".to_owned();
        Err(("TokenSignatureInvalid", message))
    })
}

fn lifetime(
    context: &mut Context,
    policy: &ValidateToken,
    utc: Timestamp,
    token: &Token<'_>,
) -> Result<Result<(), Refusal>, Raised> {
    let skew = policy.clock_skew.text(context)?;
    let skew: f64 = skew
        .trim()
        .parse()
        .map_err(|_| Raised::evaluation(format!("clock-skew cannot be `{skew}`")))?;
    let now = utc.as_millisecond() as f64 / 1000.0;
    let moment = |name: &str| token.claims[name].as_f64();
    let problem = match (moment("exp"), moment("nbf")) {
        (None, _) if truth(&policy.require_expiration, context)? => "has no expiration time",
        (Some(expires), _) if now >= expires + skew => "has expired",
        (_, Some(begins)) if now < begins - skew => "is not valid yet",
        _ => return Ok(Ok(())),
    };
    let message = format!("The token {problem}. Access denied.");
    Ok(Err(("TokenExpired", message)))
}

fn claims(
    context: &mut Context,
    required: &[RequiredClaim],
    token: &Token<'_>,
) -> Result<Result<(), Refusal>, Raised> {
    for claim in required {
        let name = claim.name.text(context)?;
        let Some(value) = token.claims.get(&name) else {
            let message =
                format!("JWT token is missing the following claims: {name}. Access denied.");
            return Ok(Err(("TokenClaimNotFound", message)));
        };
        let found = values(value, claim.separator.as_deref());
        let wanted = texts(context, &claim.values)?;
        let mut fits = wanted.iter().map(|wanted| found.contains(wanted));
        let allowed = if claim.any {
            fits.any(|fits| fits)
        } else {
            fits.all(|fits| fits)
        };
        if !allowed && !wanted.is_empty() {
            let message = format!(
                "Claim {name} value of {} is not allowed. Access denied.",
                found.join(",")
            );
            return Ok(Err(("TokenClaimValueNotAllowed", message)));
        }
    }
    Ok(Ok(()))
}

/// A claim as a list of texts.
fn values(claim: &Value, separator: Option<&str>) -> Vec<String> {
    match claim {
        Value::Null => Vec::new(),
        Value::Array(items) => items.iter().flat_map(|item| values(item, None)).collect(),
        Value::String(text) => match separator.filter(|separator| !separator.is_empty()) {
            Some(separator) => text.split(separator).map(str::to_owned).collect(),
            None => vec![text.clone()],
        },
        other => vec![other.to_string()],
    }
}

fn texts(context: &mut Context, templates: &[Template]) -> Result<Vec<String>, Raised> {
    let texts = templates.iter().map(|template| template.text(context));
    Ok(texts.collect::<Result<_, _>>()?)
}
