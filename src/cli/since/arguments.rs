use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::base::parse_duration;
use crate::cli::azure::CloudArguments;
use crate::cli::failure::Failure;
use crate::usage::Window;

/// Reports from Azure Monitor instead of a run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Azure Monitor")]
pub(in crate::cli) struct SinceArguments {
    /// Report what Azure Monitor knows of so long: `1h`, `7d`
    #[arg(long, value_name = "TIME", conflicts_with = "from")]
    pub(super) since: Option<String>,

    /// Report what Azure Monitor knows from this time on: RFC 3339, or a local time of `--time-zone`
    #[arg(long, value_name = "TIME")]
    pub(super) from: Option<String>,

    /// End of `--from`; now, unless given
    #[arg(long, value_name = "TIME", requires = "from")]
    pub(super) to: Option<String>,

    /// Time zone of times that are read and shown, such as `Europe/Berlin`
    #[arg(long, value_name = "NAME", default_value = "UTC", value_parser = zone)]
    pub(super) time_zone: TimeZone,

    /// Tokens per minute that each subscription may use, to hold against
    #[arg(long, env = "TPM_LIMIT", value_name = "TOKENS")]
    pub(super) tpm: Option<u64>,

    /// Name of the API Management service, where the resource group has several
    #[arg(long, value_name = "NAME")]
    pub(super) apim_name: Option<String>,

    /// Namespace that the policy gives its token metrics
    #[arg(long, value_name = "NAME", default_value = "API Management")]
    pub(super) metric_namespace: String,

    /// Folder for the page, the charts and the tables
    #[arg(long, value_name = "DIR")]
    pub(super) usage_out: Option<PathBuf>,

    #[command(flatten)]
    pub(super) cloud: CloudArguments,
}

fn zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| "it is not a name such as `Europe/Berlin`".to_owned())
}

impl SinceArguments {
    pub(super) fn window(&self, now: Timestamp) -> Result<Window, Failure> {
        let (from, to) = match (&self.since, &self.from) {
            (Some(since), _) => {
                let span = parse_duration(since)
                    .map_err(|problem| Failure::input(format!("`--since {since}`: {problem}")))?;
                let from = now.checked_sub(span);
                let long = |_| Failure::input(format!("`--since {since}` is too long"));
                (from.map_err(long)?, now)
            }
            (None, from) => {
                let from = from.as_deref().unwrap_or_default();
                let to = self.to.as_deref().map(|to| self.moment("--to", to));
                (self.moment("--from", from)?, to.transpose()?.unwrap_or(now))
            }
        };
        Window::new(from, to, now).map_err(|error| {
            Failure::input(error)
                .hint("give `--since 1h`, or `--from` and `--to` of the last 93 days")
        })
    }

    /// With an offset it is what it says; without one, the clock of the time zone. A time that the
    /// clock jumps over is the one after the jump.
    fn moment(&self, flag: &str, text: &str) -> Result<Timestamp, Failure> {
        let text = text.trim();
        if let Ok(moment) = text.parse() {
            return Ok(moment);
        }
        let civil = text.parse::<jiff::civil::DateTime>().or_else(|_| {
            let day: jiff::civil::Date = text.parse()?;
            Ok::<_, jiff::Error>(day.at(0, 0, 0, 0))
        });
        let moment = civil.and_then(|civil| self.time_zone.to_timestamp(civil));
        moment.map_err(|_| {
            Failure::input(format!("`{flag} {text}` is not a time"))
                .hint("write `2026-01-31T09:00:00Z`, or `2026-01-31T09:00` or `2026-01-31` of `--time-zone`")
        })
    }
}
