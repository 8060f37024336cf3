//! Whoever knows the address. What is wrong with the payload is told, and the build is made nevertheless.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use weir_api::build::DockerStrategyOptions;
use weir_api::core::EnvVar;
use weir_apiserver::{ApiError, DocumentFormat, decode_document};

use super::branch;
use super::payload::{Delivery, Told, Wish, shown};
use super::revision::Commit;

const BAD_TYPE: &str = "invalid Content-Type on payload, ignoring payload and continuing with build";
const NO_GIT: &str = "no git information found in payload, ignoring and continuing with build";

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    git: Option<Git>,
    env: Option<Vec<Variable>>,
    docker_strategy_options: Option<DockerOptions>,
}

/// What happened to one branch, or to several.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Git {
    refs: Option<Vec<Reference>>,
    #[serde(flatten)]
    only: Reference,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reference {
    r#ref: Option<String>,
    #[serde(flatten)]
    commit: Commit,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct DockerOptions {
    build_args: Option<Vec<Variable>>,
    no_cache: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Variable {
    name: String,
    value: Option<String>,
    value_from: Option<IgnoredAny>,
}

pub(super) fn read(delivery: &Delivery<'_>) -> Result<Told, ApiError> {
    let format = match delivery.media_type()?.as_deref() {
        None if delivery.body.is_empty() => return Ok(Told::build(None)),
        Some("application/json") => DocumentFormat::Json,
        Some("application/yaml") => DocumentFormat::Yaml,
        _ => return Ok(with_warning(Wish::default(), BAD_TYPE)),
    };
    if delivery.body.is_empty() {
        return Ok(Told::build(None));
    }
    Ok(match event(format, delivery.body) {
        Ok(event) => happened(event, delivery),
        Err(why) => with_warning(
            Wish::default(),
            &format!(
                "error unmarshalling payload: {}, ignoring payload and continuing with build",
                shown(&why)
            ),
        ),
    })
}

fn event(format: DocumentFormat, body: &[u8]) -> Result<Event, String> {
    let document = decode_document(format, body).map_err(|error| error.message)?;
    match document {
        Value::Null => Ok(Event::default()),
        Value::Object(_) => serde_json::from_value(document).map_err(|error| error.to_string()),
        _ => Err("it is no object".to_owned()),
    }
}

fn happened(event: Event, delivery: &Delivery<'_>) -> Told {
    let mut wish = Wish {
        docker_options: event.docker_strategy_options.map(docker_options),
        ..Wish::default()
    };
    if delivery.allow_env {
        let variables = plain(event.env.unwrap_or_default());
        wish.env = variables
            .map(|(name, value)| json!({"name": name, "value": value}))
            .collect();
    }
    let Some(source) = &delivery.source.git else {
        return Told::Build(Box::new(wish));
    };
    let Some(git) = event.git else {
        return with_warning(wish, NO_GIT);
    };
    let concerns = |reference: &Reference| {
        let name = reference.r#ref.as_deref().unwrap_or_default();
        branch::concerns(name, delivery.source, None)
    };
    let (found, why_not) = match git.refs {
        Some(refs) => (
            refs.into_iter().find(concerns),
            format!("skipping build. None of the supplied refs matched \"{}\"", source.r#ref),
        ),
        None => {
            let name = git.only.r#ref.clone().unwrap_or_default();
            let why_not = format!(
                "skipping build. Branch reference from \"{}\" does not match configuration",
                shown(&name)
            );
            (Some(git.only).filter(concerns), why_not)
        }
    };
    match found {
        Some(reference) => {
            wish.revision = reference.commit.revision();
            Told::Build(Box::new(wish))
        }
        None => Told::Nothing { warning: Some(why_not) },
    }
}

fn with_warning(mut wish: Wish, warning: &str) -> Told {
    wish.warning = Some(warning.to_owned());
    Told::Build(Box::new(wish))
}

fn docker_options(options: DockerOptions) -> DockerStrategyOptions {
    let variable = |(name, value): (String, String)| EnvVar {
        name,
        value: Some(value),
        ..EnvVar::default()
    };
    DockerStrategyOptions {
        build_args: plain(options.build_args.unwrap_or_default()).map(variable).collect(),
        no_cache: options.no_cache,
    }
}

/// Variables with a value of their own. Those that take it from a secret are left out: an address is no right to secrets.
fn plain(variables: Vec<Variable>) -> impl Iterator<Item = (String, String)> {
    let own = variables.into_iter().filter(|variable| variable.value_from.is_none());
    own.map(|variable| (variable.name, variable.value.unwrap_or_default()))
}
