//! Calls: their arguments, and what they give as far as the static type matters.

use super::members::{self, Kind};
use super::{Resolver, Static};
use crate::base::Span;
use crate::policy::expression::Problem;
use crate::policy::expression::ast::{Argument, Call, Out};
use crate::policy::expression::types::Type;

impl Resolver {
    pub(super) fn call(&mut self, call: &mut Call, span: Span) -> Static {
        let known = if let Some(target) = &mut call.target {
            self.expr(target)
        } else {
            match self.local(&call.method) {
                Some(local) => call.function = local.slot,
                None => self.problems.push(Problem::name(
                    call.name_span,
                    format!("`{}` is not a variable", call.method),
                )),
            }
            Static::Unknown
        };
        self.arguments(&call.method, &mut call.arguments);
        match &known {
            Static::Place(kind) => self.place_call(*kind, call, span),
            Static::Of(named) => method_result(named, &call.method, &call.types),
            _ => match call.method.as_ref() {
                "ToString" => Static::Of(Type::Str),
                _ => Static::Unknown,
            },
        }
    }

    fn place_call(&mut self, kind: Kind, call: &Call, span: Span) -> Static {
        let method = call.method.as_ref();
        let typed = call.types.first().map(Static::of);
        match (kind, method) {
            (_, "ToString") | (Kind::Fields | Kind::MatchedParameters, "GetValueOrDefault") => {
                Static::Of(Type::Str)
            }
            (Kind::Variables, "GetValueOrDefault") => typed.unwrap_or(Static::Boxed),
            (_, "ContainsKey" | "Equals") => Static::Of(Type::Bool),
            (Kind::Body, "As") => typed.unwrap_or_else(|| {
                self.problems
                    .push(Problem::new(span, "`As` needs a type").hint("write `As<string>()`"));
                Static::Unknown
            }),
            (Kind::Context, "Trace")
            | (_, "GetHashCode" | "GetType")
            | (Kind::Body, "AsFormUrlEncodedContent") => Static::Unknown,
            (kind, method) if members::closed(kind) => {
                self.no_member(kind, method, call.name_span);
                Static::Unknown
            }
            _ => Static::Unknown,
        }
    }

    fn arguments(&mut self, method: &str, arguments: &mut [Argument]) {
        for (index, argument) in arguments.iter_mut().enumerate() {
            self.expr(&mut argument.value);
            self.method_group(&mut argument.value);
            if let Some(out) = &mut argument.out {
                self.out(out, argument.value.span);
            }
            // A named argument stands where its position is.
            let position = match (method, argument.name.as_deref()) {
                (_, None) => index,
                ("GetValueOrDefault", Some("defaultValue" | "default")) => 1,
                ("As" | "AsFormUrlEncodedContent", Some("preserveContent"))
                | ("GetValueOrDefault", Some("key" | "variableName" | "headerName" | "name"))
                | ("Trace", Some("message")) => 0,
                _ => usize::MAX,
            };
            if position != index {
                let name = argument.name.as_deref().unwrap_or_default();
                let message = format!("the argument `{name}:` of `{method}` is not supported here");
                self.problems.push(
                    Problem::unsupported(argument.value.span, message).hint("give it by position"),
                );
            }
        }
    }

    fn out(&mut self, out: &mut Out, span: Span) {
        if let Some(declared) = &out.declared {
            let known = if *declared == Type::Object {
                Static::Unknown
            } else {
                Static::of(declared)
            };
            out.slot = self.declare(&out.name, span, None, known);
        } else if let Some(local) = self.local(&out.name) {
            out.slot = local.slot;
        } else {
            let message = format!("`{}` is not a variable", out.name);
            self.problems.push(Problem::name(span, message));
        }
    }
}

fn method_result(named: &Type, method: &str, types: &[Type]) -> Static {
    let text = Static::Of(Type::Str);
    match (named, method) {
        (_, "Equals" | "Contains" | "StartsWith" | "EndsWith" | "ContainsKey" | "Any" | "All") => {
            Static::Of(Type::Bool)
        }
        (Type::Str, "AsJwt") => Static::Of(Type::Native("Jwt")),
        (Type::Str, "Split") => Static::Of(Type::Array(Box::new(Type::Str))),
        (
            Type::Str,
            "Replace" | "Substring" | "Trim" | "TrimStart" | "TrimEnd" | "ToLower" | "ToUpper"
            | "ToLowerInvariant" | "ToUpperInvariant" | "PadLeft" | "PadRight" | "Join" | "Format"
            | "Concat",
        )
        | (Type::Native("Regex"), "Replace" | "Escape")
        | (_, "ToString") => text,
        (Type::JObject | Type::JArray | Type::Token, "Parse" | "FromObject") => {
            Static::Of(named.clone())
        }
        (Type::JObject | Type::JArray | Type::Token, "SelectToken" | "GetValue" | "DeepClone") => {
            Static::Of(Type::Token)
        }
        (Type::JObject, "Property") => Static::Of(Type::JProperty),
        (_, "Value" | "ToObject") => types.first().map_or(Static::Unknown, Static::of),
        (Type::Dictionary(pair), "GetValueOrDefault") => Static::of(&pair.1),
        _ => Static::Unknown,
    }
}
