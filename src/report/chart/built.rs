use crate::report::look;
use crate::report::svg::{Anchor, Ink, Picture, picture};

/// One chart, ready to be written and to be set into a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Chart {
    /// Stem of its file name.
    pub(crate) id: &'static str,
    pub(crate) title: String,
    pub(crate) description: String,
    /// A document of its own.
    pub(crate) svg: String,
    /// The same shapes for a page that has the style; absent when there is nothing to draw.
    pub(in crate::report) inline: Option<String>,
    /// Why there is nothing to draw.
    pub(in crate::report) words: Option<&'static str>,
    /// What the picture shows, for readers who cannot see it.
    pub(crate) table: DataTable,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct DataTable {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Chart {
    pub(super) fn drawn(
        id: &'static str,
        title: impl Into<String>,
        description: impl Into<String>,
        picture: &Picture,
        table: DataTable,
    ) -> Chart {
        let (title, description) = (title.into(), description.into());
        Chart {
            id,
            svg: look::standalone(&title, &description, picture),
            inline: Some(look::inline(&title, &description, picture)),
            words: None,
            title,
            description,
            table,
        }
    }

    pub(super) fn empty(id: &'static str, title: impl Into<String>, words: &'static str) -> Chart {
        let title = title.into();
        let said = picture(24.0, |canvas| {
            canvas.text((0.0, 12.0), Anchor::Left, Ink::Soft, words);
        });
        Chart {
            id,
            svg: look::standalone(&title, words, &said),
            inline: None,
            words: Some(words),
            title,
            description: words.to_owned(),
            table: DataTable::default(),
        }
    }
}

impl DataTable {
    pub(super) fn new(head: &[&str]) -> DataTable {
        DataTable {
            head: head.iter().map(|&name| name.to_owned()).collect(),
            rows: Vec::new(),
        }
    }
}
