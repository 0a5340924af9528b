//! `include-fragment`: the fragment's elements stand where the element stood (specification 4.5).

use std::collections::BTreeMap;

use super::super::model::{Item, SectionName};
use super::super::xml::{self, Element};
use super::attributes::Attributes;
use super::document::{Lowering, Parent};
use super::elements::empty;
use crate::base::{Source, nearest};

/// Texts of policy fragments, by id.
pub(crate) type Fragments = BTreeMap<String, Source>;

impl Lowering<'_> {
    pub(super) fn in_fragment(&self) -> bool {
        self.fragment
    }

    /// The items of the fragment that `element` names, as if they stood in its place.
    pub(super) fn include(&mut self, element: &Element, within: Parent) -> Vec<Item> {
        let mut attributes = Attributes::of(element);
        let id = attributes.required_literal(self, "fragment-id");
        attributes.finish(self);
        empty(self, element);
        if self.fragment {
            self.error(element.name_span, "a fragment cannot include another one")
                .code = "S03";
            return Vec::new();
        }
        let Some((id, span)) = id else {
            return Vec::new();
        };
        let fragments = self.fragments;
        let Some(source) = fragments.get(&*id) else {
            let hint = match nearest(&id, fragments.keys().map(String::as_str)) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "give the folder that holds `ID.xml` with `--fragments`".to_owned(),
            };
            let problem = self.error(span, format!("there is no fragment `{id}`"));
            problem.code = "S03";
            problem.hints.push(hint);
            return Vec::new();
        };
        let (root, diagnostics) = xml::read(source);
        let mut lowering = Lowering {
            source,
            named_values: self.named_values,
            fragments,
            fragment: true,
            diagnostics,
            elements: Vec::new(),
            branches: Vec::new(),
            expressions: Vec::new(),
        };
        let items = root.map(|root| lowering.fragment_items(&root, within));
        // A fragment that is included twice is wrong once.
        self.elements.append(&mut lowering.elements);
        self.branches.append(&mut lowering.branches);
        for diagnostic in lowering.diagnostics {
            if !self.diagnostics.contains(&diagnostic) {
                self.diagnostics.push(diagnostic);
            }
        }
        items.unwrap_or_default()
    }

    fn fragment_items(&mut self, root: &Element, within: Parent) -> Vec<Item> {
        if root.name != "fragment" {
            let message = format!("a policy fragment is `<fragment>`, not `<{}>`", root.name);
            self.error(root.name_span, message).code = "S03";
            return Vec::new();
        }
        let sections = SectionName::ALL.map(SectionName::as_str);
        let found: Vec<_> = root
            .elements()
            .filter(|element| sections.contains(&element.name.as_str()))
            .map(|element| (element.name_span, element.name.clone()))
            .collect();
        if found.is_empty() {
            return self.items(root, within);
        }
        for (span, name) in found {
            let problem = self.error(span, format!("section `{name}` cannot stand in a fragment"));
            problem.code = "S03";
            problem
                .hints
                .push("a fragment holds policy elements only".to_owned());
        }
        Vec::new()
    }
}
