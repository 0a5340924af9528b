//! `set-body template="liquid"`: Liquid as API Management runs it, with C#'s names for filters.
//!
//! Parsing and the usual filters and tags come from the liquid crates. What is ours: names without
//! a value are empty, as `DotLiquid` has them; `Date` formats as .NET does, and its `now` is the
//! request's clock; loops and output are bounded.

mod bind;
mod filters;
mod for_block;
mod scope;

use std::io::{self, Write};
use std::sync::LazyLock;

use liquid_core::parser::{Language, parse};
use liquid_core::{Renderable as _, Template};
use liquid_lib::stdlib;

pub(crate) use bind::{BoundBody, XsiNil};
use scope::Scope;

use super::context::Context;
use crate::base::Span;

/// More text than a body may have.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// Deepest nesting of blocks, and of brackets in a name.
const MAX_DEPTH: usize = 64;

static LANGUAGE: LazyLock<Language> = LazyLock::new(language);

/// A template that parses.
#[derive(Debug)]
pub(crate) struct Liquid {
    template: Template,
    pub(crate) xsi_nil: XsiNil,
    pub(crate) parse_date: bool,
}

/// Why a text is no template, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiquidMistake {
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Liquid {
    pub(crate) fn parse(
        text: &str,
        xsi_nil: XsiNil,
        parse_date: bool,
    ) -> Result<Liquid, LiquidMistake> {
        if depth(text) > MAX_DEPTH {
            return Err(LiquidMistake {
                span: Span::new(0, text.len()),
                message: format!("the template is nested deeper than {MAX_DEPTH}"),
                hint: None,
            });
        }
        let template = parse(text, &LANGUAGE).map_err(|error| mistake(text, &error.to_string()))?;
        Ok(Liquid {
            template: Template::new(template),
            xsi_nil,
            parse_date,
        })
    }

    /// The body that the template gives, or why it gives none. `exact`: names of the body's parts
    /// tell capitals apart.
    pub(crate) fn render(
        &self,
        context: &Context,
        body: Option<&BoundBody<'_>>,
        exact: bool,
    ) -> Result<String, String> {
        let globals = bind::globals(context, body, self)?;
        let scope = Scope::new(globals, exact, context);
        let mut out = Bounded(Vec::new());
        let rendered = self.template.render_to(&mut out, &scope);
        rendered.map_err(|error| first_line(&error.to_string()))?;
        Ok(String::from_utf8_lossy(&out.0).into_owned())
    }
}

struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_BYTES {
            return Err(io::Error::other("the body is too long"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn language() -> Language {
    let mut language = Language::empty();
    for (name, filter) in filters::all() {
        language.filters.register(name, filter);
    }
    let tags: [Box<dyn liquid_core::ParseTag>; 6] = [
        stdlib::AssignTag.into(),
        stdlib::BreakTag.into(),
        stdlib::ContinueTag.into(),
        stdlib::CycleTag.into(),
        stdlib::IncrementTag.into(),
        stdlib::DecrementTag.into(),
    ];
    for tag in tags {
        let name = tag.reflection().tag().to_owned();
        language.tags.register(name, tag);
    }
    let blocks: [Box<dyn liquid_core::ParseBlock>; 8] = [
        stdlib::RawBlock.into(),
        stdlib::IfBlock.into(),
        stdlib::UnlessBlock.into(),
        stdlib::IfChangedBlock.into(),
        stdlib::CommentBlock.into(),
        stdlib::CaptureBlock.into(),
        stdlib::CaseBlock.into(),
        for_block::ForBlock.into(),
    ];
    for block in blocks {
        let name = block.reflection().start_tag().to_owned();
        language.blocks.register(name, block);
    }
    language
}

/// Deepest nesting of blocks or brackets, roughly and never too little.
fn depth(text: &str) -> usize {
    let (mut blocks, mut brackets, mut most) = (0_usize, 0_usize, 0_usize);
    for (index, character) in text.char_indices() {
        match character {
            '%' if text[..index].ends_with('{') => {
                let name = text[index + 1..].trim_start_matches(['-', ' ', '\t', '\n', '\r']);
                if name.starts_with("end") {
                    blocks = blocks.saturating_sub(1);
                } else if ["if", "unless", "for", "case", "capture", "comment", "raw"]
                    .iter()
                    .any(|block| name.starts_with(block))
                {
                    blocks += 1;
                }
            }
            '[' | '(' => brackets += 1,
            ']' | ')' => brackets = brackets.saturating_sub(1),
            // Brackets of plain text say nothing of names.
            '}' => brackets = 0,
            _ => {}
        }
        most = most.max(blocks).max(brackets);
    }
    most
}

/// The parser's report as place and message.
fn mistake(text: &str, report: &str) -> LiquidMistake {
    if let Some(name) = report
        .split_once("requested filter=")
        .and_then(|(_, rest)| rest.lines().next())
    {
        let at = filter_at(text, name);
        let names: Vec<String> = filters::all().into_iter().map(|(name, _)| name).collect();
        let pascal = filters::pascal(name);
        let near = if names.contains(&pascal) {
            Some(pascal.as_str())
        } else {
            crate::base::nearest(name, names.iter().map(String::as_str))
        };
        let hint = near.map(|near| format!("did you mean `{near}`? filters have C#'s names here"));
        return LiquidMistake {
            span: Span::new(at, at + name.len()),
            message: format!("there is no Liquid filter `{name}`"),
            hint,
        };
    }
    let at = position(text, report).unwrap_or(0);
    let said = report
        .lines()
        .rev()
        .find_map(|line| line.trim().strip_prefix("= "));
    let said = said.map_or_else(|| first_line(report), str::to_owned);
    let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
    LiquidMistake {
        span: Span::new(at, end),
        message: format!("this Liquid template does not parse: {said}"),
        hint: None,
    }
}

fn filter_at(text: &str, name: &str) -> usize {
    let mut rest = 0;
    while let Some(bar) = text[rest..].find('|') {
        let after = rest + bar + 1;
        let blank = text[after..].len() - text[after..].trim_start().len();
        if text[after + blank..].starts_with(name) {
            return after + blank;
        }
        rest = after;
    }
    text.find(name).unwrap_or(0)
}

/// The byte that `--> line:column` names.
fn position(text: &str, report: &str) -> Option<usize> {
    let (_, rest) = report.split_once("--> ")?;
    let (line, column) = rest.lines().next()?.trim().split_once(':')?;
    let (line, column): (usize, usize) = (line.parse().ok()?, column.parse().ok()?);
    let start: usize = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let offset = text
        .get(start..)?
        .char_indices()
        .nth(column.checked_sub(1)?);
    Some(start + offset.map_or(0, |(offset, _)| offset))
}

fn first_line(report: &str) -> String {
    let line = report.lines().next().unwrap_or_default();
    line.trim_start_matches("liquid:").trim().to_owned()
}

#[cfg(test)]
mod tests;
