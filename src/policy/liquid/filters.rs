//! Filters by C#'s names; `Date` formats as .NET does.

use std::fmt;

use liquid_core::parser::{FilterArguments, FilterReflection, ParameterReflection};
use liquid_core::{Error, Expression, Filter, ParseFilter, Result, Runtime, Value, ValueView};
use liquid_lib::stdlib;

use super::scope::Clock;
use crate::policy::expression::format_date;

/// All filters, each with the name that templates use.
pub(super) fn all() -> Vec<(String, Box<dyn ParseFilter>)> {
    let usual: [Box<dyn ParseFilter>; 44] = [
        stdlib::Abs.into(),
        stdlib::Append.into(),
        stdlib::AtLeast.into(),
        stdlib::AtMost.into(),
        stdlib::Capitalize.into(),
        stdlib::Ceil.into(),
        stdlib::Compact.into(),
        stdlib::Concat.into(),
        stdlib::Default.into(),
        stdlib::DividedBy.into(),
        stdlib::Downcase.into(),
        stdlib::Escape.into(),
        stdlib::EscapeOnce.into(),
        stdlib::First.into(),
        stdlib::Floor.into(),
        stdlib::Join.into(),
        stdlib::Last.into(),
        stdlib::Lstrip.into(),
        stdlib::Map.into(),
        stdlib::Minus.into(),
        stdlib::Modulo.into(),
        stdlib::NewlineToBr.into(),
        stdlib::Plus.into(),
        stdlib::Prepend.into(),
        stdlib::Remove.into(),
        stdlib::RemoveFirst.into(),
        stdlib::Replace.into(),
        stdlib::ReplaceFirst.into(),
        stdlib::Reverse.into(),
        stdlib::Round.into(),
        stdlib::Rstrip.into(),
        stdlib::Size.into(),
        stdlib::Slice.into(),
        stdlib::Sort.into(),
        stdlib::Split.into(),
        stdlib::Strip.into(),
        stdlib::StripHtml.into(),
        stdlib::StripNewlines.into(),
        stdlib::Times.into(),
        stdlib::Truncate.into(),
        stdlib::TruncateWords.into(),
        stdlib::Uniq.into(),
        stdlib::Upcase.into(),
        stdlib::UrlEncode.into(),
    ];
    let mut all: Vec<(String, Box<dyn ParseFilter>)> = usual
        .into_iter()
        .map(|filter| (pascal(filter.reflection().name()), filter))
        .collect();
    all.push(("Date".to_owned(), Date.into()));
    all
}

/// `divided_by` as `DividedBy`.
pub(super) fn pascal(name: &str) -> String {
    if name == "truncatewords" {
        return "TruncateWords".to_owned();
    }
    name.split('_')
        .map(|part| {
            let (first, rest) = part.split_at(part.chars().next().map_or(0, char::len_utf8));
            first.to_uppercase() + rest
        })
        .collect()
}

#[derive(Clone)]
struct Date;

impl FilterReflection for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn description(&self) -> &'static str {
        ""
    }

    fn positional_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }

    fn keyword_parameters(&self) -> &'static [ParameterReflection] {
        &[]
    }
}

impl ParseFilter for Date {
    fn parse(&self, mut arguments: FilterArguments<'_>) -> Result<Box<dyn Filter>> {
        let format = arguments.positional.next();
        if arguments.positional.next().is_some() || arguments.keyword.next().is_some() {
            return Err(Error::with_msg("`Date` takes one format"));
        }
        Ok(Box::new(DateFilter { format }))
    }

    fn reflection(&self) -> &dyn FilterReflection {
        self
    }
}

#[derive(Debug)]
struct DateFilter {
    format: Option<Expression>,
}

impl fmt::Display for DateFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Date")
    }
}

impl Filter for DateFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let mut text = input.to_kstr().into_string();
        if matches!(text.trim().to_ascii_lowercase().as_str(), "now" | "today") {
            text.clone_from(&runtime.registers().get_mut::<Clock>().0);
        }
        let format = match &self.format {
            Some(format) => format.evaluate(runtime)?.to_kstr().into_string(),
            None => String::new(),
        };
        // A format of Ruby's says something else to .NET, which writes it out letter by letter.
        if format.is_empty() {
            return Ok(Value::scalar(text));
        }
        match format_date(&text, &format) {
            Some(Ok(formatted)) => Ok(Value::scalar(formatted)),
            Some(Err(message)) => Err(Error::with_msg(message)),
            None => Ok(Value::scalar(text)),
        }
    }
}
