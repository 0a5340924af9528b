//! S07: `cors` answers preflight requests only where nothing comes before it.

use super::super::document::Document;
use super::super::finding::Report;

pub(super) fn check(document: &Document<'_>, report: &mut Report<'_>) {
    let inbound: Vec<_> = document
        .in_section("inbound")
        .filter(|(_, site)| site.policy)
        .collect();
    let mut seen = false;
    for (nth, (index, site)) in inbound.iter().enumerate() {
        if site.name() != "cors" {
            continue;
        }
        if !site.included {
            let earlier = inbound[..nth].iter().find(|(_, earlier)| {
                !matches!(earlier.name(), "base" | "include-fragment") && earlier.name() != "cors"
            });
            if let (Some((_, first)), false) = (earlier, seen) {
                report
                    .add(
                        "S07",
                        site.name_span(),
                        format!("`cors` stands after `{}`", first.element.name),
                    )
                    .hints
                    .push("put it first in `inbound`".to_owned());
            }
            if seen {
                report.add("S07", site.name_span(), "`cors` stands twice in `inbound`");
            }
            wildcard(document, *index, report);
        }
        seen = true;
    }
}

fn wildcard(document: &Document<'_>, cors: usize, report: &mut Report<'_>) {
    let site = &document.sites[cors];
    if site.literal("allow-credentials") != Some("true") {
        return;
    }
    for (index, list) in document.children_of(cors) {
        if list.element.name != "allowed-origins" {
            continue;
        }
        let any = document.children_of(index).find(|(_, origin)| {
            origin
                .values
                .iter()
                .any(|value| value.literal() == Some("*"))
        });
        if let Some((_, origin)) = any {
            report
                .add(
                    "S07",
                    origin.name_span(),
                    "origin `*` together with `allow-credentials`",
                )
                .hints
                .push("browsers refuse that; name the origins".to_owned());
        }
    }
}
