//! What a run tells people: the numbers of `summary.json`, charts, the page, terminal tables.
//!
//! A run comes whole, or as a `Digest`: what is kept of its requests in bounded memory. Charts and
//! pages are made from either, through one `Report`.
//!
//! Pure, and it sees results only, never live state. It draws no clock and no disk into a file:
//! the same run gives the same bytes.

mod axis;
mod chart;
mod compare;
mod cost;
mod csv;
mod digest;
mod grid;
mod group;
mod html;
mod junit;
mod level;
mod listing;
mod look;
mod markdown;
mod observed;
mod openmetrics;
mod otlp;
mod outcome;
mod peak;
mod retry;
mod stats;
mod summary;
mod svg;
mod tables;
mod usage;
mod verdict;
mod whole;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;

pub(crate) use chart::Chart;
pub(crate) use compare::{
    Comparison, compare, markdown as comparison_markdown, tables as comparison_tables,
};
pub(crate) use cost::Tag;
pub(crate) use csv::csv;
pub(crate) use digest::{Digest, LineError};
pub(crate) use html::html;
pub(crate) use junit::junit;
pub(crate) use markdown::markdown;
pub(crate) use openmetrics::openmetrics;
pub(crate) use otlp::otlp;
pub(crate) use summary::schema;
pub(crate) use tables::tables;
pub(crate) use usage::{
    usage_charts, usage_csv, usage_html, usage_json, usage_markdown, usage_tables,
};
pub(crate) use whole::Report;
