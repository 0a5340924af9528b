//! What a run tells people: the numbers of `summary.json`, charts, the page, terminal tables.
//!
//! Pure, and it sees results only, never live state. It draws no clock and no disk into a file:
//! the same run gives the same bytes.

mod axis;
mod chart;
mod compare;
mod grid;
mod group;
mod html;
mod junit;
mod listing;
mod look;
mod markdown;
mod observed;
mod outcome;
mod peak;
mod retry;
mod stats;
mod summary;
mod svg;
mod tables;
mod usage;
mod verdict;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

pub(crate) use chart::Chart;
pub(crate) use chart::charts;
pub(crate) use compare::{
    Comparison, compare, markdown as comparison_markdown, tables as comparison_tables,
};
pub(crate) use html::html;
pub(crate) use junit::junit;
pub(crate) use markdown::markdown;
pub(crate) use summary::summary;
pub(crate) use tables::tables;
pub(crate) use usage::{
    usage_charts, usage_csv, usage_html, usage_json, usage_markdown, usage_tables,
};
