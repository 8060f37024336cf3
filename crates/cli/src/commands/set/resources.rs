use serde_json::{Map, Value};

use super::objects::{change_each, containers};
use crate::commands::create::parse_pair;
use crate::failure::Failure;
use crate::session::Session;

/// Set what containers may use and what they ask for
///
/// For example: set resources dc/web --limits=cpu=200m,memory=128Mi; an amount of 0 takes it away.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The objects
    #[arg(value_name = "TYPE/NAME", required = true)]
    what: Vec<String>,
    /// Only these containers
    #[arg(short, long, value_name = "NAME", value_delimiter = ',')]
    containers: Vec<String>,
    /// The most a container may use
    #[arg(long, value_name = "RESOURCE=AMOUNT", value_delimiter = ',', value_parser = parse_pair)]
    limits: Vec<(String, String)>,
    /// What is kept for a container
    #[arg(long, value_name = "RESOURCE=AMOUNT", value_delimiter = ',', value_parser = parse_pair)]
    requests: Vec<(String, String)>,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    if args.limits.is_empty() && args.requests.is_empty() {
        return Err(Failure::usage(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    change_each(session, &args.what, "resource requirements updated", |object| {
        for container in containers(object, &args.containers)? {
            apply(container, "limits", &args.limits);
            apply(container, "requests", &args.requests);
        }
        Ok(())
    })
    .await
}

fn apply(container: &mut Value, field: &str, amounts: &[(String, String)]) {
    if amounts.is_empty() {
        return;
    }
    let mut known: Map<String, Value> = container["resources"][field].as_object().cloned().unwrap_or_default();
    for (resource, amount) in amounts {
        match amount.as_str() {
            "0" => known.remove(resource),
            amount => known.insert(resource.clone(), amount.into()),
        };
    }
    container["resources"][field] = known.into();
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_takes_an_amount_away() {
        let mut container = json!({"resources": {"limits": {"cpu": "1", "memory": "1Gi"}}});
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        apply(&mut container, "limits", &[pair("cpu", "0"), pair("memory", "2Gi")]);
        assert_eq!(container["resources"]["limits"], json!({"memory": "2Gi"}));
    }
}
