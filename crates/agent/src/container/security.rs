use k8s_openapi::api::core::v1::{Capabilities, Container, PodSecurityContext, PodSpec, SecurityContext};
use weir_engine::ImageConfig;

use super::ConfigError;

/// What a container may add: what engines give anyway, and the binding of low ports. The API refuses the rest already;
/// this is the second lock on the same door.
const ADDABLE: &[&str] = &[
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// As whom and with what a container runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rights {
    pub user: Option<String>,
    pub groups: Vec<String>,
    pub read_only_root: bool,
    pub no_new_privileges: bool,
    pub drop: Vec<String>,
    pub add: Vec<String>,
}

pub(super) fn rights(pod: &PodSpec, container: &Container, image: &ImageConfig) -> Result<Rights, ConfigError> {
    refuse_the_machine(pod)?;
    let (pod_context, own) = (
        pod.security_context.clone().unwrap_or_default(),
        container.security_context.clone(),
    );
    let own = own.unwrap_or_default();
    if own.privileged == Some(true) {
        return Err(ConfigError("privileged containers are not allowed".to_owned()));
    }
    let user = user(&pod_context, &own, image);
    if own.run_as_non_root.or(pod_context.run_as_non_root) == Some(true) {
        refuse_root(user.as_deref(), image)?;
    }
    let (drop, add) = capabilities(own.capabilities.as_ref())?;
    Ok(Rights {
        user,
        groups: groups(&pod_context),
        read_only_root: own.read_only_root_filesystem == Some(true),
        no_new_privileges: own.allow_privilege_escalation == Some(false),
        drop,
        add,
    })
}

fn refuse_the_machine(pod: &PodSpec) -> Result<(), ConfigError> {
    for (field, asked) in [
        ("hostNetwork", pod.host_network),
        ("hostPID", pod.host_pid),
        ("hostIPC", pod.host_ipc),
    ] {
        if asked == Some(true) {
            return Err(ConfigError(format!(
                "{field} is not allowed: pods do not share the machine's namespaces"
            )));
        }
    }
    Ok(())
}

fn user(pod: &PodSecurityContext, own: &SecurityContext, image: &ImageConfig) -> Option<String> {
    let user = own.run_as_user.or(pod.run_as_user);
    let group = own.run_as_group.or(pod.run_as_group);
    match (user, group) {
        (Some(user), Some(group)) => Some(format!("{user}:{group}")),
        (Some(user), None) => Some(user.to_string()),
        (None, Some(group)) => {
            let user = image
                .user
                .split(':')
                .next()
                .filter(|user| !user.is_empty())
                .unwrap_or("0");
            Some(format!("{user}:{group}"))
        }
        (None, None) => None,
    }
}

/// `runAsNonRoot` with a name instead of a number cannot be checked, so it is refused, as Kubernetes does.
fn refuse_root(user: Option<&str>, image: &ImageConfig) -> Result<(), ConfigError> {
    let user = user.unwrap_or(&image.user);
    let user = user.split(':').next().unwrap_or_default();
    match user.parse::<u64>() {
        Ok(0) => {}
        Ok(_) => return Ok(()),
        Err(_) if user.is_empty() || user == "root" => {}
        Err(_) => {
            return Err(ConfigError(format!(
                "container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root; \
                 set runAsUser"
            )));
        }
    }
    Err(ConfigError(
        "container has runAsNonRoot and image will run as root; set runAsUser or build the image with USER".to_owned(),
    ))
}

fn groups(pod: &PodSecurityContext) -> Vec<String> {
    let groups = pod.supplemental_groups.iter().flatten().chain(pod.fs_group.as_ref());
    groups.map(ToString::to_string).collect()
}

fn capabilities(wanted: Option<&Capabilities>) -> Result<(Vec<String>, Vec<String>), ConfigError> {
    let plain = |name: &String| name.trim_start_matches("CAP_").to_owned();
    let drop = wanted
        .and_then(|wanted| wanted.drop.as_ref())
        .into_iter()
        .flatten()
        .map(plain)
        .collect();
    let add: Vec<String> = wanted
        .and_then(|wanted| wanted.add.as_ref())
        .into_iter()
        .flatten()
        .map(plain)
        .collect();
    match add.iter().find(|name| !ADDABLE.contains(&name.as_str())) {
        Some(refused) => Err(ConfigError(format!("capability {refused} is not allowed"))),
        None => Ok((drop, add)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(pod: serde_json::Value, own: serde_json::Value, image_user: &str) -> Result<Rights, ConfigError> {
        let spec = serde_json::from_value(json!({"containers": [], "securityContext": pod})).unwrap();
        let container = serde_json::from_value(json!({"name": "c", "securityContext": own})).unwrap();
        rights(
            &spec,
            &container,
            &ImageConfig {
                user: image_user.to_owned(),
                ..ImageConfig::default()
            },
        )
    }

    #[test]
    fn the_containers_word_goes_before_the_pods() {
        let user = |pod, own| of(pod, own, "1001").unwrap().user;
        assert_eq!(user(json!({}), json!({})), None);
        assert_eq!(user(json!({"runAsUser": 5}), json!({})).as_deref(), Some("5"));
        assert_eq!(
            user(json!({"runAsUser": 5}), json!({"runAsUser": 6})).as_deref(),
            Some("6")
        );
        assert_eq!(
            user(json!({"runAsUser": 5}), json!({"runAsGroup": 7})).as_deref(),
            Some("5:7")
        );
        assert_eq!(user(json!({}), json!({"runAsGroup": 7})).as_deref(), Some("1001:7"));
    }

    #[test]
    fn root_is_refused_where_it_is_forbidden() {
        let non_root = || json!({"runAsNonRoot": true});
        for (image_user, allowed) in [
            ("", false),
            ("0", false),
            ("root", false),
            ("1001", true),
            ("1001:0", true),
            ("app", false),
        ] {
            assert_eq!(of(non_root(), json!({}), image_user).is_ok(), allowed, "{image_user:?}");
        }
        assert!(of(non_root(), json!({"runAsUser": 0}), "1001").is_err());
        assert!(of(non_root(), json!({"runAsNonRoot": false}), "").is_ok());
    }

    #[test]
    fn nobody_gets_the_machine() {
        assert!(of(json!({}), json!({"privileged": true}), "").is_err());
        assert!(of(json!({}), json!({"capabilities": {"add": ["SYS_ADMIN"]}}), "").is_err());
        for field in ["hostNetwork", "hostPID", "hostIPC"] {
            let spec: PodSpec = serde_json::from_value(json!({"containers": [], field: true})).unwrap();
            assert!(
                rights(&spec, &Container::default(), &ImageConfig::default()).is_err(),
                "{field}"
            );
        }
    }

    #[test]
    fn capabilities_lose_their_prefix() {
        let rights = of(
            json!({}),
            json!({"capabilities": {"drop": ["CAP_MKNOD", "ALL"], "add": ["NET_BIND_SERVICE"]}}),
            "",
        );
        let rights = rights.unwrap();
        assert_eq!(
            (rights.drop, rights.add),
            (
                vec!["MKNOD".to_owned(), "ALL".to_owned()],
                vec!["NET_BIND_SERVICE".to_owned()]
            )
        );
    }
}
