use std::path::PathBuf;

use serde_json::Value;

use crate::api::{Call, PatchType};
use crate::choice::Choice;
use crate::failure::Failure;
use crate::manifest;
use crate::resource::Resource;
use crate::session::Session;
use crate::writing::WriteOptions;

/// Change fields of an object
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The object: TYPE/NAME or TYPE NAME
    #[arg(value_name = "TYPE/NAME")]
    what: Vec<String>,
    /// Change the object that a file describes
    #[arg(short, long, value_name = "FILE", conflicts_with = "what")]
    filename: Vec<PathBuf>,
    /// The change, in JSON or YAML
    #[arg(short, long, required_unless_present = "patch_file")]
    patch: Option<String>,
    /// A file with the change
    #[arg(long, value_name = "FILE", conflicts_with = "patch")]
    patch_file: Option<PathBuf>,
    /// How the change is written
    #[arg(long = "type", value_name = "TYPE", default_value = "strategic")]
    patch_type: Written,
    /// Change the status or another part by itself
    #[arg(long, value_name = "NAME")]
    subresource: Option<String>,
    #[command(flatten)]
    writing: WriteOptions,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Written {
    Strategic,
    Merge,
    Json,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let patch = read(&args)?;
    let patch_type = match args.patch_type {
        Written::Strategic => PatchType::Strategic,
        Written::Merge => PatchType::Merge,
        Written::Json => PatchType::Json,
    };
    let choice = Choice {
        words: &args.what,
        files: &args.filename,
        ..Choice::default()
    };
    let api = session.api().await?;
    for chosen in choice.resolve(session).await? {
        let path = match &args.subresource {
            Some(subresource) => chosen.subresource(subresource),
            None => chosen.path(),
        };
        let before = api.get(&path).await?;
        let call = Call::patch(&path, patch_type, &patch).query("fieldManager", "kubectl-patch");
        let after = match args.writing.client_only() {
            true => before.clone(),
            false => api.json(args.writing.mark(call)).await?,
        };
        let done = if after == before {
            "patched (no change)"
        } else {
            "patched"
        };
        let resource = match args.subresource {
            Some(_) => kind_of(&after, &chosen.resource),
            None => chosen.resource,
        };
        args.writing.report(session, &resource, after, done)?;
    }
    Ok(())
}

/// A subresource may be of another kind than the object: a scale, for example.
fn kind_of(object: &Value, of_object: &Resource) -> Resource {
    let mut resource = of_object.clone();
    if let (Some(version), Some(kind)) = (object["apiVersion"].as_str(), object["kind"].as_str()) {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        (resource.group, resource.version, resource.kind) = (group.into(), version.into(), kind.into());
    }
    resource
}

fn read(args: &Args) -> Result<Value, Failure> {
    let text = match (&args.patch, &args.patch_file) {
        (Some(text), _) => text.clone(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| Failure::refused(format!("cannot read {}: {error}", file.display())))?,
        (None, None) => return Err(Failure::usage("must specify --patch or --patch-file")),
    };
    manifest::parse_value(&text).map_err(|error| Failure::usage(format!("unable to parse the patch: {error}")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    #[tokio::test]
    async fn patches_may_be_yaml_and_say_when_they_change_nothing() {
        let path = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/web";
        let server = Server::new();
        let object = |version: &str| json!({"metadata": {"name": "web", "resourceVersion": version}});
        server.on(&format!("GET {path}"), 200, object("1"));
        let call = format!("PATCH {path}?fieldManager=kubectl-patch");
        server.on(&call, 200, object("2")).on(&call, 200, object("1"));
        let words = ["patch", "dc", "web", "-p", "{spec: {replicas: 2}}"];
        assert_eq!(
            server.run_words(&words, "").await.out,
            "deploymentconfig.apps.openshift.io/web patched\n"
        );
        assert_eq!(server.body(&call), json!({"spec": {"replicas": 2}}));
        assert_eq!(
            server.run_words(&words, "").await.out,
            "deploymentconfig.apps.openshift.io/web patched (no change)\n"
        );
    }
}
