//! Ctrl-C while an ARM deployment runs: it runs in Azure, not here, so it can go on.

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::arguments::OnInterrupt;
use super::ask;
use crate::cli::terminal::Terminal;
use crate::deployer::Wish;

/// Wishes of whoever presses Ctrl-C. It ends with the runtime that it is spawned on.
pub(super) fn wishes(terminal: &Terminal, on: OnInterrupt) -> Receiver<Wish> {
    let (sender, receiver) = channel(1);
    let terminal = terminal.clone();
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if wish(&terminal, on, &sender).await.is_none() {
                return;
            }
        }
    });
    receiver
}

/// Asks when it has to; nothing when nobody listens any more.
async fn wish(terminal: &Terminal, on: OnInterrupt, sender: &Sender<Wish>) -> Option<()> {
    // An earlier deployment of this command has ended; whoever follows the next one asks.
    if sender.is_closed() {
        return None;
    }
    let wish = match on {
        OnInterrupt::Cancel => Wish::Cancel,
        OnInterrupt::Leave => Wish::Leave,
        OnInterrupt::Ask if !ask::can_ask() => Wish::Leave,
        OnInterrupt::Ask => {
            let (answer, answered) = tokio::sync::oneshot::channel();
            let asking = terminal.clone();
            // A thread of its own: nothing ends the reading of a line but the end of the process.
            std::thread::spawn(move || {
                let question = "the deployment runs in Azure: cancel it (c), leave it running (l), or go on watching (w)?";
                let letter = ask::choice(&asking, question, &['w', 'c', 'l']);
                // Nobody waits for the answer when Ctrl-C came again.
                let _late = answer.send(letter.unwrap_or('l'));
            });
            let letter = tokio::select! {
                letter = answered => letter.unwrap_or('l'),
                _again = tokio::signal::ctrl_c() => 'l',
            };
            match letter {
                'c' => Wish::Cancel,
                'l' => Wish::Leave,
                _ => return Some(()),
            }
        }
    };
    if wish == Wish::Cancel {
        terminal.complain("cancelling the deployment");
    }
    sender.send(wish).await.ok()
}
