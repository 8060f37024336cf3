//! `create secret`: data nobody should read over a shoulder, and credentials for registries.

use std::path::PathBuf;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::data::{self, Data, DataArgs};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Create a secret
#[derive(clap::Args, Debug)]
pub struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(clap::Subcommand, Debug)]
enum Kind {
    Generic(Generic),
    DockerRegistry(DockerRegistry),
}

/// Keep keys and values from files and literals
///
/// For example: create secret generic db --from-literal=password=hidden
#[derive(clap::Args, Debug)]
struct Generic {
    /// Name of the secret
    name: String,
    /// The kind of secret, as in kubernetes.io/basic-auth
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<String>,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    writing: WriteOptions,
}

/// Keep the credentials for a registry
///
/// For example: create secret docker-registry hub --docker-username=me --docker-password=TOKEN
#[derive(clap::Args, Debug)]
struct DockerRegistry {
    /// Name of the secret
    name: String,
    /// The registry
    #[arg(long, value_name = "HOST", default_value = "https://index.docker.io/v1/")]
    docker_server: String,
    /// The user
    #[arg(long, value_name = "NAME", required_unless_present = "from_file")]
    docker_username: Option<String>,
    /// The password, or a token
    #[arg(long, value_name = "PASSWORD", required_unless_present = "from_file")]
    docker_password: Option<String>,
    /// The user's mail address
    #[arg(long, value_name = "ADDRESS")]
    docker_email: Option<String>,
    /// Take over a file of credentials that a container tool wrote
    #[arg(long, value_name = "[KEY=]PATH", conflicts_with_all = ["docker_username", "docker_password"])]
    from_file: Option<String>,
    #[command(flatten)]
    writing: WriteOptions,
}

/// The key of a registry's credentials.
const DOCKER_CONFIG: &str = ".dockerconfigjson";

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let (object, writing) = match &args.kind {
        Kind::Generic(generic) => {
            let kind = generic.kind.as_deref();
            (object(&generic.name, kind, &generic.data.read()?), &generic.writing)
        }
        Kind::DockerRegistry(registry) => {
            let data = Data::from([(DOCKER_CONFIG.to_owned(), credentials(registry)?)]);
            let kind = Some("kubernetes.io/dockerconfigjson");
            (object(&registry.name, kind, &data), &registry.writing)
        }
    };
    let resource = Resource::secrets();
    let namespace = session.namespace().await?;
    let created = writing.create(session, &resource, namespace, object).await?;
    writing.report(session, &resource, created, "created")
}

fn object(name: &str, kind: Option<&str>, data: &Data) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}});
    for (key, value) in data {
        object["data"][key] = BASE64_STANDARD.encode(value).into();
    }
    if let Some(kind) = kind {
        object["type"] = kind.into();
    }
    object
}

fn credentials(args: &DockerRegistry) -> Result<Vec<u8>, Failure> {
    if let Some(source) = &args.from_file {
        let path = source.strip_prefix(".dockerconfigjson=").unwrap_or(source);
        return data::read(&PathBuf::from(path));
    }
    let user = args.docker_username.as_deref().unwrap_or_default();
    let password = args.docker_password.as_deref().unwrap_or_default();
    let mut entry = json!({
        "username": user,
        "password": password,
        "auth": BASE64_STANDARD.encode(format!("{user}:{password}")),
    });
    if let Some(email) = &args.docker_email {
        entry["email"] = email.as_str().into();
    }
    let mut auths = json!({});
    auths[&args.docker_server] = entry;
    Ok(json!({ "auths": auths }).to_string().into_bytes())
}
