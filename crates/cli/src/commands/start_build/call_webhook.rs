use std::fs;

use serde_json::Value;
use url::Url;

use super::{Args, post_receive, tell};
use crate::api::{Api, Call};
use crate::failure::Failure;
use crate::session::{Session, Target};

/// Calls a webhook, as a git server would, and tells of the build that it starts.
pub async fn run(address: &str, args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let url = parse(address)?;
    if !url.path().ends_with("/generic") {
        session
            .terminal
            .note("warning: the '--from-webhook' flag should be called with a generic webhook URL.");
    }
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let call = match post_receive::event(args, session)? {
        Some(event) => Call::post(&target, &event),
        None => Call::poke(&target),
    };
    let answer = api(&url, session).await?.text(call).await;
    told(&answer.map_err(|failure| refused(failure, &target))?, args, session)
}

fn parse(address: &str) -> Result<Url, Failure> {
    let wrong = |why: String| Failure::usage(format!("the address of the webhook cannot be used: {why}"));
    let url = Url::parse(address).map_err(|error| wrong(error.to_string()))?;
    match url.scheme() {
        "http" | "https" if url.has_host() => Ok(url),
        scheme => Err(wrong(format!("`{scheme}` is not http or https"))),
    }
}

/// The session's server with what is known of it, or a stranger, who is shown no credentials.
async fn api(url: &Url, session: &Session<'_>) -> Result<Api, Failure> {
    if let Ok(connection) = session.connection().await
        && let Ok(own) = Url::parse(connection.api.server())
        && own.origin() == url.origin()
    {
        return Ok(connection.api.clone());
    }
    let authority = session.global.certificate_authority.as_ref();
    let pem = authority.map(|path| {
        fs::read(path).map_err(|error| Failure::refused(format!("cannot read {}: {error}", path.display())))
    });
    session.api_of(&Target {
        server: url.origin().ascii_serialization(),
        token: None,
        certificate_authority: pem.transpose()?,
        insecure: session.global.insecure_skip_tls_verify.unwrap_or_default(),
    })
}

/// The address is a secret: it is not repeated where others may read it.
fn refused(failure: Failure, target: &str) -> Failure {
    match failure.status() {
        Some(status) => Failure::refused(format!(
            "the webhook refused the call ({}): {}",
            status.code,
            status.message.replace(target, "its address")
        )),
        None => failure,
    }
}

/// The answer has the build, what was wrong with the call, both, or nothing.
fn told(answer: &str, args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut build = None;
    for document in serde_json::Deserializer::from_str(answer).into_iter::<Value>() {
        let document =
            document.map_err(|error| Failure::refused(format!("the answer of the webhook is no JSON: {error}")))?;
        match document["kind"].as_str() {
            Some("Status") => {
                let message = document["message"].as_str().unwrap_or_default();
                session.terminal.note(format!("Warning: {message}"));
            }
            _ => build = document["metadata"]["name"].as_str().map(str::to_owned),
        }
    }
    match build {
        Some(name) => tell(args, session, &name),
        None => {
            session.terminal.note("no build was started");
            Ok(())
        }
    }
}
