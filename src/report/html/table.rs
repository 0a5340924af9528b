//! Tables that scroll inside their own box, so that the page never does sideways.

use crate::report::svg::{escape, put};

/// A column and whether it holds numbers, which are set flush right.
pub(super) type Column<'a> = (&'a str, bool);

/// `caption` names the table for everybody and the box for readers who move by keyboard.
pub(super) fn write(out: &mut String, caption: &str, columns: &[Column<'_>], rows: &[Vec<String>]) {
    // Where all cells are numbers, the table says so once instead of every cell.
    let plain = columns.iter().skip(1).all(|(_, numeric)| *numeric);
    put!(
        out,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table{1}>\n<caption>{0}</caption>\n<thead><tr>",
        escape(caption),
        if plain { " class=\"numbers\"" } else { "" },
    );
    for (name, numeric) in columns {
        put!(
            out,
            "<th scope=\"col\"{}>{}</th>",
            class(*numeric),
            escape(name)
        );
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (place, (cell, (_, numeric))) in row.iter().zip(columns).enumerate() {
            let class = class(*numeric && !(plain && place > 0));
            if place == 0 {
                put!(out, "<th scope=\"row\"{class}>{}</th>", escape(cell));
            } else {
                put!(out, "<td{class}>{}</td>", escape(cell));
            }
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}

fn class(numeric: bool) -> &'static str {
    if numeric { " class=\"number\"" } else { "" }
}
