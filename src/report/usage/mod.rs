//! What Azure Monitor reported, for people: a verdict, tables, charts, a page, and the same as JSON,
//! CSV and Markdown.

mod bins;
mod listings;
mod machine;
mod page;
mod words;

#[cfg(test)]
mod tests;

pub(in crate::report) use bins::{Bins, hour, zone_name};
pub(crate) use machine::{usage_csv, usage_json};
pub(crate) use page::{usage_charts, usage_html, usage_markdown, usage_tables};
