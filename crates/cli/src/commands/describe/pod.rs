use serde_json::Value;

use super::head::{self, text};
use super::{advice, events, pod_template};
use crate::failure::Failure;
use crate::output::json_path::plain;
use crate::output::sheet::Sheet;
use crate::session::Session;

pub async fn fill(session: &Session<'_>, pod: &Value, sheet: &mut Sheet) -> Result<(), Failure> {
    head::fill(session.now(), pod, sheet);
    let (spec, status) = (&pod["spec"], &pod["status"]);
    sheet.field("Service Account", text(&spec["serviceAccountName"]));
    sheet.field("Node", text(&spec["nodeName"]));
    sheet.maybe("Started", status["startTime"].as_str());
    sheet.field("Status", text(&status["phase"]));
    sheet.maybe("Reason", status["reason"].as_str());
    sheet.maybe("Message", status["message"].as_str());
    sheet.field("IP", text(&status["podIP"]));
    let owners = pod["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    let owners: Vec<String> = owners
        .map(|owner| format!("{}/{}", text(&owner["kind"]), text(&owner["name"])))
        .collect();
    sheet.maybe("Controlled By", Some(owners.join(", ")));
    for problem in problems(pod, &session.program) {
        sheet.field("Problem", problem);
    }
    containers(
        "Init Containers:",
        &spec["initContainers"],
        &status["initContainerStatuses"],
        sheet,
    );
    containers("Containers:", &spec["containers"], &status["containerStatuses"], sheet);
    conditions(&status["conditions"], sheet);
    sheet.blank();
    events::fill(session, &[pod], sheet).await
}

fn containers(title: &str, specs: &Value, statuses: &Value, sheet: &mut Sheet) {
    let Some(specs) = specs.as_array().filter(|specs| !specs.is_empty()) else {
        return;
    };
    let statuses = statuses.as_array().map_or(&[][..], Vec::as_slice);
    sheet.section(title, |sheet| {
        for spec in specs {
            let status = statuses.iter().find(|status| status["name"] == spec["name"]);
            sheet.section(&format!("{}:", text(&spec["name"])), |sheet| {
                if let Some(status) = status {
                    state(status, sheet);
                }
                pod_template::container(spec, sheet);
            });
        }
    });
}

fn state(status: &Value, sheet: &mut Sheet) {
    sheet.maybe("Container ID", status["containerID"].as_str());
    sheet.maybe("Image ID", status["imageID"].as_str());
    sheet.lines("State", state_lines(&status["state"]));
    if status["lastState"].as_object().is_some_and(|state| !state.is_empty()) {
        sheet.lines("Last State", state_lines(&status["lastState"]));
    }
    sheet.field("Ready", if status["ready"] == true { "True" } else { "False" });
    sheet.field("Restart Count", plain(&status["restartCount"]));
}

/// `Waiting`, `Running` or `Terminated`, and what is known about it.
fn state_lines(state: &Value) -> Vec<String> {
    let Some((name, details)) = state.as_object().and_then(|state| state.iter().next()) else {
        return vec!["Waiting".into()];
    };
    let mut lines = vec![name[..1].to_uppercase() + &name[1..]];
    for (label, field) in [
        ("Reason", "reason"),
        ("Message", "message"),
        ("Exit Code", "exitCode"),
        ("Started", "startedAt"),
        ("Finished", "finishedAt"),
    ] {
        let value = plain(&details[field]);
        if !value.is_empty() {
            lines.push(format!("{label}: {value}"));
        }
    }
    lines
}

fn conditions(conditions: &Value, sheet: &mut Sheet) {
    let Some(conditions) = conditions.as_array().filter(|conditions| !conditions.is_empty()) else {
        return;
    };
    let mut rows = vec![["Type", "Status"].map(str::to_string).to_vec()];
    rows.extend(conditions.iter().map(|condition| {
        let reason = [text(&condition["reason"]), text(&condition["message"])]
            .into_iter()
            .filter(|part| !part.is_empty());
        let reason = reason.collect::<Vec<_>>().join(": ");
        let status = text(&condition["status"]);
        let shown = if reason.is_empty() {
            status.into()
        } else {
            format!("{status} ({reason})")
        };
        vec![text(&condition["type"]).into(), shown]
    }));
    sheet.section("Conditions:", |sheet| {
        sheet.table(&rows);
    });
}

/// `1 Running / 0 Waiting / 0 Succeeded / 0 Failed`.
pub fn counts(pods: &[Value]) -> String {
    let count = |phase: &str| pods.iter().filter(|pod| pod["status"]["phase"] == phase).count();
    format!(
        "{} Running / {} Waiting / {} Succeeded / {} Failed",
        count("Running"),
        count("Pending"),
        count("Succeeded"),
        count("Failed")
    )
}

/// What keeps a pod's containers from running, and what to do about it.
pub fn problems(pod: &Value, program: &str) -> Vec<String> {
    let name = text(&pod["metadata"]["name"]);
    let mut problems = Vec::new();
    if pod["status"]["phase"] == "Pending" && !text(&pod["status"]["message"]).is_empty() {
        problems.push(format!("pod {name}: {}", text(&pod["status"]["message"])));
    }
    for list in ["initContainerStatuses", "containerStatuses"] {
        for status in pod["status"][list].as_array().into_iter().flatten() {
            let waiting = &status["state"]["waiting"];
            let reason = text(&waiting["reason"]);
            if matches!(reason, "" | "ContainerCreating" | "PodInitializing") && text(&waiting["message"]).is_empty() {
                continue;
            }
            let message = Some(text(&waiting["message"]))
                .filter(|message| !message.is_empty())
                .map(|message| format!(": {message}"));
            let mut problem = format!(
                "pod {name}, container {}: {reason}{}",
                text(&status["name"]),
                message.unwrap_or_default()
            );
            if let Some(advice) = advice::for_container(reason, program, name) {
                problem.push_str(&format!(" ({advice})"));
            }
            problems.push(problem);
        }
    }
    problems
}
