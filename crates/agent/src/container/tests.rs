use serde_json::json;

use super::*;
use crate::fixtures::pod;

fn made(patch: serde_json::Value, network: NetworkMode) -> Result<ContainerSpec, ConfigError> {
    let pod = pod(patch);
    let with = Surroundings {
        installation: "weir-1",
        image: "sha256:1",
        image_id: "r/i@sha256:2",
        image_config: &ImageConfig::default(),
        environment: vec![("WHO".to_owned(), "me".to_owned())],
        mounts: vec![],
        tmpfs: vec![],
        network,
    };
    let attempt = Attempt {
        role: Role::Main,
        number: 2,
        crashes: 1,
    };
    spec(&pod, &pod.main_containers()[0], attempt, with)
}

#[test]
fn everything_needed_to_find_a_container_again_is_in_its_labels() {
    let spec = made(json!({}), NetworkMode::None).unwrap();
    let container = weir_engine::Container {
        id: "1".to_owned(),
        name: spec.name.clone(),
        image_id: String::new(),
        labels: spec.labels.clone(),
        state: crate::fixtures::running("c").state,
        addresses: vec![],
    };
    let instance = crate::instance::Instance::from_engine(container).unwrap();
    assert_eq!((instance.role, instance.attempt, instance.crashes), (Role::Main, 2, 1));
    assert_eq!(
        (instance.image.as_str(), instance.image_id.as_str()),
        ("img", "r/i@sha256:2")
    );
    assert_eq!(spec.labels[labels::UID], "u-1");
    assert_eq!(spec.name, "weir_c_p_ns_u-1_2");
}

#[test]
fn command_and_arguments_are_expanded() {
    let spec = made(
        json!({"spec": {"containers": [{"name": "c", "image": "img", "command": ["sh"], "args": ["$(WHO)", "$$(WHO)"]}]}}),
        NetworkMode::None,
    )
    .unwrap();
    assert_eq!(spec.entrypoint.unwrap(), ["sh"]);
    assert_eq!(spec.cmd.unwrap(), ["me", "$(WHO)"]);
}

#[test]
fn only_the_owner_of_a_network_has_a_host_name() {
    assert_eq!(
        made(json!({}), NetworkMode::Named("n".into()))
            .unwrap()
            .hostname
            .as_deref(),
        Some("p")
    );
    assert_eq!(
        made(json!({}), NetworkMode::Container("1".into())).unwrap().hostname,
        None
    );
}
