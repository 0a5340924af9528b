//! The terminal as a screen: taken at the beginning, given back at the end, however that comes.

use std::io;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};

use crate::dashboard::{State, draw};

#[derive(Debug)]
pub(super) struct Screen {
    terminal: DefaultTerminal,
    colour: bool,
}

/// Why waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    Enough,
    Quit,
}

impl Screen {
    /// Takes the terminal; a panic gives it back before it is printed.
    pub(super) fn take(colour: bool) -> io::Result<Screen> {
        Ok(Screen {
            terminal: ratatui::try_init()?,
            colour,
        })
    }

    pub(super) fn show(&mut self, state: &State) -> io::Result<()> {
        let colour = self.colour;
        self.terminal.draw(|frame| draw(frame, state, colour))?;
        Ok(())
    }

    /// One short wait, in which keys are heard and a new size is drawn.
    pub(super) fn wait(&mut self, span: Duration, state: &State) -> io::Result<Waited> {
        if !event::poll(span)? {
            return Ok(Waited::Enough);
        }
        match event::read()? {
            Event::Key(key) if key.kind == KeyEventKind::Press => {
                let control = key.modifiers.contains(KeyModifiers::CONTROL);
                match key.code {
                    KeyCode::Char('q') | KeyCode::Esc => return Ok(Waited::Quit),
                    KeyCode::Char('c') if control => return Ok(Waited::Quit),
                    _ => {}
                }
            }
            Event::Resize(_, _) => self.show(state)?,
            _ => {}
        }
        Ok(Waited::Enough)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing back.
        let _gone = ratatui::try_restore();
    }
}
