use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;

use super::arguments::WatchArguments;
use super::local::{self, Silence};
use super::screen::{Screen, Waited};
use super::serve::{Page, Shown};
use crate::base::format_duration;
use crate::cli::args::Format;
use crate::cli::failure::{Failure, Verdict};
use crate::cli::terminal::Terminal;
use crate::cli::{Outcome, config};
use crate::clock::Clock;
use crate::dashboard::{Source, State, line};
use crate::http::{self, Endpoint};
use crate::monitor::Now;

const LOCAL_INTERVAL: Duration = Duration::from_secs(1);
/// Keys are heard that often.
const KEY_WAIT: Duration = Duration::from_millis(100);

pub(crate) fn run(terminal: &Terminal, arguments: &WatchArguments) -> Outcome {
    check(arguments)?;
    http::install_crypto();
    let settings = config::read(arguments.target.as_deref())?;
    let Some(url) = settings.gateway_url else {
        return Err(Failure::input("there is no gateway to watch").hint(
            "start one with `apimon emulate`, and give the URL that it prints as `--target`",
        ));
    };
    let endpoint = Endpoint::parse(&url.value).map_err(Failure::bug)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(Failure::bug)?;
    let first = runtime
        .block_on(local::ask(&endpoint))
        .map_err(|silence| refused(&silence))?;
    let interval = arguments.interval.unwrap_or(LOCAL_INTERVAL);
    let mut state = State::new(Source {
        name: format!("local gateway at {endpoint}"),
        delay: None,
        interval: format_duration(interval),
    });
    state.refresh(first);
    let mut watch = Watch {
        terminal,
        arguments,
        runtime,
        interval,
        shown: Arc::new(Mutex::new(state)),
        endpoint,
    };
    watch.page()?;
    if io::stdout().is_terminal() && arguments.serve.is_none() && arguments.format == Format::Text {
        watch.on_screen()
    } else {
        watch.by_line()
    }
}

fn check(arguments: &WatchArguments) -> Result<(), Failure> {
    match arguments.serve {
        Some(address) if !address.ip().is_loopback() && !arguments.public => {
            let failure = format!("`--serve {address}` is an address that other machines reach");
            Err(Failure::input(failure).hint(
                "the page shows names of subscriptions to whoever asks; give `127.0.0.1:PORT`, or `--public` \
                 if that is what you want",
            ))
        }
        _ => Ok(()),
    }
}

fn refused(silence: &Silence) -> Failure {
    let failure = Failure::remote(silence);
    match silence {
        Silence::Unreachable(_) => failure.hint("`apimon emulate` prints the URL of its gateway"),
        Silence::Foreign(_) => {
            failure.hint("only gateways that `apimon emulate` runs can be watched at once")
        }
    }
}

struct Watch<'a> {
    terminal: &'a Terminal,
    arguments: &'a WatchArguments,
    runtime: Runtime,
    interval: Duration,
    shown: Shown,
    endpoint: Endpoint,
}

impl Watch<'_> {
    /// Begins to serve the page, if one is wanted.
    fn page(&self) -> Result<(), Failure> {
        let Some(address) = self.arguments.serve else {
            return Ok(());
        };
        let refresh = self.interval.as_secs().max(1);
        let page = self.runtime.block_on(Page::listen(address, refresh));
        let page =
            page.map_err(|cause| Failure::input(format!("cannot listen on {address}: {cause}")))?;
        self.terminal.data(&format!("http://{}", page.address));
        self.runtime.spawn(page.serve(Arc::clone(&self.shown)));
        Ok(())
    }

    fn on_screen(&mut self) -> Outcome {
        let clock = Clock::start();
        let mut screen = Screen::take(self.terminal.colour_out()).map_err(Failure::bug)?;
        let mut looks = 1;
        loop {
            let state = self.state();
            screen.show(&state).map_err(Failure::bug)?;
            if self.enough(looks) {
                return Ok(Verdict::Done);
            }
            let next = clock.now() + self.interval;
            loop {
                let left = clock.until(next);
                if left.is_zero() {
                    break;
                }
                let waited = screen.wait(left.min(KEY_WAIT), &state);
                if waited.map_err(Failure::bug)? == Waited::Quit {
                    return Ok(Verdict::Done);
                }
            }
            self.look();
            looks += 1;
        }
    }

    /// A line for every look, until Ctrl-C.
    fn by_line(&mut self) -> Outcome {
        let clock = Clock::start();
        let mut looks = 1;
        loop {
            self.print()?;
            if self.enough(looks) {
                return Ok(Verdict::Done);
            }
            let next = clock.now() + self.interval;
            let stopped = self.runtime.block_on(async {
                tokio::select! {
                    stopped = tokio::signal::ctrl_c() => Some(stopped),
                    () = clock.sleep_until(next) => None,
                }
            });
            if let Some(stopped) = stopped {
                stopped.map_err(Failure::bug)?;
                return Ok(Verdict::Done);
            }
            if let Some(why) = self.look() {
                self.terminal.complain(&format!("warning: {why}"));
            }
            looks += 1;
        }
    }

    fn enough(&self, looks: u64) -> bool {
        self.arguments.count.is_some_and(|count| looks >= count)
    }

    fn print(&self) -> Result<(), Failure> {
        // With a page, lines are for whoever looks at the terminal.
        let state = self.state();
        match self.arguments.format {
            Format::Json => {
                let text = serde_json::to_string(state.now()).map_err(Failure::bug)?;
                self.terminal.data(&text);
            }
            Format::Text if self.arguments.serve.is_some() => self.terminal.note(&line(&state)),
            Format::Text => self.terminal.data(&line(&state)),
        }
        Ok(())
    }

    fn state(&self) -> State {
        self.shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Asks once more; says why nothing came.
    fn look(&self) -> Option<String> {
        let answer: Result<Now, Silence> = self.runtime.block_on(local::ask(&self.endpoint));
        let mut state = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(now) => {
                state.refresh(now);
                None
            }
            Err(silence) => {
                let why = silence.to_string();
                state.silent(why.clone());
                Some(why)
            }
        }
    }
}
