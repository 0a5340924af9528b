//! The reader of `apimon.toml`: every mistake with its place, all of them at once.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{AZURE, LOCAL};
use crate::base::{Diagnostic, Source, Span, nearest_hint};

const TOP_KEYS: [&str; 2] = ["target", "targets"];
const TARGET_KEYS: [&str; 7] = [
    "gateway-url",
    "key-env",
    "cloud",
    "tenant-id",
    "subscription-id",
    "resource-group",
    "apim-name",
];

/// A checked `apimon.toml`; the default is that of a folder without one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SettingsFile {
    /// Target to take when nobody names one.
    pub(crate) target: Option<Placed>,
    pub(crate) targets: BTreeMap<String, NamedTarget>,
}

/// `[targets.NAME]`
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NamedTarget {
    /// An http or https URL; absent where `deploy` finds out.
    pub(crate) gateway_url: Option<Placed>,
    /// Name of the environment variable that holds the key.
    pub(crate) key_env: Option<Placed>,
    /// `public`, `government`, `china`, or the URL of a management endpoint.
    pub(crate) cloud: Option<Placed>,
    pub(crate) tenant: Option<Placed>,
    pub(crate) subscription: Option<Placed>,
    pub(crate) resource_group: Option<Placed>,
    pub(crate) apim_name: Option<Placed>,
}

/// A value and the line it stands in, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) value: String,
    pub(crate) line: usize,
}

/// Reads the text of `apimon.toml`.
///
/// # Errors
///
/// Every problem of the file: broken TOML, unknown keys, wrong types, a default that is no target.
pub(crate) fn parse(source: &Source) -> Result<SettingsFile, Vec<Diagnostic>> {
    let table = DeTable::parse(&source.text).map_err(|error| {
        let span = error.span().map_or_else(Span::default, span_of);
        vec![Diagnostic::error(source, span, error.message())]
    })?;
    let mut reader = Reader {
        source,
        problems: Vec::new(),
        hidden: Vec::new(),
    };
    let file = reader.file(table.get_ref());
    if reader.problems.is_empty() {
        return Ok(file);
    }
    reader.problems.sort_by_key(|problem| problem.span.start);
    let shown = masked(source, &reader.hidden);
    for problem in &mut reader.problems {
        problem.source = shown.clone();
    }
    Err(reader.problems)
}

/// The source with stars for what may be a key: messages show the lines that they complain about.
fn masked(source: &Source, hidden: &[Range<usize>]) -> Source {
    let stars = source.text.bytes().enumerate().map(|(index, byte)| {
        let hide = byte != b'\n' && hidden.iter().any(|range| range.contains(&index));
        if hide { b'*' } else { byte }
    });
    let text = String::from_utf8_lossy(&stars.collect::<Vec<_>>()).into_owned();
    Source::new(source.name.clone(), text)
}

struct Reader<'a> {
    source: &'a Source,
    problems: Vec<Diagnostic>,
    /// Values that may be keys, put where no key belongs.
    hidden: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn file(&mut self, table: &DeTable<'_>) -> SettingsFile {
        let mut file = SettingsFile::default();
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "target" => file.target = self.text("target", value),
                "targets" => file.targets = self.targets(value),
                _ => self.unknown(key, value, &TOP_KEYS),
            }
        }
        self.check_default(table, &file);
        file
    }

    fn check_default(&mut self, table: &DeTable<'_>, file: &SettingsFile) {
        let Some(target) = &file.target else { return };
        let name = target.value.as_str();
        let known = name == LOCAL || name == AZURE || file.targets.contains_key(name);
        // A problem inside `[targets]` has its own message; this one would only repeat it.
        if known || !self.problems.is_empty() {
            return;
        }
        let span = table
            .iter()
            .find(|(key, _)| key.get_ref().as_ref() == "target")
            .map_or_else(Range::default, |(_, value)| value.span());
        let names = file.targets.keys().map(String::as_str).chain([LOCAL]);
        let hint = nearest_hint(name, names);
        self.problem(span, format!("there is no target `{name}`"), hint);
    }

    fn targets(&mut self, value: &Spanned<DeValue<'_>>) -> BTreeMap<String, NamedTarget> {
        let Some(table) = value.get_ref().as_table() else {
            self.problem(
                value.span(),
                "`targets` is not a table".to_owned(),
                "write `[targets.NAME]` and its keys below".to_owned(),
            );
            return BTreeMap::new();
        };
        let mut targets = BTreeMap::new();
        for (name, value) in table {
            if name.get_ref() == LOCAL {
                self.problem(
                    name.span(),
                    "`local` is the gateway that `apimon` starts itself".to_owned(),
                    "give the target another name".to_owned(),
                );
            } else if name.get_ref() == AZURE {
                self.problem(
                    name.span(),
                    "`azure` is what the environment names".to_owned(),
                    "give the target another name".to_owned(),
                );
            } else if let Some(target) = self.target(name, value) {
                targets.insert(name.get_ref().to_string(), target);
            }
        }
        targets
    }

    fn target(
        &mut self,
        name: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Option<NamedTarget> {
        let mut target = NamedTarget::default();
        let mut written = false;
        let Some(table) = value.get_ref().as_table() else {
            self.problem(
                value.span(),
                format!("target `{}` is not a table", name.get_ref()),
                format!("write `[targets.{}]` and its keys below", name.get_ref()),
            );
            return None;
        };
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "gateway-url" => {
                    written = true;
                    target.gateway_url = self.url(value);
                }
                "key-env" => target.key_env = self.variable(value),
                "cloud" => target.cloud = self.text("cloud", value),
                "tenant-id" => target.tenant = self.text("tenant-id", value),
                "subscription-id" => {
                    written = true;
                    target.subscription = self.text("subscription-id", value);
                }
                "resource-group" => {
                    written = true;
                    target.resource_group = self.text("resource-group", value);
                }
                "apim-name" => target.apim_name = self.text("apim-name", value),
                _ => self.unknown(key, value, &TARGET_KEYS),
            }
        }
        if !written {
            self.problem(
                name.span(),
                format!("target `{}` has no `gateway-url`", name.get_ref()),
                "add `gateway-url = \"https://NAME.azure-api.net\"`, or `subscription-id` and `resource-group` for `deploy`".to_owned(),
            );
        }
        Some(target)
    }

    fn url(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Placed> {
        let placed = self.text("gateway-url", value)?;
        if placed.value.starts_with("https://") || placed.value.starts_with("http://") {
            return Some(placed);
        }
        self.problem(
            value.span(),
            "`gateway-url` is not an http or https URL".to_owned(),
            "write it as `https://NAME.azure-api.net`".to_owned(),
        );
        None
    }

    /// The name of a variable. The message does not repeat the value: whoever gets this wrong may
    /// have written the key itself.
    fn variable(&mut self, value: &Spanned<DeValue<'_>>) -> Option<Placed> {
        let placed = self.text("key-env", value)?;
        let name = &placed.value;
        let mut letters = name.chars();
        let first = letters.next();
        let is_name = first.is_some_and(|c| c.is_ascii_uppercase() || c == '_')
            && letters.all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_name {
            return Some(placed);
        }
        self.hide(value);
        self.problem(
            value.span(),
            "`key-env` is not the name of an environment variable".to_owned(),
            "write a name such as `STAGING_KEY`; a key itself never stands in this file".to_owned(),
        );
        None
    }

    fn text(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Placed> {
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => Some(Placed {
                value: text.trim().to_owned(),
                line: self.source.position(value.span().start).line,
            }),
            Some(_) => {
                let hint = "give a value, or leave the key out".to_owned();
                self.problem(value.span(), format!("`{key}` is empty"), hint);
                None
            }
            None => {
                let hint = "write it in quotes".to_owned();
                self.problem(value.span(), format!("`{key}` is not a text"), hint);
                None
            }
        }
    }

    fn unknown(
        &mut self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        value: &Spanned<DeValue<'_>>,
        known: &[&str],
    ) {
        self.hide(value);
        let name = key.get_ref();
        let hint = nearest_hint(name, known.iter().copied());
        self.problem(key.span(), format!("unknown key `{name}`"), hint);
    }

    /// A table's own span is its header, so its values are hidden one by one.
    fn hide(&mut self, value: &Spanned<DeValue<'_>>) {
        match value.get_ref().as_table() {
            Some(table) => table.iter().for_each(|(_, value)| self.hide(value)),
            None => self.hidden.push(value.span()),
        }
    }

    fn problem(&mut self, span: Range<usize>, message: String, hint: String) {
        let problem = Diagnostic::error(self.source, span_of(span), message).hint(hint);
        self.problems.push(problem);
    }
}

fn span_of(range: Range<usize>) -> Span {
    Span::new(range.start, range.end)
}
