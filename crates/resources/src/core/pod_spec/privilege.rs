//! What a pod may never ask for. Pods are written by anybody who may write to a namespace, so they get no way to the
//! machine they run on; there is no policy object yet that could grant one.

use k8s_openapi::api::core::v1::{Container, PodSpec, SecurityContext};
use weir_apiserver::FieldError;

use crate::names::at;

/// Capabilities a container may add: those that engines give by default anyway, and the binding of low ports.
const ADDABLE_CAPABILITIES: &[&str] = &[
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

pub(super) fn forbidden(path: &str, spec: &PodSpec) -> Vec<FieldError> {
    let mut problems = Vec::new();
    let mut refuse = |field: &str, why: &str| problems.push(FieldError::forbidden(at(path, field), why));
    for (field, asked, whose) in [
        ("hostNetwork", spec.host_network, "network"),
        ("hostPID", spec.host_pid, "process ids"),
        ("hostIPC", spec.host_ipc, "shared memory"),
    ] {
        if asked == Some(true) {
            refuse(field, &format!("pods do not share the {whose} of the machine"));
        }
    }
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        if volume.host_path.is_some() {
            let why = "pods do not see directories of the machine; use emptyDir, a Secret or a ConfigMap";
            refuse(&format!("volumes[{index}].hostPath"), why);
        }
    }
    for (list, containers) in [
        ("initContainers", spec.init_containers.as_ref()),
        ("containers", Some(&spec.containers)),
    ] {
        for (index, container) in containers.into_iter().flatten().enumerate() {
            problems.extend(container_forbidden(&format!("{path}.{list}[{index}]"), container));
        }
    }
    problems
}

fn container_forbidden(path: &str, container: &Container) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if let Some(context) = &container.security_context {
        problems.extend(context_forbidden(&at(path, "securityContext"), context));
    }
    for (index, port) in container.ports.iter().flatten().enumerate() {
        if port.host_port.is_some_and(|port| port != 0) {
            let why = "pods do not take ports of the machine; use a Service";
            problems.push(FieldError::forbidden(format!("{path}.ports[{index}].hostPort"), why));
        }
    }
    problems
}

fn context_forbidden(path: &str, context: &SecurityContext) -> Vec<FieldError> {
    let mut problems = Vec::new();
    if context.privileged == Some(true) {
        problems.push(FieldError::forbidden(
            at(path, "privileged"),
            "privileged containers are not allowed",
        ));
    }
    if context.proc_mount.as_deref().is_some_and(|mount| mount != "Default") {
        problems.push(FieldError::forbidden(at(path, "procMount"), "only Default is allowed"));
    }
    let added = context
        .capabilities
        .iter()
        .flat_map(|capabilities| capabilities.add.iter().flatten());
    for (index, capability) in added.enumerate() {
        if !ADDABLE_CAPABILITIES.contains(&capability.trim_start_matches("CAP_")) {
            let field = format!("{path}.capabilities.add[{index}]");
            problems.push(FieldError::forbidden(
                &field,
                format!("capability {capability} is not allowed"),
            ));
        }
    }
    problems
}
