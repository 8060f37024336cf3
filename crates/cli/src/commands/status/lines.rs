use jiff::Timestamp;
use serde_json::Value;
use weir_api::names::annotation;

use super::graph::Project;
use crate::age;
use crate::commands::rollout::{note, phase, version};
use crate::output::json_path::plain;

/// How many rollouts of one deployment are shown.
const ROLLOUTS: usize = 3;

/// The project, one paragraph for each thing that runs or builds. Empty when there is nothing.
pub fn render(project: &Project, now: Timestamp) -> String {
    let mut paragraphs: Vec<Vec<String>> = Vec::new();
    for deployment in &project.deployments {
        let services = project.services_of(deployment);
        let mut lines: Vec<String> = services.iter().map(|service| self::service(service)).collect();
        let indent = if services.is_empty() { "" } else { "  " };
        lines.extend(
            self::deployment(project, deployment, now)
                .into_iter()
                .map(|line| format!("{indent}{line}")),
        );
        paragraphs.push(lines);
    }
    paragraphs.extend(
        project
            .standalone_services()
            .into_iter()
            .map(|service| vec![self::service(service)]),
    );
    for config in project.standalone_configs() {
        let output = match project.output_of(config) {
            Some(tag) => format!(" -> istag/{}", tag.shown()),
            None => String::new(),
        };
        let mut lines = vec![format!("{}{output}", build_config(project, config))];
        lines.extend(
            latest_build(project, config, now)
                .into_iter()
                .map(|line| format!("  {line}")),
        );
        paragraphs.push(lines);
    }
    paragraphs.extend(project.standalone_pods().into_iter().map(|pod| vec![self::pod(pod)]));
    paragraphs.into_iter().map(|lines| lines.join("\n") + "\n\n").collect()
}

fn deployment(project: &Project, deployment: &Value, now: Timestamp) -> Vec<String> {
    let name = name(deployment);
    let tags = project.tags_of(deployment);
    let mut lines = Vec::new();
    if tags.is_empty() {
        lines.push(format!("dc/{name} deploys {}", images(deployment)));
    }
    for (at, tag) in tags.iter().enumerate() {
        let builders = project.builders_of(tag);
        let arrow = if builders.is_empty() { "" } else { " <-" };
        let subject = if at == 0 {
            format!("dc/{name} deploys")
        } else {
            "  and".into()
        };
        let empty = if project.is_empty_tag(tag) {
            " (no image yet)"
        } else {
            ""
        };
        lines.push(format!("{subject} istag/{}{empty}{arrow}", tag.shown()));
        for config in builders {
            lines.push(format!("  {} ", build_config(project, config)));
            lines.extend(
                running_builds(project, config, now)
                    .into_iter()
                    .map(|line| format!("    {line}")),
            );
        }
    }
    if deployment["spec"]["paused"] == true {
        lines.push("  paused: changes are not rolled out".into());
    }
    let rollouts = project.rollouts_of(deployment);
    if rollouts.is_empty() {
        lines.push("  deployment #1 waiting on image or update".into());
    }
    let shown = rollouts.iter().take(ROLLOUTS).enumerate();
    lines.extend(shown.map(|(at, controller)| format!("  {}", rollout(controller, at == 0, now))));
    lines
}

fn images(deployment: &Value) -> String {
    let containers = deployment["spec"]["template"]["spec"]["containers"]
        .as_array()
        .into_iter()
        .flatten();
    containers
        .filter_map(|container| container["image"].as_str())
        .collect::<Vec<_>>()
        .join(", ")
}

fn rollout(controller: &Value, newest: bool, now: Timestamp) -> String {
    let number = version(controller);
    let when = moment(&controller["metadata"]["creationTimestamp"]);
    let ago = when.map(|when| age::ago(when, now)).unwrap_or_default();
    let cause = note(controller, annotation::DEPLOYMENT_STATUS_REASON);
    let pods = pods(controller);
    let tail = if newest || pods.wanted > 0 {
        format!(" - {}", pods.text())
    } else {
        String::new()
    };
    match phase(controller) {
        "Complete" => format!("deployment #{number} deployed {ago}{tail}"),
        "Failed" if cause.is_empty() => format!("deployment #{number} failed {ago}{tail}"),
        "Failed" => format!("deployment #{number} failed {ago}: {cause}{tail}"),
        "Running" => {
            let since = when.map(|when| age::words(when, now)).unwrap_or_default();
            format!("deployment #{number} running for {since}{tail}")
        }
        _ => format!("deployment #{number} pending {ago}{tail}"),
    }
}

struct Pods {
    ready: i64,
    wanted: i64,
}

fn pods(controller: &Value) -> Pods {
    Pods {
        ready: controller["status"]["readyReplicas"].as_i64().unwrap_or(0),
        wanted: controller["spec"]["replicas"].as_i64().unwrap_or(0),
    }
}

impl Pods {
    fn text(&self) -> String {
        let plural = if self.wanted == 1 { "" } else { "s" };
        if self.ready == self.wanted {
            format!("{} pod{plural}", self.wanted)
        } else {
            format!("{}/{} pod{plural}", self.ready, self.wanted)
        }
    }
}

fn build_config(project: &Project, config: &Value) -> String {
    let spec = &config["spec"];
    let kind = spec["strategy"]["type"].as_str().unwrap_or_default();
    let kind = if kind == "Docker" {
        kind.to_string()
    } else {
        kind.to_lowercase()
    };
    let source = &spec["source"];
    let source = match source["git"]["uri"].as_str() {
        Some(uri) => match source["git"]["ref"].as_str().filter(|reference| !reference.is_empty()) {
            Some(reference) => format!("{uri}#{reference}"),
            None => uri.to_string(),
        },
        None if source["dockerfile"].is_string() => "a Dockerfile".into(),
        None => "uploaded code".into(),
    };
    let base = project
        .base_of(config)
        .map(|base| format!(" on {base}"))
        .unwrap_or_default();
    format!("bc/{} {kind} builds {source}{base}", name(config))
}

/// The builds that are not done; when there is none and the newest failed, that one.
fn running_builds(project: &Project, config: &Value, now: Timestamp) -> Vec<String> {
    let builds = project.builds_of(config);
    let active: Vec<String> = builds
        .iter()
        .filter(|build| is_active(build))
        .map(|build| self::build(build, now))
        .collect();
    match builds.first() {
        None => vec!["not built yet".into()],
        Some(newest) if active.is_empty() && newest["status"]["phase"] != "Complete" => vec![self::build(newest, now)],
        Some(_) => active,
    }
}

fn latest_build(project: &Project, config: &Value, now: Timestamp) -> Vec<String> {
    match project.builds_of(config).first() {
        Some(newest) => vec![build(newest, now)],
        None => vec!["not built yet".into()],
    }
}

fn is_active(build: &Value) -> bool {
    matches!(build["status"]["phase"].as_str(), Some("New" | "Pending" | "Running"))
}

fn build(build: &Value, now: Timestamp) -> String {
    let number = &build["metadata"]["annotations"][annotation::BUILD_NUMBER];
    let number = number
        .as_str()
        .map_or_else(|| name(build).to_string(), |number| format!("#{number}"));
    let status = &build["status"];
    let ago = |field: &str| {
        let when = moment(&status[field]).or_else(|| moment(&build["metadata"]["creationTimestamp"]));
        when.map(|when| age::words(when, now)).unwrap_or_default()
    };
    let commit = commit(build);
    match status["phase"].as_str().unwrap_or_default() {
        "Complete" => format!("build {number} succeeded {} ago{commit}", ago("completionTimestamp")),
        "Running" => format!("build {number} running for {}{commit}", ago("startTimestamp")),
        "New" => format!("build {number} new for {}{commit}", ago("startTimestamp")),
        "Pending" => format!("build {number} pending for {}{commit}", ago("startTimestamp")),
        phase => {
            let reason = status["reason"]
                .as_str()
                .filter(|reason| !reason.is_empty())
                .map(|reason| format!(" ({reason})"));
            format!(
                "build {number} {} {} ago{}{commit}",
                phase.to_lowercase(),
                ago("completionTimestamp"),
                reason.unwrap_or_default()
            )
        }
    }
}

fn commit(build: &Value) -> String {
    let git = &build["spec"]["revision"]["git"];
    let Some(commit) = git["commit"].as_str().filter(|commit| !commit.is_empty()) else {
        return String::new();
    };
    let short: String = commit.chars().take(7).collect();
    let message = git["message"]
        .as_str()
        .unwrap_or_default()
        .lines()
        .next()
        .unwrap_or_default();
    match git["author"]["name"].as_str().filter(|name| !name.is_empty()) {
        Some(author) => format!(" - {short}: {message} ({author})"),
        None if message.is_empty() => format!(" - {short}"),
        None => format!(" - {short}: {message}"),
    }
}

fn service(service: &Value) -> String {
    let spec = &service["spec"];
    let address = spec["clusterIP"]
        .as_str()
        .filter(|ip| !ip.is_empty())
        .unwrap_or("no address");
    let port = |port: &Value| {
        let target =
            Some(plain(&port["targetPort"])).filter(|target| !target.is_empty() && *target != plain(&port["port"]));
        match target {
            Some(target) => format!("{} -> {target}", plain(&port["port"])),
            None => plain(&port["port"]),
        }
    };
    let ports: Vec<String> = spec["ports"].as_array().into_iter().flatten().map(port).collect();
    format!("svc/{} - {address}:{}", name(service), ports.join(", "))
}

fn pod(pod: &Value) -> String {
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let images: Vec<&str> = containers.filter_map(|container| container["image"].as_str()).collect();
    let phase = pod["status"]["phase"].as_str().unwrap_or("unknown").to_lowercase();
    format!("pod/{} runs {} ({phase})", name(pod), images.join(", "))
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn moment(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}
