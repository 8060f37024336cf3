mod credentials;
mod greeting;
mod password;
mod server;

use serde_json::{Map, Value};
use url::Url;

use super::projects;
use crate::failure::Failure;
use crate::kubeconfig::{Document, cluster_name};
use crate::session::{Session, Target};

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

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut document = Document::open(session.kubeconfig.target())?;
    let server = server::address(&args, session, &document)?;
    let cluster = server::trust(session, &document, &server)?;
    let mut target = Target {
        server: server.as_str().trim_end_matches('/').to_string(),
        token: None,
        certificate_authority: server::authority(&cluster)?,
        insecure: cluster.get("insecure-skip-tls-verify") == Some(&Value::Bool(true)),
    };
    if target.insecure {
        session
            .terminal
            .note("WARNING: Using insecure TLS client config. Setting this option is not supported!");
    }
    let (token, proof) = credentials::find(&args, session, &document, &server, &target).await?;
    target.token = Some(token.clone());
    session.dial(&target).await?;
    let user = session.user_name().await.map_err(|failure| match failure.status() {
        Some(status) if status.code == 401 => Failure::refused("The token provided is invalid or expired."),
        _ => failure,
    })?;
    let projects = visible_projects(session).await?;
    let project = choose(session, &document, projects.as_deref());
    remember(
        &mut document,
        &target.server,
        &token,
        cluster,
        (&server, &user),
        &project,
    )?;
    let greeting = greeting::login(proof, &target.server, &user);
    let report = greeting::projects(session, projects.as_deref().unwrap_or_default(), &project);
    session.terminal.print(&(greeting + &report))
}

/// Nothing where projects cannot be listed: a server without them has namespaces.
async fn visible_projects(session: &Session<'_>) -> Result<Option<Vec<String>>, Failure> {
    match projects::list(session).await {
        Ok(list) => Ok(Some(
            list.iter().map(|project| projects::name(project).to_string()).collect(),
        )),
        Err(failure) if failure.is_not_found() || failure.is_forbidden() => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Where to work: in the project asked for, the one before, `default`, or the first there is. Nowhere (`""`) for who
/// has none.
fn choose(session: &Session<'_>, document: &Document, projects: Option<&[String]>) -> String {
    if let Some(asked) = &session.global.namespace {
        return asked.clone();
    }
    let Some(projects) = projects else {
        return "default".into();
    };
    let kept = || {
        let context = document.entry("contexts", "context", document.current_context()?)?;
        context.get("namespace")?.as_str().map(str::to_string)
    };
    let visible = |name: &String| projects.contains(name);
    kept()
        .filter(visible)
        .or_else(|| Some("default".to_string()).filter(visible))
        .or_else(|| projects.first().cloned())
        .unwrap_or_default()
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
