//! What `llm-content-safety` says.

use super::Template;

#[derive(Debug, Clone)]
pub(crate) struct ContentSafety {
    pub(crate) backend: Template,
    pub(crate) shield_prompt: Template,
    pub(crate) enforce_on_completions: Template,
    /// Characters.
    pub(crate) window: Template,
    pub(crate) overlap: Template,
    /// `FourSeverityLevels` or `EightSeverityLevels`.
    pub(crate) output_type: Template,
    /// Names with the severity from which on they are refused.
    pub(crate) categories: Vec<(Template, Template)>,
    pub(crate) blocklists: Vec<Template>,
}
