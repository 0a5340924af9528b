use std::io::{self, BufRead as _, IsTerminal as _};

use crate::cli::failure::Failure;
use crate::cli::terminal::Terminal;

/// An answer to "go on?".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Consent {
    Given,
    Refused,
}

/// Asks at a terminal; elsewhere nobody can be asked, and nothing is guessed.
///
/// # Errors
///
/// When there is no terminal and no `--yes`.
pub(in crate::cli) fn consent(
    terminal: &Terminal,
    yes: bool,
    question: &str,
) -> Result<Consent, Failure> {
    if yes {
        return Ok(Consent::Given);
    }
    if !can_ask() {
        return Err(
            Failure::input("nobody can be asked here, so nothing was changed")
                .hint("look at it with `--plan`, then give `--yes`"),
        );
    }
    Ok(
        match line(terminal, &format!("{question} [y/N]"))?.as_str() {
            "y" | "yes" => Consent::Given,
            _ => Consent::Refused,
        },
    )
}

/// One of several letters; the first when nothing is typed.
///
/// # Errors
///
/// When stdin is closed.
pub(super) fn choice(
    terminal: &Terminal,
    question: &str,
    letters: &[char],
) -> Result<char, Failure> {
    loop {
        let answer = line(terminal, question)?;
        match answer.chars().next() {
            None => return Ok(letters[0]),
            Some(letter) if letters.contains(&letter) => return Ok(letter),
            Some(_) => terminal.complain(&format!(
                "type one of {}",
                letters
                    .iter()
                    .map(char::to_string)
                    .collect::<Vec<_>>()
                    .join(", ")
            )),
        }
    }
}

pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn line(terminal: &Terminal, question: &str) -> Result<String, Failure> {
    terminal.complain(question);
    let mut text = String::new();
    let read = io::stdin().lock().read_line(&mut text);
    match read {
        Ok(0) | Err(_) => Err(Failure::input("stdin was closed before an answer came")),
        Ok(_) => Ok(text.trim().to_lowercase()),
    }
}
