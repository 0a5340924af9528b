//! Method groups: `Select(int.Parse)` is `Select(item => int.Parse(item))`.

use std::sync::Arc;

use super::Resolver;
use crate::policy::expression::ast::{
    Argument, Call, Expr, ExprKind, Lambda, LambdaBody, Parameter,
};
use crate::policy::expression::types::Type;

/// Static methods of one parameter that are handed on by name.
const STATIC: &[&str] = &[
    "Abs",
    "Escape",
    "EscapeDataString",
    "FromBase64String",
    "HtmlDecode",
    "HtmlEncode",
    "IsDigit",
    "IsLetter",
    "IsLetterOrDigit",
    "IsLower",
    "IsNullOrEmpty",
    "IsNullOrWhiteSpace",
    "IsUpper",
    "IsWhiteSpace",
    "Parse",
    "SerializeObject",
    "ToBase64String",
    "ToBoolean",
    "ToDecimal",
    "ToDouble",
    "ToInt32",
    "ToInt64",
    "ToLower",
    "ToLowerInvariant",
    "ToString",
    "ToUpper",
    "ToUpperInvariant",
    "UnescapeDataString",
    "UrlDecode",
    "UrlEncode",
];

/// Methods of a local that are handed on by name.
const OWN: &[&str] = &[
    "Add",
    "Contains",
    "ContainsKey",
    "EndsWith",
    "Equals",
    "StartsWith",
];

impl Resolver {
    /// Puts a function in place of a method's name.
    pub(super) fn method_group(&mut self, expr: &mut Expr) {
        let ExprKind::Member {
            target,
            name,
            conditional: false,
        } = &expr.kind
        else {
            return;
        };
        let names = match &target.kind {
            ExprKind::Type(Type::Enum(_)) => return,
            ExprKind::Type(_) => STATIC,
            ExprKind::Local(_) => OWN,
            _ => return,
        };
        if !names.contains(&&**name) {
            return;
        }
        let (span, method) = (expr.span, name.clone());
        let target = match &target.kind {
            ExprKind::Type(class) => Expr::new(ExprKind::Type(class.clone()), target.span),
            ExprKind::Local(slot) => Expr::new(ExprKind::Local(*slot), target.span),
            _ => return,
        };
        let slot = self.slots.len();
        self.slots.push(None);
        let call = Call {
            target: Some(target),
            method,
            name_span: span,
            types: Vec::new(),
            arguments: vec![Argument {
                name: None,
                value: Expr::new(ExprKind::Local(slot), span),
                out: None,
            }],
            conditional: false,
            function: 0,
        };
        let body = Expr::new(ExprKind::Call(Box::new(call)), span);
        let lambda = Lambda {
            depth: body.depth,
            parameters: vec![Parameter {
                name: Arc::from("item"),
                declared: None,
                slot,
            }],
            body: LambdaBody::Expression(body),
            slots: slot..slot + 1,
            checked: false,
        };
        *expr = Expr::new(ExprKind::Lambda(Arc::new(lambda)), span);
    }
}
