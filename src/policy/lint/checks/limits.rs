//! T09 and T10: limits beside each other, and what runs before them.

use super::super::document::{Document, Site};
use super::super::finding::Report;

const KEYED: [&str; 3] = ["llm-token-limit", "rate-limit-by-key", "quota-by-key"];

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    let limits: Vec<(usize, &Site<'_>)> = document
        .sites
        .iter()
        .enumerate()
        .filter(|(_, site)| site.policy && KEYED.contains(&site.name()))
        .collect();
    for (nth, (index, site)) in limits.iter().enumerate() {
        if site.included {
            continue;
        }
        if site.name() == "llm-token-limit" {
            same_key(&limits[..nth], site, report);
        }
        replaced_token(document, *index, site, report);
    }
}

/// Limits of one counter key in documents of one folder, or of a folder above.
pub(super) fn across<'d, 'a: 'd>(
    earlier: impl Iterator<Item = &'d Document<'a>>,
    document: &Document<'_>,
    report: &mut Report<'_>,
) {
    let beside: Vec<&Document<'_>> = earlier
        .filter(|other| related(&other.source.name, &document.source.name))
        .collect();
    let limits = |site: &Site<'_>| site.policy && site.name() == "llm-token-limit";
    for (_, site) in document.own().filter(|(_, site)| limits(site)) {
        let (Some(key), Some(rate)) = (text(site, "counter-key"), text(site, "tokens-per-minute"))
        else {
            continue;
        };
        let other = beside.iter().find_map(|other| {
            let mut sites = other.sites.iter().filter(|site| limits(site));
            sites.find_map(|site| {
                let differs = text(site, "tokens-per-minute").filter(|other| *other != rate)?;
                (text(site, "counter-key") == Some(key)).then_some((&other.source.name, differs))
            })
        });
        if let Some((file, theirs)) = other {
            let span = site
                .value("counter-key")
                .map_or(site.name_span(), |value| value.written.span);
            let message = format!(
                "this counter key is limited to `{theirs}` tokens per minute in `{file}`, to `{rate}` here"
            );
            report
                .add("T09", span, message)
                .hints
                .push("give each limit a key of its own, such as `@(\"a-\" + …)`".to_owned());
        }
    }
}

/// True for files of one folder, and when one's folder is inside the other's.
fn related(one: &str, other: &str) -> bool {
    let folder = |name: &str| {
        let end = name.rfind(['/', '\\']).map_or(0, |slash| slash + 1);
        name[..end].to_owned()
    };
    let (one, other) = (folder(one), folder(other));
    one.starts_with(&other) || other.starts_with(&one)
}

fn text<'s>(site: &'s Site<'_>, name: &str) -> Option<&'s str> {
    site.value(name).map(|value| value.text.value.as_str())
}

fn same_key(earlier: &[(usize, &Site<'_>)], site: &Site<'_>, report: &mut Report<'_>) {
    let key = |site| text(site, "counter-key");
    let Some(own) = key(site) else { return };
    for (_, other) in earlier {
        if other.name() != "llm-token-limit" || key(other) != Some(own) || site.excludes(other) {
            continue;
        }
        let rates = (
            text(other, "tokens-per-minute"),
            text(site, "tokens-per-minute"),
        );
        let periods = (
            text(other, "token-quota-period"),
            text(site, "token-quota-period"),
        );
        let message = match (rates, periods) {
            ((Some(one), Some(two)), _) if one != two => {
                format!(
                    "this counter key is limited to `{one}` tokens per minute before, to `{two}` here"
                )
            }
            ((Some(_), Some(_)), _) => {
                "this counter key is charged twice in one request".to_owned()
            }
            (_, (Some(one), Some(two))) if one == two => {
                "this counter key has a quota of this period already".to_owned()
            }
            _ => continue,
        };
        let span = site
            .value("counter-key")
            .map_or(site.name_span(), |value| value.written.span);
        report
            .add("T09", span, message)
            .hints
            .push("give each limit a key of its own, such as `@(\"a-\" + …)`".to_owned());
        return;
    }
}

/// Without an output variable the identity's token takes the place of the caller's header.
fn replaced_token(document: &Document<'_>, index: usize, site: &Site<'_>, report: &mut Report<'_>) {
    let Some(value) = site
        .value("counter-key")
        .filter(|value| value.is_expression())
    else {
        return;
    };
    let key = value.text.value.to_ascii_lowercase();
    if !key.contains("\"authorization\"") && !key.contains("asjwt") {
        return;
    }
    let replaced = document.sites[..index].iter().any(|earlier| {
        earlier.policy
            && earlier.section == site.section
            && earlier.name() == "authentication-managed-identity"
            && earlier.value("output-token-variable-name").is_none()
            && !site.excludes(earlier)
    });
    if replaced {
        report
            .add(
                "T10",
                value.written.span,
                "the counter key reads the caller's token after `authentication-managed-identity` replaced it",
            )
            .hints
            .push("put the limit first, or all callers share one counter".to_owned());
    }
}
