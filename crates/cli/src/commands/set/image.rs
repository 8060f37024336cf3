use serde_json::Value;

use crate::editing::{Edited, edit};
use crate::failure::Failure;
use crate::resource::Resource;
use crate::session::Session;
use crate::target::Targets;

/// Set the images of containers
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The object, then CONTAINER=IMAGE; * stands for every container
    #[arg(value_name = "TYPE/NAME|CONTAINER=IMAGE", required = true)]
    words: Vec<String>,
    /// What the images are: addresses, or tags or images of streams, whose addresses are then looked up
    #[arg(long, value_name = "KIND", default_value = "docker")]
    source: Source,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Docker,
    #[value(alias = "imagestreamtag")]
    Istag,
    #[value(alias = "imagestreamimage")]
    Isimage,
}

impl Source {
    /// The address to write for what was typed.
    async fn resolve(self, session: &Session<'_>, container: &str, image: &str) -> Result<String, Failure> {
        let (resource, what) = match self {
            Self::Docker => return Ok(image.to_owned()),
            Self::Istag => (Resource::image_stream_tags(), "image stream tag"),
            Self::Isimage => (Resource::image_stream_images(), "image stream image"),
        };
        let (namespace, name) = match image.split_once('/') {
            Some(full) => full,
            None => (session.namespace().await?, image),
        };
        let unresolved = |why: &str| {
            Failure::refused(format!(
                "unable to resolve image \"{image}\" for container \"{container}\": {why}"
            ))
        };
        let found = session.api().await?.get(&resource.object(namespace, name)).await;
        let found = found.map_err(|failure| match failure.status() {
            Some(status) => unresolved(&format!("failed to get {what} \"{image}\": {}", status.message)),
            None => failure,
        })?;
        let address = found["image"]["dockerImageReference"].as_str().unwrap_or_default();
        match address.is_empty() {
            true => Err(unresolved(&format!("the {what} has no address"))),
            false => Ok(address.to_owned()),
        }
    }
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let (images, objects): (Vec<String>, Vec<String>) = args.words.into_iter().partition(|word| word.contains('='));
    if images.is_empty() {
        return Err(Failure::usage(
            "at least one image update is required, as CONTAINER=IMAGE",
        ));
    }
    let mut resolved = Vec::new();
    for (container, image) in images.iter().filter_map(|word| word.split_once('=')) {
        resolved.push((container, args.source.resolve(session, container, image).await?));
    }
    let api = session.api().await?;
    for target in Targets::parse(&objects, session.discovery().await?)?.targets {
        for name in &target.names {
            let path = target.resource.object(session.namespace().await?, name);
            let edited = edit(api, &path, |object| {
                resolved
                    .iter()
                    .try_for_each(|(container, image)| set(object, container, image))
            });
            if let Edited::Changed = edited.await? {
                session
                    .terminal
                    .line(format!("{} image updated", target.resource.named(name)))?;
            }
        }
    }
    Ok(())
}

fn set(object: &mut Value, name: &str, image: &str) -> Result<(), Failure> {
    let spec = pod_spec(object);
    let mut known = Vec::new();
    let mut found = false;
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            let own = container["name"].as_str().unwrap_or_default().to_string();
            if own == name || name == "*" {
                container["image"] = image.into();
                found = true;
            }
            known.push(own);
        }
    }
    // Asking for a list that is not there must not make one.
    if let Some(fields) = spec.as_object_mut() {
        fields.retain(|_, value| !value.is_null());
    }
    if found {
        return Ok(());
    }
    Err(Failure::refused(format!("unable to find container named \"{name}\""))
        .hint(format!("its containers are: {}", known.join(", "))))
}

/// The pod's spec itself, or that of the template.
fn pod_spec(object: &mut Value) -> &mut Value {
    if object["kind"] == "Pod" {
        &mut object["spec"]
    } else {
        &mut object["spec"]["template"]["spec"]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    #[tokio::test]
    async fn the_image_of_one_container_is_set() {
        let path = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/app";
        let server = Server::new();
        let containers = |image: &str| json!([{"name": "a", "image": image}, {"name": "b", "image": "z"}]);
        let live = json!({"metadata": {"resourceVersion": "1"}, "spec": {"template": {"spec": {"containers": containers("x")}}}});
        server.on(&format!("GET {path}"), 200, live);
        let call = format!("PATCH {path}?fieldManager=kubectl-set");
        server.on(&call, 200, json!({}));
        let outcome = server.run("set image dc/app a=nginx:1.27").await;
        assert_eq!(outcome.out, "deploymentconfig.apps.openshift.io/app image updated\n");
        assert_eq!(
            server.body(&call)["spec"],
            json!({"template": {"spec": {"containers": containers("nginx:1.27")}}})
        );
        let outcome = server.run("set image dc/app c=nginx").await;
        assert_eq!(
            outcome.err,
            "error: unable to find container named \"c\"\nhint: its containers are: a, b\n"
        );
    }

    #[tokio::test]
    async fn tags_of_streams_become_addresses() {
        let path = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/app";
        let tag = "/apis/image.openshift.io/v1/namespaces/other/imagestreamtags/web:v1";
        let server = Server::new();
        let live = json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "x"}]}}}});
        server.on(&format!("GET {path}"), 200, live);
        server.on(
            &format!("GET {tag}"),
            200,
            json!({"image": {"dockerImageReference": "r/other/web@sha256:1"}}),
        );
        let call = format!("PATCH {path}?fieldManager=kubectl-set");
        server.on(&call, 200, json!({}));
        let outcome = server.run("set image dc/app a=other/web:v1 --source=istag").await;
        assert_eq!(
            outcome.out, "deploymentconfig.apps.openshift.io/app image updated\n",
            "{}",
            outcome.err
        );
        assert_eq!(
            server.body(&call)["spec"]["template"]["spec"]["containers"][0]["image"],
            "r/other/web@sha256:1"
        );
    }
}
