//! Structured logs on standard error.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging. `WEIR_LOG` chooses what is shown, in the syntax of `tracing_subscriber::EnvFilter`; without it,
/// `default` does. Control characters are escaped by the formatter, so that hostile text cannot drive a terminal.
pub fn init(default: &str) {
    let filter = EnvFilter::try_from_env("WEIR_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let built = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(true)
        // They would go to standard error too, and be the end of whoever logs when that is a file on a full disk.
        .log_internal_errors(false)
        .try_init();
    if built.is_err() {
        // A second call in one process (tests) keeps the first subscriber.
        tracing::debug!("logging was started before");
    }
}
