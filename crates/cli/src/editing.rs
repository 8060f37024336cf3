use serde_json::{Map, Value, json};

use crate::api::{Api, Call, PatchType};
use crate::failure::Failure;
use crate::three_way::{self, Lists};

/// How often a change is made anew because somebody else changed the object in between.
const CONFLICT_RETRIES: usize = 10;

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    Changed,
    /// The object was already so; nothing was sent.
    Unchanged,
}

/// Reads the object at `path`, lets `change` change it, and sends the difference. The server takes it only for the
/// version that was read; a change that lost such a race is made anew.
pub async fn edit(
    api: &Api,
    path: &str,
    mut change: impl FnMut(&mut Value) -> Result<(), Failure>,
) -> Result<Edited, Failure> {
    let mut tries = 0;
    loop {
        let live = api.get(path).await?;
        let mut wanted = live.clone();
        change(&mut wanted)?;
        let mut patch = three_way::patch(&live, &wanted, &live, Lists::Whole);
        if patch.as_object().is_none_or(Map::is_empty) {
            return Ok(Edited::Unchanged);
        }
        if !patch["metadata"].is_object() {
            patch["metadata"] = json!({});
        }
        patch["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
        let call = Call::patch(path, PatchType::Merge, &patch).query("fieldManager", "kubectl-set");
        match api.json(call).await {
            Err(failure) if failure.is_conflict() && tries < CONFLICT_RETRIES => tries += 1,
            answer => return answer.map(|_| Edited::Changed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Server, status};

    #[tokio::test]
    async fn a_lost_race_is_run_again() {
        let server = Server::new();
        let object = |version: &str| json!({"metadata": {"resourceVersion": version}, "spec": {"n": 1}});
        server.on("GET /x", 200, object("1")).on("GET /x", 200, object("2"));
        let call = "PATCH /x?fieldManager=kubectl-set";
        server
            .on(call, 409, status(409, "Conflict", "stale"))
            .on(call, 200, object("3"));
        let change = |object: &mut Value| {
            object["spec"]["n"] = 2.into();
            Ok(())
        };
        let edited = edit(&server.api(), "/x", change).await.unwrap();
        assert_eq!(edited, Edited::Changed);
        assert_eq!(
            server.body(call),
            json!({"metadata": {"resourceVersion": "2"}, "spec": {"n": 2}})
        );
    }

    #[tokio::test]
    async fn no_difference_sends_nothing() {
        let server = Server::new();
        server.on("GET /x", 200, json!({"spec": {}}));
        let edited = edit(&server.api(), "/x", |_| Ok(())).await.unwrap();
        assert_eq!(edited, Edited::Unchanged);
        assert_eq!(server.calls(), ["GET /x"]);
    }
}
