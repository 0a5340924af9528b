//! A policy document flattened into the elements it holds, each with its surroundings and with its
//! values parsed once, so that a rule is a walk over one list.

use super::super::matrix;
use super::super::xml::{Element, Text};
use super::options::Options;
use crate::base::{Source, Span};
use crate::policy::expression::{Expression, Facts, Problem};

/// Elements that hold policies: what stands in them stands in their section.
const CONTAINERS: [&str; 5] = ["when", "otherwise", "retry", "wait", "limit-concurrency"];

pub(super) const SECTIONS: [&str; 4] = ["inbound", "backend", "outbound", "on-error"];

/// Fragments may not nest; one level more keeps a wrong document from running away.
const MAX_INCLUDES: usize = 2;

pub(super) struct Document<'a> {
    pub(super) source: &'a Source,
    pub(super) root: &'a Element,
    pub(super) options: &'a Options,
    /// In document order, parents before their children.
    pub(super) sites: Vec<Site<'a>>,
}

/// One element, its surroundings and its values.
pub(super) struct Site<'a> {
    pub(super) element: &'a Element,
    pub(super) parent: Option<usize>,
    /// Name of the section that it is in.
    pub(super) section: Option<&'static str>,
    /// True for what stands where policies stand; false for their own children.
    pub(super) policy: bool,
    /// Each `choose` around it, with the number of the branch.
    pub(super) branches: Vec<(usize, usize)>,
    /// It comes from an included fragment: it takes part in the flow and is not reported.
    pub(super) included: bool,
    pub(super) values: Vec<Value<'a>>,
}

/// An attribute's value or the text of an element.
pub(super) struct Value<'a> {
    /// `None` for the element's text.
    pub(super) attribute: Option<&'a str>,
    pub(super) written: &'a Text,
    /// With named values put in.
    pub(super) text: Text,
    /// Named values nobody gave a text for.
    pub(super) missing: Vec<(String, Span)>,
    pub(super) content: Content,
}

pub(super) enum Content {
    Literal,
    Expression(Box<(Expression, Facts)>),
    Broken(Vec<Problem>),
    /// A named value is missing where its text decides what is said.
    Open,
}

impl Value<'_> {
    pub(super) fn literal(&self) -> Option<&str> {
        matches!(self.content, Content::Literal).then(|| self.text.value.trim())
    }

    pub(super) fn facts(&self) -> Option<&Facts> {
        match &self.content {
            Content::Expression(parsed) => Some(&parsed.1),
            _ => None,
        }
    }

    /// Place in the file of a range of the trimmed text.
    pub(super) fn place(&self, span: Span) -> Span {
        let indent = self.text.value.len() - self.text.value.trim_start().len();
        self.text.place(span.shifted(indent))
    }

    pub(super) fn is_expression(&self) -> bool {
        is_expression(&self.text.value)
    }
}

impl<'a> Site<'a> {
    pub(super) fn name(&self) -> &'a str {
        matrix::canonical(&self.element.name)
    }

    pub(super) fn value(&self, attribute: &str) -> Option<&Value<'a>> {
        self.values
            .iter()
            .find(|value| value.attribute == Some(attribute))
    }

    /// An attribute's literal text.
    pub(super) fn literal(&self, attribute: &str) -> Option<&str> {
        self.value(attribute).and_then(Value::literal)
    }

    /// Where the element's name stands.
    pub(super) fn name_span(&self) -> Span {
        self.element.name_span
    }

    /// True when no request passes both.
    pub(super) fn excludes(&self, other: &Site<'_>) -> bool {
        self.branches.iter().any(|(choose, branch)| {
            other
                .branches
                .iter()
                .any(|(its, theirs)| its == choose && theirs != branch)
        })
    }
}

impl<'a> Document<'a> {
    pub(super) fn of(source: &'a Source, root: &'a Element, options: &'a Options) -> Document<'a> {
        let mut document = Document {
            source,
            root,
            options,
            sites: Vec::new(),
        };
        if root.name == "fragment" {
            document.children(root, &Surroundings::default());
        } else {
            for element in root.elements() {
                let section = SECTIONS.into_iter().find(|name| *name == element.name);
                let around = Surroundings {
                    section,
                    ..Surroundings::default()
                };
                document.children(element, &around);
            }
        }
        document
    }

    /// Sites that are in this document itself.
    pub(super) fn own(&self) -> impl Iterator<Item = (usize, &Site<'a>)> {
        self.sites
            .iter()
            .enumerate()
            .filter(|(_, site)| !site.included)
    }

    /// Fragments that this document includes, by id, each as often as it is included.
    pub(super) fn fragments(&self) -> impl Iterator<Item = (&'a str, &'a Source)> {
        let fragments = self.options.fragments.as_ref();
        self.sites
            .iter()
            .filter(|site| site.policy && site.name() == "include-fragment")
            .filter_map(move |site| fragments?.entry(site.literal("fragment-id")?))
    }

    /// The elements around a site, innermost first.
    pub(super) fn around(&self, site: &Site<'a>) -> impl Iterator<Item = &Site<'a>> {
        let mut next = site.parent;
        std::iter::from_fn(move || {
            let parent = &self.sites[next?];
            next = parent.parent;
            Some(parent)
        })
    }

    pub(super) fn children_of(&self, parent: usize) -> impl Iterator<Item = (usize, &Site<'a>)> {
        self.sites
            .iter()
            .enumerate()
            .skip(parent + 1)
            .filter(move |(_, site)| site.parent == Some(parent))
    }

    pub(super) fn in_section(&self, section: &str) -> impl Iterator<Item = (usize, &Site<'a>)> {
        self.sites
            .iter()
            .enumerate()
            .filter(move |(_, site)| site.section == Some(section))
    }

    fn children(&mut self, element: &'a Element, around: &Surroundings) {
        for (branch, child) in element.elements().enumerate() {
            self.site(child, around, branch);
        }
    }

    fn site(&mut self, element: &'a Element, around: &Surroundings, branch: usize) {
        let index = self.sites.len();
        let parent = around.parent.map(|parent| self.sites[parent].name());
        let in_choose = parent == Some("choose");
        let policy = !in_choose
            && around.inside_policies
            && parent.is_none_or(|name| CONTAINERS.contains(&name) || name == "include-fragment");
        let mut branches = around.branches.clone();
        if let (true, Some(choose)) = (in_choose, around.parent) {
            branches.push((choose, branch));
        }
        self.sites.push(Site {
            element,
            parent: around.parent,
            section: around.section,
            policy,
            branches: branches.clone(),
            included: around.includes > 0,
            values: values(element, self.options),
        });
        let within = Surroundings {
            parent: Some(index),
            section: around.section,
            branches,
            includes: around.includes,
            inside_policies: (policy || in_choose)
                && (CONTAINERS.contains(&element.name.as_str()) || element.name == "choose"),
        };
        // Elements in a template are text of the body that it writes.
        if !is_liquid(element) {
            self.children(element, &within);
        }
        self.include(index, &within);
    }

    fn include(&mut self, index: usize, around: &Surroundings) {
        let site = &self.sites[index];
        if !site.policy || site.name() != "include-fragment" || around.includes >= MAX_INCLUDES {
            return;
        }
        let options: &'a Options = self.options;
        let found = site
            .literal("fragment-id")
            .zip(options.fragments.as_ref())
            .and_then(|(id, fragments)| fragments.read(id));
        if let Some((_, root)) = found {
            let within = Surroundings {
                includes: around.includes + 1,
                inside_policies: true,
                ..around.clone()
            };
            self.children(root, &within);
        }
    }
}

#[derive(Clone)]
struct Surroundings {
    parent: Option<usize>,
    section: Option<&'static str>,
    branches: Vec<(usize, usize)>,
    includes: usize,
    inside_policies: bool,
}

impl Default for Surroundings {
    fn default() -> Surroundings {
        Surroundings {
            parent: None,
            section: None,
            branches: Vec::new(),
            includes: 0,
            inside_policies: true,
        }
    }
}

pub(super) fn is_liquid(element: &Element) -> bool {
    element
        .attribute("template")
        .is_some_and(|template| template.value.value == "liquid")
}

fn values<'a>(element: &'a Element, options: &Options) -> Vec<Value<'a>> {
    let attributes = element
        .attributes
        .iter()
        .map(|attribute| (Some(attribute.name.as_str()), &attribute.value));
    // Liquid has braces and tests of its own; nothing in it is C#.
    let liquid = is_liquid(element);
    let texts = element.texts().map(|text| (None, text));
    attributes
        .chain(texts.filter(|_| !liquid))
        .map(|(attribute, text)| value(attribute, text, options))
        .collect()
}

fn value<'a>(attribute: Option<&'a str>, written: &'a Text, options: &Options) -> Value<'a> {
    let (text, missing) = written.with_named_values(|name| options.named_values.get(name).cloned());
    let content = content(&text, !missing.is_empty());
    Value {
        attribute,
        written,
        text,
        missing,
        content,
    }
}

fn content(text: &Text, missing: bool) -> Content {
    let trimmed = text.value.trim();
    if !is_expression(trimmed) {
        return if missing && trimmed.starts_with("{{") {
            Content::Open
        } else {
            Content::Literal
        };
    }
    match Expression::parse(trimmed) {
        Ok(expression) => {
            let facts = expression.facts();
            Content::Expression(Box::new((expression, facts)))
        }
        // `{{name}}` between operators is no C# before its text is put in.
        Err(_) if missing => Content::Open,
        Err(problems) => Content::Broken(problems),
    }
}

pub(super) fn is_expression(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with("@(") || text.starts_with("@{")
}
