use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::api::Call;
use crate::failure::Failure;
use crate::kubeconfig::Document;
use crate::session::Session;

/// End the session: the token of the current context ends on the server and is forgotten here
#[derive(clap::Args, Debug)]
pub struct Args {}

pub async fn run(_: Args, session: &Session<'_>) -> Result<(), Failure> {
    let connection = session.connection().await?;
    let server = connection.api.server().to_string();
    let mut document = Document::open(session.kubeconfig.target())?;
    let field = |document: &Document| {
        let context = document.entry("contexts", "context", &connection.context)?;
        context.get("user")?.as_str().map(str::to_string)
    };
    let nobody = || Failure::refused("you are not logged in: the kubeconfig names no user for the current context");
    let user = field(&document).ok_or_else(nobody)?;
    let fields = document.entry_mut("users", "user", &user);
    let Some(token) = fields.remove("token") else {
        return Err(Failure::refused("You must have a token in order to logout."));
    };
    if let Some(name) = token.as_str().and_then(token_name) {
        end(session, &name).await?;
    }
    document.save()?;
    let short = user.split('/').next().unwrap_or(&user);
    session.terminal.line(format!("Logged \"{short}\" out on \"{server}\""))
}

/// Ends the token on the server. One that it does not know any more, or that is not kept there, is as good as ended.
async fn end(session: &Session<'_>, name: &str) -> Result<(), Failure> {
    let path = format!("/apis/oauth.openshift.io/v1/oauthaccesstokens/{name}");
    let ended = session.api().await?.json(Call::delete(&path, &json!({}))).await;
    let Err(failure) = ended else { return Ok(()) };
    if !failure.is_not_found() && failure.status().is_none_or(|status| status.code != 401) {
        let why = failure.text().unwrap_or_default();
        session.terminal.note(format!(
            "the token is forgotten here, but lives on at the server until it expires: {why}"
        ));
    }
    Ok(())
}

/// The name under which servers keep a user's token: they know only its hash.
fn token_name(token: &str) -> Option<String> {
    const PREFIX: &str = "sha256~";
    let secret = token.strip_prefix(PREFIX)?;
    Some(format!(
        "{PREFIX}{}",
        URL_SAFE_NO_PAD.encode(Sha256::digest(secret.as_bytes()))
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::{Server, status};

    #[tokio::test]
    async fn the_token_is_forgotten_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config");
        let config = "contexts:\n- name: myproject/127-0-0-1:8443/admin\n  context: {cluster: c, user: admin/c}\n\
                      users:\n- name: admin/c\n  user: {token: secret, other: kept}\n";
        std::fs::write(&file, config).unwrap();
        let words = format!("logout --kubeconfig={}", file.display());
        assert_eq!(
            Server::new().run(&words).await.out,
            "Logged \"admin\" out on \"https://127.0.0.1:8443\"\n"
        );
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("secret") && text.contains("other: kept"), "{text}");
        assert_eq!(Server::new().run(&words).await.code, 1);
    }
    #[tokio::test]
    async fn the_token_of_a_user_ends_on_the_server_too() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config");
        let config = "contexts:\n- name: myproject/127-0-0-1:8443/admin\n  context: {cluster: c, user: jane/c}\n\
                      users:\n- name: jane/c\n  user: {token: sha256~test}\n";
        // The SHA-256 of "test".
        let call =
            "DELETE /apis/oauth.openshift.io/v1/oauthaccesstokens/sha256~n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg";
        let words = format!("logout --kubeconfig={}", file.display());
        for (code, answer, note) in [
            (200, json!({}), ""),
            (404, status(404, "NotFound", "not found"), ""),
            (401, status(401, "Unauthorized", "Unauthorized"), ""),
            (
                500,
                status(500, "InternalError", "broken"),
                "the token is forgotten here",
            ),
        ] {
            std::fs::write(&file, config).unwrap();
            let server = Server::new();
            server.on(call, code, answer);
            let outcome = server.run(&words).await;
            assert_eq!(outcome.out, "Logged \"jane\" out on \"https://127.0.0.1:8443\"\n");
            assert!(
                outcome.err.starts_with(note) && outcome.err.is_empty() == note.is_empty(),
                "{}",
                outcome.err
            );
            assert_eq!(server.calls(), [call]);
            assert!(!std::fs::read_to_string(&file).unwrap().contains("sha256~test"));
        }
    }
}
