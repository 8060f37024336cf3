//! The objects to make. Pure but for the random secrets of the webhooks.

use rand::distr::{Alphanumeric, SampleString};
use serde_json::{Map, Value, json};
use weir_api::names::annotation::GENERATED_BY;
use weir_oci::Reference;

use super::lookup::{Builder, Place};
use super::words::{Source, Wish};
use super::{Args, Strategy};
use crate::failure::Failure;
use crate::resource::Resource;

/// Long enough that nobody guesses it.
const SECRET_CHARS: usize = 20;

/// What will be made, and where the result goes.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The stream that follows an image of a registry.
    pub input_stream: Option<Object>,
    pub output_stream: Option<Object>,
    pub build_config: Object,
    pub output: Output,
    /// The stream tag whose changes start builds.
    pub followed: Option<String>,
    /// `build=NAME`, as said.
    pub label: String,
}

#[derive(Clone, Debug)]
pub struct Object {
    pub resource: Resource,
    pub object: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    StreamTag(String),
    Registry(String),
    Nothing,
}

impl Plan {
    /// In the order in which they are made: a build that starts at once finds its streams.
    pub fn objects(&self) -> impl Iterator<Item = (&Resource, &Value)> {
        let streams = [self.input_stream.as_ref(), self.output_stream.as_ref()];
        let all = streams.into_iter().flatten().chain([&self.build_config]);
        all.map(|object| (&object.resource, &object.object))
    }
}

pub fn plan(args: &Args, wish: &Wish, builder: Option<&Builder>, namespace: &str) -> Result<Plan, Failure> {
    let labels = match wish.labels.is_empty() {
        true => vec![("build".to_string(), wish.name.clone())],
        false => wish.labels.clone(),
    };
    let make = Maker { labels: &labels };
    let output = output(args, wish)?;
    let (from, input_stream) = match builder.map(|builder| &builder.place) {
        None => (None, None),
        Some(Place::Stream {
            namespace: own,
            name,
            tag,
        }) => (Some(stream_tag(own, namespace, name, tag)), None),
        Some(Place::Registry { pull_spec }) => {
            let (name, tag) = stream_for(pull_spec, &output)?;
            (
                Some(stream_tag(namespace, namespace, &name, &tag)),
                Some(make.input_stream(&name, &tag, pull_spec)),
            )
        }
    };
    let output_stream = match &output {
        Output::StreamTag(tag) => Some(make.output_stream(tag.split(':').next().unwrap_or(tag))),
        Output::Registry(_) | Output::Nothing => None,
    };
    let followed = from
        .as_ref()
        .filter(|from| from["namespace"].is_null() && wish.source != Source::Binary)
        .and_then(|from| from["name"].as_str().map(str::to_string));
    Ok(Plan {
        input_stream,
        output_stream,
        build_config: make.build_config(args, wish, from.as_ref(), &output),
        output,
        followed,
        label: labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(","),
    })
}

fn output(args: &Args, wish: &Wish) -> Result<Output, Failure> {
    let tagged = |name: &str| {
        if name.contains(':') {
            name.to_string()
        } else {
            format!("{name}:latest")
        }
    };
    match (&args.to, args.no_output) {
        (_, true) => Ok(Output::Nothing),
        (Some(to), _) if args.to_docker => Ok(Output::Registry(to.clone())),
        (Some(to), _) if to.contains(['/', '@']) || to.is_empty() => Err(Failure::usage(format!(
            "`{to}` is no tag of an image stream of this project"
        ))
        .hint("write STREAM:TAG, or add --to-docker for an image of a registry")),
        (Some(to), _) => Ok(Output::StreamTag(tagged(to))),
        (None, _) if args.to_docker => Ok(Output::Registry(tagged(&wish.name))),
        (None, _) => Ok(Output::StreamTag(tagged(&wish.name))),
    }
}

fn stream_tag(of: &str, current: &str, name: &str, tag: &str) -> Value {
    let mut from = json!({"kind": "ImageStreamTag", "name": format!("{name}:{tag}")});
    if of != current {
        from["namespace"] = of.into();
    }
    from
}

/// The stream that will follow an image of a registry: named after it, and not the one the result goes to.
fn stream_for(pull_spec: &str, output: &Output) -> Result<(String, String), Failure> {
    let reference: Reference = pull_spec
        .parse()
        .map_err(|error| Failure::usage(format!("\"{pull_spec}\" is no image: {error}")))?;
    let name = reference.name().replace(['.', '_'], "-");
    let tag = reference.tag().map_or("latest".to_string(), ToString::to_string);
    if *output == Output::StreamTag(format!("{name}:{tag}")) {
        return Err(Failure::refused(format!(
            "the image stream tag \"{name}:{tag}\" would be both what is built from and what is built"
        ))
        .hint("give the result another name with --name or --to"));
    }
    Ok((name, tag))
}

struct Maker<'a> {
    labels: &'a [(String, String)],
}

impl Maker<'_> {
    fn object(&self, resource: Resource, name: &str, spec: Value) -> Object {
        let labels: Map<String, Value> = self
            .labels
            .iter()
            .map(|(key, value)| (key.clone(), value.clone().into()))
            .collect();
        let object = json!({
            "apiVersion": resource.api_version(),
            "kind": resource.kind,
            "metadata": {"name": name, "labels": labels, "annotations": {GENERATED_BY: "OpenShiftNewBuild"}},
            "spec": spec,
        });
        Object { resource, object }
    }

    fn output_stream(&self, name: &str) -> Object {
        self.object(
            Resource::image_streams(),
            name,
            json!({"lookupPolicy": {"local": false}}),
        )
    }

    fn input_stream(&self, name: &str, tag: &str, pull_spec: &str) -> Object {
        let tag = json!({
            "name": tag,
            "annotations": {"openshift.io/imported-from": pull_spec},
            "from": {"kind": "DockerImage", "name": pull_spec},
            "generation": null,
            "importPolicy": {"importMode": "Legacy"},
            "referencePolicy": {"type": ""},
        });
        self.object(
            Resource::image_streams(),
            name,
            json!({"lookupPolicy": {"local": false}, "tags": [tag]}),
        )
    }

    fn build_config(&self, args: &Args, wish: &Wish, from: Option<&Value>, output: &Output) -> Object {
        let mut to = match output {
            Output::StreamTag(tag) => json!({"to": {"kind": "ImageStreamTag", "name": tag}}),
            Output::Registry(name) => json!({"to": {"kind": "DockerImage", "name": name}}),
            Output::Nothing => json!({}),
        };
        if let Some(secret) = &args.push_secret {
            to["pushSecret"] = json!({ "name": secret });
        }
        let spec = json!({
            "nodeSelector": null,
            "output": to,
            "postCommit": {},
            "resources": {},
            "source": source(args, wish),
            "strategy": strategy(wish, from),
            "triggers": triggers(wish, from),
        });
        self.object(Resource::build_configs(), &wish.name, spec)
    }
}

fn source(args: &Args, wish: &Wish) -> Value {
    let mut source = match &wish.source {
        Source::Git { uri, reference } => {
            let mut git = json!({ "uri": uri });
            if let Some(reference) = reference {
                git["ref"] = reference.clone().into();
            }
            json!({"type": "Git", "git": git})
        }
        Source::Binary => json!({"type": "Binary", "binary": {}}),
        Source::Dockerfile(text) => json!({"type": "Dockerfile", "dockerfile": text}),
    };
    if let Some(directory) = &args.context_dir {
        source["contextDir"] = directory.clone().into();
    }
    if let Some(secret) = &args.source_secret {
        source["sourceSecret"] = json!({ "name": secret });
    }
    source
}

fn strategy(wish: &Wish, from: Option<&Value>) -> Value {
    let variables = |pairs: &[(String, String)]| -> Vec<Value> {
        pairs
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect()
    };
    let (kind, field) = match wish.strategy {
        Strategy::Source => ("Source", "sourceStrategy"),
        Strategy::Docker => ("Docker", "dockerStrategy"),
    };
    let mut details = json!({});
    if let Some(from) = from {
        details["from"] = from.clone();
    }
    if !wish.env.is_empty() {
        details["env"] = variables(&wish.env).into();
    }
    if wish.strategy == Strategy::Docker && !wish.build_args.is_empty() {
        details["buildArgs"] = variables(&wish.build_args).into();
    }
    json!({"type": kind, field: details})
}

/// The first build starts at once, the others with every new base image. Without somebody who uploads there is nothing to
/// build.
fn triggers(wish: &Wish, from: Option<&Value>) -> Vec<Value> {
    let secret = || Alphanumeric.sample_string(&mut rand::rng(), SECRET_CHARS);
    let mut triggers = vec![
        json!({"type": "GitHub", "github": {"secret": secret()}}),
        json!({"type": "Generic", "generic": {"secret": secret()}}),
    ];
    if wish.source == Source::Binary {
        return triggers;
    }
    triggers.push(json!({"type": "ConfigChange"}));
    if from.is_some() {
        triggers.push(json!({"type": "ImageChange", "imageChange": {}}));
    }
    triggers
}
