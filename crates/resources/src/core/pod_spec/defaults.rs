use serde_json::{Value, json};

use crate::json::{items_mut, map_at, number, set_default, set_default_text, text};

/// Mode of files in volumes made of objects: `0644`.
const VOLUME_FILE_MODE: i64 = 0o644;
const TERMINATION_GRACE_SECONDS: i64 = 30;

/// Fills the template of a controller.
pub(crate) fn default_template(template: &mut Value) {
    map_at(template, &["metadata"]);
    if map_at(template, &["spec"]).is_some() {
        default_pod_spec(&mut template["spec"]);
    }
}

/// Fills what every pod spec has.
pub(crate) fn default_pod_spec(spec: &mut Value) {
    set_default_text(spec, "", "restartPolicy", "Always");
    set_default_text(spec, "", "dnsPolicy", "ClusterFirst");
    set_default_text(spec, "", "schedulerName", "default-scheduler");
    set_default(spec, "", "terminationGracePeriodSeconds", TERMINATION_GRACE_SECONDS);
    set_default(spec, "", "securityContext", json!({}));
    name_service_account_twice(spec);
    for list in ["/initContainers", "/containers"] {
        items_mut(spec, list).for_each(default_container);
    }
    items_mut(spec, "/volumes").for_each(default_volume);
}

/// `serviceAccount` is the older name of `serviceAccountName`; clients read either.
fn name_service_account_twice(spec: &mut Value) {
    let name = [text(spec, "/serviceAccountName"), text(spec, "/serviceAccount")]
        .into_iter()
        .find(|name| !name.is_empty());
    if let Some(name) = name.map(str::to_owned) {
        set_default_text(spec, "", "serviceAccountName", &name);
        set_default_text(spec, "", "serviceAccount", &name);
    }
}

fn default_container(container: &mut Value) {
    set_default_text(container, "", "terminationMessagePath", "/dev/termination-log");
    set_default_text(container, "", "terminationMessagePolicy", "File");
    let policy = pull_policy(text(container, "/image"));
    set_default_text(container, "", "imagePullPolicy", policy);
    set_default(container, "", "resources", json!({}));
    for port in items_mut(container, "/ports") {
        set_default_text(port, "", "protocol", "TCP");
    }
    for variable in items_mut(container, "/env") {
        set_default_text(variable, "/valueFrom/fieldRef", "apiVersion", "v1");
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        default_probe(container, probe);
    }
    for hook in ["/lifecycle/postStart", "/lifecycle/preStop"] {
        default_http_get(container, hook);
    }
}

/// A tag that moves must be asked for each time; everything else names the same image for ever.
fn pull_policy(image: &str) -> &'static str {
    let last = image.rsplit('/').next().unwrap_or(image);
    match (image.contains('@'), last.split_once(':')) {
        (true, _) => "IfNotPresent",
        (false, None | Some((_, "latest" | ""))) => "Always",
        (false, Some(_)) => "IfNotPresent",
    }
}

fn default_probe(container: &mut Value, name: &str) {
    let path = format!("/{name}");
    for (key, value) in [
        ("timeoutSeconds", 1),
        ("periodSeconds", 10),
        ("successThreshold", 1),
        ("failureThreshold", 3),
    ] {
        if number(container, &format!("{path}/{key}")) == Some(0) {
            crate::json::remove(container, &format!("{path}/{key}"));
        }
        set_default(container, &path, key, value);
    }
    default_http_get(container, &path);
}

fn default_http_get(container: &mut Value, handler: &str) {
    let path = format!("{handler}/httpGet");
    set_default_text(container, &path, "path", "/");
    set_default_text(container, &path, "scheme", "HTTP");
}

fn default_volume(volume: &mut Value) {
    let sources = volume.as_object().map_or(0, |fields| {
        fields
            .iter()
            .filter(|(key, value)| *key != "name" && !value.is_null())
            .count()
    });
    if sources == 0 {
        set_default(volume, "", "emptyDir", json!({}));
    }
    for source in ["/secret", "/configMap", "/projected", "/downwardAPI"] {
        set_default(volume, source, "defaultMode", VOLUME_FILE_MODE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tags_that_move_are_always_pulled() {
        let table = [
            ("web", "Always"),
            ("host:5000/ns/web", "Always"),
            ("host:5000/ns/web:latest", "Always"),
            ("host:5000/ns/web:1.2", "IfNotPresent"),
            ("host:5000/ns/web@sha256:00", "IfNotPresent"),
            ("web:latest@sha256:00", "IfNotPresent"),
            (" ", "Always"),
        ];
        for (image, expected) in table {
            assert_eq!(pull_policy(image), expected, "{image}");
        }
    }

    #[test]
    fn defaults_are_idempotent_and_keep_what_is_set() {
        let mut spec = json!({
            "containers": [{"name": "c", "image": "web:1", "ports": [{"containerPort": 80}],
                "readinessProbe": {"httpGet": {"port": 80}, "periodSeconds": 5}}],
            "volumes": [{"name": "v"}, {"name": "s", "secret": {"secretName": "s"}}],
            "restartPolicy": "Never",
            "serviceAccountName": "web",
        });
        default_pod_spec(&mut spec);
        assert_eq!(text(&spec, "/restartPolicy"), "Never");
        assert_eq!(text(&spec, "/serviceAccount"), "web");
        assert_eq!(text(&spec, "/containers/0/ports/0/protocol"), "TCP");
        assert_eq!(spec["containers"][0]["readinessProbe"]["periodSeconds"], 5);
        assert_eq!(
            spec["containers"][0]["readinessProbe"]["httpGet"],
            json!({"port": 80, "path": "/", "scheme": "HTTP"})
        );
        assert_eq!(spec["volumes"][0]["emptyDir"], json!({}));
        assert_eq!(spec["volumes"][1]["secret"]["defaultMode"], 420);
        let once = spec.clone();
        default_pod_spec(&mut spec);
        assert_eq!(spec, once);
    }
}
