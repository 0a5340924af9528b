//! Texts with variables: `Say hello to {{ name }}`.

use std::fmt::Write as _;

use crate::base::Span;

/// A text, cut at its variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable(String),
}

/// A variable whose name cannot be one, or whose end is missing, by its place in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TemplateError {
    pub(super) within: Span,
    pub(super) message: String,
}

impl Template {
    /// A text without variables.
    pub(super) fn plain(text: impl Into<String>) -> Template {
        Template(vec![Piece::Text(text.into())])
    }

    pub(super) fn parse(text: &str) -> Result<Template, TemplateError> {
        let mut pieces = Vec::new();
        let mut at = 0;
        while let Some(found) = text[at..].find("{{") {
            let open = at + found;
            let Some(length) = text[open..].find("}}") else {
                return Err(TemplateError {
                    within: Span::new(open, open + 2),
                    message: "the variable that begins here has no end".to_owned(),
                });
            };
            let close = open + length;
            let name = text[open + 2..close].trim();
            if !is_name(name) {
                return Err(TemplateError {
                    within: Span::new(open, close + 2),
                    message: format!("`{name}` is not the name of a variable"),
                });
            }
            if open > at {
                pieces.push(Piece::Text(text[at..open].to_owned()));
            }
            pieces.push(Piece::Variable(name.to_owned()));
            at = close + 2;
        }
        if at < text.len() || pieces.is_empty() {
            pieces.push(Piece::Text(text[at..].to_owned()));
        }
        Ok(Template(pieces))
    }

    /// Names in the order of the text.
    pub(super) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Variable(name) => Some(name.as_str()),
        })
    }

    /// The text, each variable replaced by what `value` writes for it.
    pub(super) fn fill(&self, mut value: impl FnMut(&str, &mut String)) -> String {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Variable(name) => value(name, &mut text),
            }
        }
        text
    }
}

fn is_name(name: &str) -> bool {
    let letter = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    !name.is_empty() && name.chars().all(letter)
}

/// A JSON value as a template writes it: texts as they are, everything else as JSON.
pub(super) fn write_value(value: &serde_json::Value, text: &mut String) {
    match value {
        serde_json::Value::String(part) => text.push_str(part),
        serde_json::Value::Null => {}
        other => {
            // Writing into a string cannot fail.
            let _infallible = write!(text, "{other}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_everything_else_stays() {
        let template = Template::parse("{{a}}, { b } and {{ c.d }}{{a}}!").unwrap();
        assert_eq!(template.variables().collect::<Vec<_>>(), ["a", "c.d", "a"]);
        let text = template.fill(|name, text| text.push_str(&name.to_uppercase()));
        assert_eq!(text, "A, { b } and C.DA!");
        assert_eq!(Template::parse("plain").unwrap(), Template::plain("plain"));
    }

    #[test]
    fn a_broken_variable_has_a_place() {
        for (text, start) in [("ab {{ c", 3), ("{{ }}", 0), ("a{{b c}}", 1)] {
            assert_eq!(
                Template::parse(text).unwrap_err().within.start,
                start,
                "{text}"
            );
        }
    }
}
