mod from;

use serde_json::{Value, json};

use crate::editing::edit;
use crate::failure::Failure;
use crate::session::Session;
use crate::target::Targets;

/// Set, remove (KEY-) or list environment variables
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The object, then KEY=VALUE or KEY-
    #[arg(value_name = "TYPE/NAME|KEY=VALUE|KEY-", required = true)]
    words: Vec<String>,
    /// The containers to change; all by default
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    containers: Vec<String>,
    /// Show what is set
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    from: from::FromArgs,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let is_change = |word: &String| word.contains('=') || word.ends_with('-');
    let (changes, objects): (Vec<String>, Vec<String>) = args.words.iter().cloned().partition(is_change);
    let referred = args.from.variables(session).await?;
    if changes.is_empty() && referred.is_empty() && !args.list {
        return Err(Failure::usage(
            "at least one environment variable must be provided, as KEY=VALUE or KEY-",
        ));
    }
    let api = session.api().await?;
    for target in Targets::parse(&objects, session.discovery().await?)?.targets {
        for name in &target.names {
            let path = target.resource.object(session.namespace().await?, name);
            let label = format!("{}/{name}", target.resource.plural);
            if args.list {
                let mut object = api.get(&path).await?;
                for place in places(&mut object, &args.containers, &label)? {
                    session.terminal.print(&list(&label, &place))?;
                }
                continue;
            }
            let edited = edit(api, &path, |object| {
                places(object, &args.containers, &label)?
                    .iter_mut()
                    .for_each(|place| apply(place, &changes, &referred));
                Ok(())
            });
            // Said even when it was so already: what was asked for is so now, which is what scripts look for.
            edited.await?;
            session
                .terminal
                .line(format!("{} updated", target.resource.named(name)))?;
        }
    }
    Ok(())
}

/// Something that has an `env` list: a container, or the strategy of a build config.
struct Place<'a> {
    container: Option<String>,
    fields: &'a mut Value,
}

fn places<'a>(object: &'a mut Value, wanted: &[String], label: &str) -> Result<Vec<Place<'a>>, Failure> {
    if object["spec"]["strategy"]["type"] == "Source" || object["spec"]["strategy"]["type"] == "Docker" {
        let kind = if object["spec"]["strategy"]["type"] == "Source" {
            "sourceStrategy"
        } else {
            "dockerStrategy"
        };
        return Ok(vec![Place {
            container: None,
            fields: &mut object["spec"]["strategy"][kind],
        }]);
    }
    let spec = match object["spec"]["containers"].is_array() {
        true => &mut object["spec"],
        false => &mut object["spec"]["template"]["spec"],
    };
    let places: Vec<Place> = spec["containers"]
        .as_array_mut()
        .into_iter()
        .flatten()
        .map(|fields| Place {
            container: fields["name"].as_str().map(str::to_string),
            fields,
        })
        .filter(|place| wanted.is_empty() || place.container.as_ref().is_some_and(|name| wanted.contains(name)))
        .collect();
    if places.is_empty() {
        return Err(Failure::refused(format!(
            "{label} has no such container, or none at all"
        )));
    }
    Ok(places)
}

fn apply(place: &mut Place, changes: &[String], referred: &[Value]) {
    let mut variables = place.fields["env"].as_array().cloned().unwrap_or_default();
    let set = |variables: &mut Vec<Value>, wanted: Value| match variables
        .iter_mut()
        .find(|variable| variable["name"] == wanted["name"])
    {
        Some(variable) => *variable = wanted,
        None => variables.push(wanted),
    };
    for change in changes {
        match change.split_once('=') {
            None => variables.retain(|variable| variable["name"] != change.trim_end_matches('-')),
            Some((name, value)) => set(&mut variables, json!({"name": name, "value": value})),
        }
    }
    for variable in referred {
        set(&mut variables, variable.clone());
    }
    if let Some(fields) = place.fields.as_object_mut() {
        match variables.is_empty() {
            true => fields.remove("env"),
            false => fields.insert("env".into(), variables.into()),
        };
    }
}

fn list(label: &str, place: &Place) -> String {
    let mut text = match &place.container {
        Some(container) => format!("# {label}, container {container}\n"),
        None => format!("# {label}\n"),
    };
    for variable in place.fields["env"].as_array().into_iter().flatten() {
        let name = variable["name"].as_str().unwrap_or_default();
        match variable["value"].as_str() {
            None if variable["valueFrom"].is_object() => {
                text.push_str(&format!("# {name} from {}\n", source(&variable["valueFrom"])))
            }
            value => text.push_str(&format!("{name}={}\n", value.unwrap_or_default())),
        }
    }
    text
}

/// Where a value comes from, in words.
fn source(from: &Value) -> String {
    for (field, kind) in [("secretKeyRef", "secret"), ("configMapKeyRef", "configmap")] {
        if let (Some(name), Some(key)) = (from[field]["name"].as_str(), from[field]["key"].as_str()) {
            return format!("{kind} {name}, key {key}");
        }
    }
    match from["fieldRef"]["fieldPath"].as_str() {
        Some(path) => format!("field path {path}"),
        None => from.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    const PATH: &str = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/app";

    fn server() -> Server {
        let server = Server::new();
        let container = json!({"name": "c", "env": [{"name": "FOO", "value": "bar"}, {"name": "OLD", "value": "1"}]});
        server.on(
            &format!("GET {PATH}"),
            200,
            json!({"spec": {"template": {"spec": {"containers": [container]}}}}),
        );
        server.on(&format!("PATCH {PATH}?fieldManager=kubectl-set"), 200, json!({}));
        server
    }

    #[tokio::test]
    async fn variables_are_listed_by_container() {
        assert_eq!(
            server().run("set env dc/app --list").await.out,
            "# deploymentconfigs/app, container c\nFOO=bar\nOLD=1\n"
        );
    }

    #[tokio::test]
    async fn variables_are_set_and_removed() {
        let server = server();
        assert_eq!(
            server.run("set env dc/app FOO=x=y NEW=2 OLD-").await.out,
            "deploymentconfig.apps.openshift.io/app updated\n"
        );
        assert_eq!(
            server.body(&format!("PATCH {PATH}?fieldManager=kubectl-set"))["spec"]["template"]["spec"]["containers"][0]
                ["env"],
            json!([{"name": "FOO", "value": "x=y"}, {"name": "NEW", "value": "2"}])
        );
    }

    #[tokio::test]
    async fn a_value_that_is_there_is_not_written_again() {
        let server = server();
        assert_eq!(
            server.run("set env dc/app FOO=bar").await.out,
            "deploymentconfig.apps.openshift.io/app updated\n"
        );
        assert!(server.calls().iter().all(|call| !call.starts_with("PATCH")));
    }
}
