//! `{% for item in list %}`. The crate's own loop refuses names without a value inside of it, and
//! walks objects in no order; this one does neither, and is bounded.

use std::io::Write;

use liquid_core::error::ResultLiquidReplaceExt as _;
use liquid_core::model::KString;
use liquid_core::parser::{BlockElement, TryMatchToken};
use liquid_core::runtime::{Interrupt, InterruptRegister};
use liquid_core::{
    BlockReflection, Error, Expression, Language, Object, ParseBlock, Renderable, Result, Runtime,
    TagBlock, TagTokenIter, Template, Value, ValueView,
};

use super::scope::Frame;

/// Rounds of all loops of a template together.
const MAX_ROUNDS: usize = 100_000;

#[derive(Default)]
struct Rounds(usize);

#[derive(Clone)]
pub(super) struct ForBlock;

impl BlockReflection for ForBlock {
    fn start_tag(&self) -> &'static str {
        "for"
    }

    fn end_tag(&self) -> &'static str {
        "endfor"
    }

    fn description(&self) -> &'static str {
        ""
    }
}

impl ParseBlock for ForBlock {
    fn parse(
        &self,
        mut arguments: TagTokenIter<'_>,
        mut tokens: TagBlock<'_, '_>,
        options: &Language,
    ) -> Result<Box<dyn Renderable>> {
        let name = arguments.expect_next("a name is expected")?;
        let name = name.expect_identifier().into_result()?;
        let word = arguments.expect_next("`in` is expected")?;
        word.expect_str("in")
            .into_result_custom_msg("`in` is expected")?;
        let range = arguments.expect_next("a list or a range is expected")?;
        let source = match range.expect_value() {
            TryMatchToken::Matches(list) => Source::List(list),
            TryMatchToken::Fails(range) => {
                let (first, last) = range.expect_range().into_result()?;
                Source::Range(first, last)
            }
        };
        let (mut limit, mut offset, mut reversed) = (None, None, false);
        while let Some(token) = arguments.next() {
            match token.as_str() {
                "reversed" => reversed = true,
                "limit" => limit = Some(number(&mut arguments)?),
                "offset" => offset = Some(number(&mut arguments)?),
                _ => {
                    let message = "`limit`, `offset` or `reversed` is expected";
                    return Err(token.raise_custom_error(message));
                }
            }
        }
        let (mut body, mut otherwise) = (Vec::new(), None);
        while let Some(element) = tokens.next()? {
            match element {
                BlockElement::Tag(mut tag) if tag.name() == "else" => {
                    tag.tokens().expect_nothing()?;
                    otherwise = Some(Template::new(tokens.parse_all(options)?));
                    break;
                }
                element => body.push(element.parse(&mut tokens, options)?),
            }
        }
        tokens.assert_empty();
        Ok(Box::new(For {
            name: KString::from_ref(name),
            source,
            body: Template::new(body),
            otherwise,
            limit,
            offset,
            reversed,
        }))
    }

    fn reflection(&self) -> &dyn BlockReflection {
        self
    }
}

fn number(arguments: &mut TagTokenIter<'_>) -> Result<Expression> {
    arguments
        .expect_next("`:` is expected")?
        .expect_str(":")
        .into_result_custom_msg("`:` is expected")?;
    arguments
        .expect_next("a number is expected")?
        .expect_value()
        .into_result()
}

#[derive(Debug)]
enum Source {
    List(Expression),
    Range(Expression, Expression),
}

#[derive(Debug)]
struct For {
    name: KString,
    source: Source,
    body: Template,
    otherwise: Option<Template>,
    limit: Option<Expression>,
    offset: Option<Expression>,
    reversed: bool,
}

impl For {
    fn items(&self, runtime: &dyn Runtime) -> Result<Vec<Value>> {
        let mut items = match &self.source {
            Source::List(list) => match list.evaluate(runtime)?.into_owned() {
                Value::Array(items) => items,
                Value::Object(fields) => {
                    let mut pairs: Vec<(KString, Value)> = fields.into_iter().collect();
                    pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
                    let pair = |(name, value)| Value::Array(vec![Value::scalar(name), value]);
                    pairs.into_iter().map(pair).collect()
                }
                // A single element where a list could be: XML has no lists of one.
                Value::Nil | Value::State(_) => Vec::new(),
                scalar @ Value::Scalar(_) => vec![scalar],
            },
            Source::Range(first, last) => {
                let (first, last) = (whole(first, runtime)?, whole(last, runtime)?);
                if last.saturating_sub(first) >= i64::try_from(MAX_ROUNDS).unwrap_or(i64::MAX) {
                    return Err(too_many());
                }
                (first..=last).map(Value::scalar).collect()
            }
        };
        let count = |expression: &Option<Expression>| match expression {
            Some(expression) => whole(expression, runtime).map(|count| usize::try_from(count).ok()),
            None => Ok(None),
        };
        let offset = count(&self.offset)?.unwrap_or(0).min(items.len());
        items.drain(..offset);
        if let Some(limit) = count(&self.limit)? {
            items.truncate(limit);
        }
        if self.reversed {
            items.reverse();
        }
        Ok(items)
    }
}

fn whole(expression: &Expression, runtime: &dyn Runtime) -> Result<i64> {
    let value = expression.evaluate(runtime)?;
    let number = value.as_scalar().and_then(|scalar| scalar.to_integer());
    number.ok_or_else(|| Error::with_msg("a whole number is expected"))
}

fn too_many() -> Error {
    Error::with_msg(format!(
        "the loops of the template take more than {MAX_ROUNDS} rounds"
    ))
}

impl Renderable for For {
    fn render_to(&self, writer: &mut dyn Write, runtime: &dyn Runtime) -> Result<()> {
        let items = self.items(runtime)?;
        let count = items.len();
        if let (0, Some(otherwise)) = (count, &self.otherwise) {
            return otherwise
                .render_to(writer, runtime)
                .replace("the body cannot be written");
        }
        for (index, value) in items.into_iter().enumerate() {
            let rounds = {
                let mut rounds = runtime.registers().get_mut::<Rounds>();
                rounds.0 += 1;
                rounds.0
            };
            if rounds > MAX_ROUNDS {
                return Err(too_many());
            }
            let frame = Frame {
                parent: runtime,
                name: self.name.as_str(),
                value,
                forloop: forloop(index, count),
            };
            self.body.render_to(writer, &frame)?;
            let interrupt = frame.registers().get_mut::<InterruptRegister>().reset();
            if interrupt == Some(Interrupt::Break) {
                break;
            }
        }
        Ok(())
    }
}

fn forloop(index: usize, count: usize) -> Value {
    let number = |number: usize| Value::scalar(i64::try_from(number).unwrap_or(i64::MAX));
    let mut fields = Object::new();
    for (name, value) in [
        ("length", number(count)),
        ("index", number(index + 1)),
        ("index0", number(index)),
        ("rindex", number(count - index)),
        ("rindex0", number(count - index - 1)),
        ("first", Value::scalar(index == 0)),
        ("last", Value::scalar(index + 1 == count)),
    ] {
        fields.insert(KString::from_static(name), value);
    }
    Value::Object(fields)
}
