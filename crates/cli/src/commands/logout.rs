use crate::failure::Failure;
use crate::kubeconfig::Document;
use crate::session::Session;

/// Forget the token of the current context
///
/// The token itself stays valid until it expires or is removed on the server.
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
    if fields.remove("token").is_none() {
        return Err(Failure::refused(format!(
            "you are not logged in with a token on {server}"
        )));
    }
    document.save()?;
    let short = user.split('/').next().unwrap_or(&user);
    session.terminal.line(format!("Logged \"{short}\" out on \"{server}\""))
}

#[cfg(test)]
mod tests {
    use crate::testing::Server;

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
}
