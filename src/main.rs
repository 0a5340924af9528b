//! The `apimon` command. Everything is in the library; see its documentation.

fn main() -> std::process::ExitCode {
    apim_token_monitor::run()
}
