use url::Url;

use super::{Args, password};
use crate::failure::Failure;
use crate::identity;
use crate::kubeconfig::{Document, cluster_name};
use crate::session::{Session, Target};

/// How the user showed who he is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Token,
    Password,
    /// The token of an earlier login.
    Kept,
}

/// The token that was given, or one for the name and the password.
pub(super) async fn find(
    args: &Args,
    session: &Session<'_>,
    document: &Document,
    server: &Url,
    target: &Target,
) -> Result<(String, Proof), Failure> {
    if let (Some(token), None) = (&session.global.token, &args.username) {
        return Ok((token.clone(), Proof::Token));
    }
    if let (Some(user), None) = (&args.username, &args.password)
        && let Some(token) = kept(session, document, server, user, target).await?
    {
        return Ok((token, Proof::Kept));
    }
    let unreadable = |error: std::io::Error| Failure::refused(format!("the terminal cannot be read: {error}"));
    let user = match &args.username {
        Some(user) => user.clone(),
        None if session.terminal.is_interactive() => session.terminal.ask("Username: ").map_err(unreadable)?,
        None => {
            return Err(
                Failure::usage("say who you are: with -u NAME and a password, or with --token TOKEN")
                    .hint("the local server's own token stands in the kubeconfig of its data directory")
                    .hint(format!(
                        "`{} user add NAME` lets somebody log in to a local server",
                        session.program
                    )),
            );
        }
    };
    let password = match &args.password {
        Some(password) => password.clone(),
        None => session.terminal.ask_secret("Password: ").map_err(unreadable)?,
    };
    let dial = |server: &Url| {
        let target = Target {
            server: server.as_str().trim_end_matches('/').to_string(),
            token: None,
            certificate_authority: target.certificate_authority.clone(),
            insecure: target.insecure,
        };
        Ok(session.api_of(&target)?.client().clone())
    };
    let token = password::token(&target.server, dial, &user, &password).await?;
    Ok((token, Proof::Password))
}

/// The token that the kubeconfig has for this user, if the server still takes it for his.
async fn kept(
    session: &Session<'_>,
    document: &Document,
    server: &Url,
    user: &str,
    target: &Target,
) -> Result<Option<String>, Failure> {
    let entry = document.entry("users", "user", &format!("{user}/{}", cluster_name(server)));
    let Some(token) = entry.and_then(|entry| entry.get("token")?.as_str()) else {
        return Ok(None);
    };
    let api = session.api_of(&Target {
        token: Some(token.to_owned()),
        ..target.clone()
    })?;
    match identity::user_name(&api).await {
        Ok(name) => Ok(Some(token.to_owned()).filter(|_| name == user)),
        Err(failure) if failure.status().is_some() => Ok(None),
        Err(failure) => Err(failure),
    }
}
