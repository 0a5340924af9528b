//! Whole responses in the gateway's cache: by request, and by the meaning of a prompt.

use super::Template;

#[derive(Debug, Clone)]
pub(crate) enum Caching {
    LookUp(CacheLookup),
    Store(CacheStore),
    SemanticLookUp(SemanticLookup),
    SemanticStore(CacheStore),
}

#[derive(Debug, Clone)]
pub(crate) struct CacheLookup {
    pub(crate) vary_by_developer: Template,
    pub(crate) vary_by_groups: Template,
    pub(crate) allow_private: Template,
    /// `none`, `private` or `public`.
    pub(crate) downstream: Template,
    pub(crate) must_revalidate: Template,
    pub(crate) vary_by_headers: Vec<Template>,
    /// Names, several in one separated by `;`.
    pub(crate) vary_by_parameters: Vec<Template>,
}

#[derive(Debug, Clone)]
pub(crate) struct CacheStore {
    /// Seconds.
    pub(crate) duration: Template,
    /// Whether to keep the response; only status 200 is kept when absent.
    pub(crate) cache_response: Option<Template>,
}

#[derive(Debug, Clone)]
pub(crate) struct SemanticLookup {
    /// From 0.0 to 1.0; lower values ask for more similarity.
    pub(crate) score_threshold: Template,
    pub(crate) backend: Template,
    pub(crate) ignore_system: Template,
    pub(crate) max_messages: Option<Template>,
    pub(crate) vary_by: Vec<Template>,
}

impl Caching {
    /// What may be an expression in the elements that run after the backend.
    pub(crate) fn templates(&self) -> Vec<&Template> {
        match self {
            Caching::Store(store) | Caching::SemanticStore(store) => [&store.duration]
                .into_iter()
                .chain(&store.cache_response)
                .collect(),
            Caching::LookUp(_) | Caching::SemanticLookUp(_) => Vec::new(),
        }
    }
}
