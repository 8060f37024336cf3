mod password;

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use url::Url;

use super::projects;
use crate::failure::Failure;
use crate::kubeconfig::{Document, cluster_name};
use crate::session::{Session, Target};

/// How many projects are listed; longer lists help nobody.
const LISTED_PROJECTS: usize = 50;

/// Log in to a server, and remember it in the kubeconfig
///
/// With a name and a password, or with a token (--token). A server's own authority is named with
/// --certificate-authority.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Address of the server; the current one by default
    url: Option<String>,
    /// Name of the user
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,
    /// Password of the user; it is asked for when it is not given, which keeps it out of the shell's history
    #[arg(short, long, value_name = "PASSWORD", requires = "username", hide_env_values = true)]
    password: Option<String>,
}

/// How the user shows who he is.
enum Proof {
    Token,
    Password,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut document = Document::open(session.kubeconfig.target())?;
    let server = address(&args, session, &document)?;
    let cluster = trust(session, &document, &server)?;
    let mut target = Target {
        server: server.as_str().trim_end_matches('/').to_string(),
        token: None,
        certificate_authority: authority(&cluster)?,
        insecure: cluster.get("insecure-skip-tls-verify") == Some(&Value::Bool(true)),
    };
    if target.insecure {
        session
            .terminal
            .note("WARNING: Using insecure TLS client config. Setting this option is not supported!");
    }
    let (token, proof) = credentials(&args, session, &target).await?;
    target.token = Some(token.clone());
    session.dial(&target).await?;
    let user = session.user_name().await.map_err(|failure| match failure.status() {
        Some(status) if status.code == 401 => Failure::refused("The token provided is invalid or expired."),
        _ => failure,
    })?;
    let projects = visible_projects(session).await?;
    let project = choose(session, &document, &projects);
    remember(
        &mut document,
        &target.server,
        &token,
        cluster,
        (&server, &user),
        &project,
    )?;
    let greeting = match proof {
        Proof::Token => format!(
            "Logged into \"{}\" as \"{user}\" using the token provided.\n\n",
            target.server
        ),
        Proof::Password => "Login successful.\n\n".to_owned(),
    };
    session
        .terminal
        .print(&(greeting + &report(session, &projects, &project)))
}

/// The token that was given, or one for the name and the password.
async fn credentials(args: &Args, session: &Session<'_>, target: &Target) -> Result<(String, Proof), Failure> {
    if let (Some(token), None) = (&session.global.token, &args.username) {
        return Ok((token.clone(), Proof::Token));
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
        session.client_of(&Target {
            server: server.as_str().trim_end_matches('/').to_string(),
            token: None,
            certificate_authority: target.certificate_authority.clone(),
            insecure: target.insecure,
        })
    };
    let token = password::token(&target.server, dial, &user, &password).await?;
    Ok((token, Proof::Password))
}

fn address(args: &Args, session: &Session<'_>, document: &Document) -> Result<Url, Failure> {
    let kept = || {
        let context = document.entry("contexts", "context", document.current_context()?)?;
        let cluster = document.entry("clusters", "cluster", context.get("cluster")?.as_str()?)?;
        cluster.get("server")?.as_str().map(str::to_string)
    };
    let text = args.url.clone().or_else(|| session.global.server.clone()).or_else(kept);
    let text = text.ok_or_else(|| Failure::usage("say which server to log in to, as https://HOST:PORT"))?;
    let full = if text.contains("://") {
        text.clone()
    } else {
        format!("https://{text}")
    };
    match full.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "https" | "http") && url.has_host() => Ok(url),
        _ => Err(Failure::usage(format!(
            "`{text}` is no address of a server; write https://HOST:PORT"
        ))),
    }
}

/// How the server's certificate is checked: as asked for now, else as remembered for the same address.
fn trust(session: &Session<'_>, document: &Document, server: &Url) -> Result<Map<String, Value>, Failure> {
    let mut cluster = document
        .entry("clusters", "cluster", &cluster_name(server))
        .cloned()
        .unwrap_or_default();
    if cluster.is_empty() {
        cluster = document
            .entry_with("clusters", "cluster", "server", server.as_str().trim_end_matches('/'))
            .unwrap_or_default();
    }
    if let Some(path) = &session.global.certificate_authority {
        let pem =
            fs::read(path).map_err(|error| Failure::refused(format!("cannot read {}: {error}", path.display())))?;
        cluster.remove("certificate-authority");
        cluster.remove("insecure-skip-tls-verify");
        // The bytes and not the path: the file may move, and the kubeconfig may travel.
        cluster.insert("certificate-authority-data".into(), STANDARD.encode(pem).into());
    }
    match session.global.insecure_skip_tls_verify {
        Some(true) => {
            cluster.remove("certificate-authority");
            cluster.remove("certificate-authority-data");
            cluster.insert("insecure-skip-tls-verify".into(), true.into());
        }
        Some(false) => {
            cluster.remove("insecure-skip-tls-verify");
        }
        None => {}
    }
    Ok(cluster)
}

fn authority(cluster: &Map<String, Value>) -> Result<Option<Vec<u8>>, Failure> {
    if let Some(data) = cluster.get("certificate-authority-data").and_then(Value::as_str) {
        let decoded = STANDARD
            .decode(data)
            .map_err(|error| Failure::refused(format!("the remembered authority is damaged: {error}")))?;
        return Ok(Some(decoded));
    }
    match cluster.get("certificate-authority").and_then(Value::as_str) {
        Some(path) => fs::read(path)
            .map(Some)
            .map_err(|error| Failure::refused(format!("cannot read {path}: {error}"))),
        None => Ok(None),
    }
}

async fn visible_projects(session: &Session<'_>) -> Result<Vec<String>, Failure> {
    match projects::list(session).await {
        Ok(list) => Ok(list.iter().map(|project| projects::name(project).to_string()).collect()),
        // A server without projects has namespaces; nothing can be listed there for everybody.
        Err(failure) if failure.is_not_found() || failure.is_forbidden() => Ok(Vec::new()),
        Err(failure) => Err(failure),
    }
}

/// Where to work: in the project asked for, the one before, `default`, or the first there is.
fn choose(session: &Session<'_>, document: &Document, projects: &[String]) -> String {
    if let Some(asked) = &session.global.namespace {
        return asked.clone();
    }
    let kept = || {
        let context = document.entry("contexts", "context", document.current_context()?)?;
        context.get("namespace")?.as_str().map(str::to_string)
    };
    let visible = |name: &String| projects.contains(name);
    kept()
        .filter(visible)
        .or_else(|| Some("default".to_string()).filter(visible))
        .or_else(|| projects.first().cloned())
        .unwrap_or_else(|| "default".into())
}

fn remember(
    document: &mut Document,
    address: &str,
    token: &str,
    cluster: Map<String, Value>,
    (server, user): (&Url, &str),
    project: &str,
) -> Result<(), Failure> {
    let cluster_name = cluster_name(server);
    let entry = document.entry_mut("clusters", "cluster", &cluster_name);
    *entry = cluster;
    entry.insert("server".into(), address.into());
    let user_name = format!("{user}/{cluster_name}");
    document
        .entry_mut("users", "user", &user_name)
        .insert("token".into(), token.into());
    document.use_context(project, &cluster_name, &user_name);
    Ok(document.save()?)
}

fn report(session: &Session<'_>, projects: &[String], project: &str) -> String {
    let mut text = String::new();
    match projects {
        [] => text.push_str(&format!(
            "You don't have any projects. You can try to create a new project, by running\n\n    {} new-project <projectname>\n",
            session.program
        )),
        [only] => text.push_str(&format!("You have one project on this server: \"{only}\"\n\nUsing project \"{project}\".\n")),
        several if several.len() <= LISTED_PROJECTS => {
            text.push_str(&format!(
                "You have access to the following projects and can switch between them with '{} project <projectname>':\n\n",
                session.program
            ));
            for name in several {
                text.push_str(&format!("  {} {name}\n", if name == project { '*' } else { ' ' }));
            }
            text.push_str(&format!("\nUsing project \"{project}\".\n"));
        }
        several => text.push_str(&format!(
            "You have access to {} projects, the list has been suppressed. You can list all projects with '{} projects'\n\nUsing project \"{project}\".\n",
            several.len(),
            session.program
        )),
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::{Server, status};

    const REVIEW: &str = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";
    const PROJECTS: &str = "GET /apis/project.openshift.io/v1/projects?limit=500";

    #[tokio::test]
    async fn a_login_is_remembered_for_its_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("kube/config");
        let server = Server::new();
        server.on(REVIEW, 201, json!({"status": {"userInfo": {"username": "developer"}}}));
        server.on(
            PROJECTS,
            200,
            json!({"items": [{"metadata": {"name": "b"}}, {"metadata": {"name": "a"}}]}),
        );
        let outcome = server
            .run(&format!(
                "login https://127.0.0.1:8443 --token=sha256~t --kubeconfig={}",
                file.display()
            ))
            .await;
        assert_eq!(
            outcome.out,
            "Logged into \"https://127.0.0.1:8443\" as \"developer\" using the token provided.\n\n\
             You have access to the following projects and can switch between them with 'weir project <projectname>':\n\n  \
             * a\n    b\n\nUsing project \"a\".\n",
            "{}",
            outcome.err
        );
        let config: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(config["current-context"], "a/127-0-0-1:8443/developer");
        assert_eq!(
            config["users"][0],
            json!({"name": "developer/127-0-0-1:8443", "user": {"token": "sha256~t"}})
        );
        assert_eq!(
            config["clusters"][0]["cluster"],
            json!({"server": "https://127.0.0.1:8443"})
        );
    }

    #[tokio::test]
    async fn a_wrong_token_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("config");
        let server = Server::new();
        server.on(REVIEW, 401, status(401, "Unauthorized", "Unauthorized"));
        let outcome = server
            .run(&format!(
                "login https://127.0.0.1:8443 --token=bogus --kubeconfig={}",
                file.display()
            ))
            .await;
        assert_eq!(
            (outcome.err.as_str(), outcome.code),
            ("error: The token provided is invalid or expired.\n", 1)
        );
        assert!(!file.exists());
    }

    #[tokio::test]
    async fn the_certificate_authority_travels_with_the_kubeconfig() {
        let directory = tempfile::tempdir().unwrap();
        let (file, ca) = (directory.path().join("config"), directory.path().join("ca.crt"));
        std::fs::write(&ca, "PEM").unwrap();
        let server = Server::new();
        server.on(REVIEW, 201, json!({"status": {"userInfo": {"username": "developer"}}}));
        server.on(PROJECTS, 200, json!({"items": []}));
        let words = format!(
            "login https://h:1 --token=t --kubeconfig={} --certificate-authority={}",
            file.display(),
            ca.display()
        );
        assert_eq!(server.run(&words).await.code, 0);
        let config: Value = serde_saphyr::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        assert_eq!(config["clusters"][0]["cluster"]["certificate-authority-data"], "UEVN");
    }
}
