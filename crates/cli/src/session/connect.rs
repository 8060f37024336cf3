use std::fs;

use http::Uri;
use http::header::{HeaderValue, USER_AGENT};
use kube::Config;
use kube::config::{AuthInfo, KubeConfigOptions, Kubeconfig};

use super::{Connection, Target};
use crate::api::{self, Api};
use crate::failure::Failure;
use crate::global::GlobalOptions;
use crate::kubeconfig::Location;
use crate::terminal::Terminal;

/// Objects remember under the first part of it what our commands wrote.
const AGENT: &str = concat!("weir/", env!("CARGO_PKG_VERSION"));
const DEFAULT_NAMESPACE: &str = "default";

/// Builds the client that options and kubeconfig describe. Nothing is sent.
pub async fn connect(
    global: &GlobalOptions,
    location: &Location,
    terminal: &Terminal,
    program: &str,
) -> Result<Connection, Failure> {
    let file = location.read()?;
    let context = current_context(global, file.as_ref());
    let mut config = match (file, &global.server) {
        (Some(file), _) if context.is_some() => from_file(file, global, location).await?,
        (_, Some(server)) => Config::new(address(server)?),
        (None, None) => return Err(unconfigured(location, program)),
        (Some(_), None) => return Err(without_context(location, program)),
    };
    apply(global, &mut config)?;
    connection(config, global, terminal, context.unwrap_or_default())
}

/// Builds the client for a server that stands in no kubeconfig yet.
pub fn to(target: &Target, global: &GlobalOptions, terminal: &Terminal) -> Result<Connection, Failure> {
    let mut config = Config::new(address(&target.server)?);
    config.default_retry = false;
    config.auth_info.token = target.token.clone().map(Into::into);
    config.accept_invalid_certs = target.insecure;
    config.root_cert = target
        .certificate_authority
        .as_deref()
        .map(|pem| certificates(pem, "the authority"))
        .transpose()?;
    connection(config, global, terminal, String::new())
}

fn connection(
    mut config: Config,
    global: &GlobalOptions,
    terminal: &Terminal,
    context: String,
) -> Result<Connection, Failure> {
    let server = config.cluster_url.to_string().trim_end_matches('/').to_string();
    let namespace = config.default_namespace.clone();
    let token = token_of(&config.auth_info);
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    let wrong = |error| Failure::refused(format!("cannot set up the connection to {server}: {error}"));
    let uploads = api::uploads(&config).map_err(wrong)?;
    let client = kube::Client::try_from(config).map_err(wrong)?;
    Ok(Connection {
        api: Api::new(client, server, global.request_timeout, terminal.clone()).with_uploads(uploads),
        namespace,
        context,
        token,
    })
}

fn current_context(global: &GlobalOptions, file: Option<&Kubeconfig>) -> Option<String> {
    let kept = || file?.current_context.clone().filter(|name| !name.is_empty());
    global.context.clone().or_else(kept)
}

async fn from_file(file: Kubeconfig, global: &GlobalOptions, location: &Location) -> Result<Config, Failure> {
    let proxied = file
        .clusters
        .iter()
        .any(|named| named.cluster.as_ref().is_some_and(|c| c.proxy_url.is_some()));
    let options = KubeConfigOptions {
        context: global.context.clone(),
        ..KubeConfigOptions::default()
    };
    let path = location.target().display();
    let mut config = Config::from_custom_kubeconfig(file, &options)
        .await
        .map_err(|error| Failure::refused(format!("cannot use the kubeconfig {path}: {error}")))?;
    if !proxied {
        // A proxy of the environment is for the web, not for a server that a kubeconfig names directly.
        config.proxy_url = None;
    }
    Ok(config)
}

/// What the command line says wins over the file.
fn apply(global: &GlobalOptions, config: &mut Config) -> Result<(), Failure> {
    // Trying again is decided per answer, not behind the command's back for minutes.
    config.default_retry = false;
    if let Some(server) = &global.server {
        config.cluster_url = address(server)?;
    }
    if let Some(token) = &global.token {
        config.auth_info = AuthInfo {
            token: Some(token.clone().into()),
            ..AuthInfo::default()
        };
    }
    if let Some(user) = &global.as_user {
        config.auth_info.impersonate = Some(user.clone());
        config.auth_info.impersonate_groups = Some(global.as_group.clone()).filter(|groups| !groups.is_empty());
    }
    if let Some(path) = &global.certificate_authority {
        let pem =
            fs::read(path).map_err(|error| Failure::refused(format!("cannot read {}: {error}", path.display())))?;
        config.root_cert = Some(certificates(&pem, &path.display().to_string())?);
    }
    if let Some(insecure) = global.insecure_skip_tls_verify {
        config.accept_invalid_certs = insecure;
    }
    if let Some(namespace) = global.namespace.as_ref().filter(|namespace| !namespace.is_empty()) {
        config.default_namespace.clone_from(namespace);
    }
    if config.default_namespace.is_empty() {
        config.default_namespace = DEFAULT_NAMESPACE.into();
    }
    Ok(())
}

fn address(server: &str) -> Result<Uri, Failure> {
    let full = if server.contains("://") {
        server.to_string()
    } else {
        format!("https://{server}")
    };
    full.parse()
        .map_err(|error| Failure::usage(format!("`{server}` is no address of a server: {error}")))
}

fn certificates(pem: &[u8], source: &str) -> Result<Vec<Vec<u8>>, Failure> {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject;

    let wrong = |error: String| Failure::refused(format!("cannot use the certificates in {source}: {error}"));
    let certificates = CertificateDer::pem_slice_iter(pem)
        .map(|certificate| certificate.map(|certificate| certificate.to_vec()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| wrong(error.to_string()))?;
    if certificates.is_empty() {
        return Err(wrong("there is none".into()));
    }
    Ok(certificates)
}

/// The secret is readable only through its serialization.
fn token_of(user: &AuthInfo) -> Option<String> {
    let fields = serde_json::to_value(user).ok()?;
    let kept = fields["token"].as_str().map(str::to_string);
    kept.or_else(|| Some(fs::read_to_string(user.token_file.as_ref()?).ok()?.trim().to_string()))
}

fn unconfigured(location: &Location, program: &str) -> Failure {
    Failure::Unreachable {
        message: format!(
            "no server is configured: there is no kubeconfig at {}",
            location.target().display()
        ),
        hints: vec![
            format!(
                "start a server on this machine with `{program} up`; it writes a kubeconfig that is found by itself"
            ),
            format!("or log in to another one with `{program} login URL --token=TOKEN`"),
        ],
    }
}

fn without_context(location: &Location, program: &str) -> Failure {
    let path = location.target().display();
    Failure::refused(format!("the kubeconfig {path} has no current context")).hint(format!(
        "log in with `{program} login URL --token=TOKEN`, or pick one with --context"
    ))
}
