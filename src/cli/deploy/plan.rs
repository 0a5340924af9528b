use crate::cli::args::Format;
use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;
use crate::provision::{Changes, Look};

/// Prints what would change: the plan is the answer.
pub(super) fn show(terminal: &Terminal, format: Format, changes: &Changes) -> Result<(), Failure> {
    match format {
        Format::Text => terminal.data(&text(
            changes,
            Look {
                colour: terminal.colour_out(),
            },
        )),
        Format::Json => {
            terminal.data(&serde_json::to_string_pretty(&changes.json()).map_err(Failure::bug)?);
        }
    }
    Ok(())
}

/// Says what will change, before it is done.
pub(super) fn talk(terminal: &Terminal, changes: &Changes) {
    terminal.note(&text(
        changes,
        Look {
            colour: terminal.colour_err(),
        },
    ));
}

fn text(changes: &Changes, look: Look) -> String {
    format!("{}{}", changes.tree(look), changes.count())
}
