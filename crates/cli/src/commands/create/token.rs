use std::time::Duration;

use serde_json::json;

use crate::age;
use crate::api::Call;
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;

/// Print a new token of a service account
///
/// For example: create token builder --duration=10m
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Name of the service account
    name: String,
    /// How long the token is good for; the server may give it less
    #[arg(long, value_name = "DURATION", value_parser = age::parse_duration)]
    duration: Option<Duration>,
    /// Whom the token is for
    #[arg(long, value_name = "NAME")]
    audience: Vec<String>,
    /// The token ends with this object: Pod or Secret
    #[arg(long, value_name = "KIND", requires = "bound_object_name")]
    bound_object_kind: Option<String>,
    /// Name of that object
    #[arg(long, value_name = "NAME", requires = "bound_object_kind")]
    bound_object_name: Option<String>,
    /// Its uid, to be sure that it is the same object
    #[arg(long, value_name = "UID", requires = "bound_object_kind")]
    bound_object_uid: Option<String>,
}

pub async fn run(args: &Args, session: &Session<'_>) -> Result<(), Failure> {
    let mut spec = json!({});
    if let Some(duration) = args.duration {
        spec["expirationSeconds"] = duration.as_secs().into();
    }
    if !args.audience.is_empty() {
        spec["audiences"] = args.audience.clone().into();
    }
    if let (Some(kind), Some(name)) = (&args.bound_object_kind, &args.bound_object_name) {
        spec["boundObjectRef"] = json!({"apiVersion": "v1", "kind": kind, "name": name});
        if let Some(uid) = &args.bound_object_uid {
            spec["boundObjectRef"]["uid"] = uid.as_str().into();
        }
    }
    let request = json!({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec});
    let path = Resource::service_accounts().subresource(session.namespace().await?, &args.name, "token");
    let answer = session.api().await?.json(Call::post(&path, &request)).await?;
    match answer["status"]["token"].as_str() {
        Some(token) => session.terminal.line(token),
        None => Err(Failure::refused("the server answered without a token")),
    }
}
