use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use crate::base::parse_duration;
use crate::cli::args::Format;

#[derive(Debug, Args)]
pub(crate) struct WatchArguments {
    /// `local`, a name of `apimon.toml`, or the URL of a gateway, instead of `APIM_GATEWAY_URL`
    #[arg(long, value_name = "NAME|URL")]
    pub(super) target: Option<String>,

    /// Between two looks: `1s` for a local gateway, `30s` for Azure Monitor unless given
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub(super) interval: Option<Duration>,

    /// Stop after so many looks
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) count: Option<u64>,

    /// Serve a page that refreshes itself at this address, such as `127.0.0.1:8080`; port 0 lets the
    /// system choose
    #[arg(long, value_name = "ADDR")]
    pub(super) serve: Option<SocketAddr>,

    /// Let `--serve` listen on an address that other machines reach
    #[arg(long, requires = "serve")]
    pub(super) public: bool,

    /// What a pipe gets for every look: a line, or a line of JSON
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

fn span(text: &str) -> Result<Duration, String> {
    let span = parse_duration(text).map_err(str::to_owned)?;
    if span < Duration::from_millis(100) {
        return Err("the shortest interval is 100ms".to_owned());
    }
    Ok(span)
}
