use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::wait;
use crate::age;
use crate::api::{Call, PatchType};
use crate::choice::Choice;
use crate::failure::Failure;
use crate::session::Session;

/// Set how many pods run
#[derive(clap::Args, Debug)]
pub struct Args {
    /// What to scale: TYPE/NAME or TYPE NAME
    #[arg(value_name = "TYPE/NAME")]
    what: Vec<String>,
    /// Scale the objects that a file describes
    #[arg(short, long, value_name = "FILE", conflicts_with = "what")]
    filename: Vec<PathBuf>,
    /// Scale the objects with these labels
    #[arg(short = 'l', long, value_name = "LABELS")]
    selector: Option<String>,
    /// Scale everything of the kinds named
    #[arg(long)]
    all: bool,
    /// How many pods shall run
    #[arg(long, required = true)]
    replicas: u32,
    /// Only if so many are wanted now
    #[arg(long, value_name = "N")]
    current_replicas: Option<u32>,
    /// Wait so long for the pods to be as many; 0 does not wait
    #[arg(long, default_value = "0", hide_default_value = true, value_name = "DURATION", value_parser = age::parse_duration)]
    timeout: Duration,
}

pub async fn run(args: Args, session: &Session<'_>) -> Result<(), Failure> {
    let choice = Choice {
        words: &args.what,
        files: &args.filename,
        labels: args.selector.as_deref(),
        all: args.all,
        ..Choice::default()
    };
    let api = session.api().await?;
    for chosen in choice.resolve(session).await? {
        let path = chosen.subresource("scale");
        let body = match args.current_replicas {
            None => json!({"spec": {"replicas": args.replicas}}),
            Some(expected) => {
                let scale = api.get(&path).await?;
                let now = scale["spec"]["replicas"].as_u64().unwrap_or(0);
                if now != u64::from(expected) {
                    return Err(Failure::refused(format!(
                        "Expected replicas to be {expected}, was {now}"
                    )));
                }
                // The version makes the server refuse if somebody else scales in between.
                json!({"metadata": {"resourceVersion": scale["metadata"]["resourceVersion"]}, "spec": {"replicas": args.replicas}})
            }
        };
        api.json(Call::patch(&path, PatchType::Merge, &body)).await?;
        if !args.timeout.is_zero() {
            wait::until_scaled(session, &chosen, args.replicas, args.timeout).await?;
        }
        session.terminal.line(format!("{} scaled", chosen.label()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Server;

    const SCALE: &str = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs/app/scale";

    #[tokio::test]
    async fn scaling_goes_through_the_scale_subresource() {
        let server = Server::new();
        server.on(&format!("PATCH {SCALE}"), 200, json!({}));
        assert_eq!(
            server.run("scale dc app --replicas=3").await.out,
            "deploymentconfig.apps.openshift.io/app scaled\n"
        );
        assert_eq!(server.body(&format!("PATCH {SCALE}")), json!({"spec": {"replicas": 3}}));
    }

    #[tokio::test]
    async fn scaling_waits_for_the_pods_when_told_how_long() {
        let server = Server::new();
        let configs = "/apis/apps.openshift.io/v1/namespaces/myproject/deploymentconfigs";
        let config =
            |pods: u32| json!({"metadata": {"name": "app"}, "spec": {"replicas": 3}, "status": {"replicas": pods}});
        server.on(&format!("PATCH {SCALE}"), 200, json!({}));
        server.on(
            &format!("GET {configs}?fieldSelector=metadata.name%3Dapp&limit=500"),
            200,
            json!({"metadata": {"resourceVersion": "4"}, "items": [config(1)]}),
        );
        let events = [2, 3].map(|pods| format!("{}\n", json!({"type": "MODIFIED", "object": config(pods)})));
        server.on_text(
            &format!("GET {configs}?fieldSelector=metadata.name%3Dapp&resourceVersion=4&watch=true"),
            200,
            &events.concat(),
        );
        let outcome = server.run("scale dc app --replicas=3 --timeout=1m").await;
        assert_eq!(
            outcome.out, "deploymentconfig.apps.openshift.io/app scaled\n",
            "{}",
            outcome.err
        );
    }

    #[tokio::test]
    async fn an_expectation_that_is_wrong_scales_nothing() {
        let server = Server::new();
        server.on(&format!("GET {SCALE}"), 200, json!({"spec": {"replicas": 1}}));
        let outcome = server.run("scale --replicas=1 dc/app --current-replicas=3").await;
        assert_eq!(outcome.err, "error: Expected replicas to be 3, was 1\n");
    }
}
