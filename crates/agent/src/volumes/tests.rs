use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::*;
use crate::fixtures::pod;

fn sources() -> Sources {
    let data = BTreeMap::from([
        ("a.conf".to_owned(), b"text".to_vec()),
        ("b".to_owned(), b"more".to_vec()),
    ]);
    Sources {
        config_maps: [("cm".to_owned(), Some(data.clone()))].into(),
        secrets: [("s".to_owned(), Some(data))].into(),
    }
}

fn with_volumes(volumes: serde_json::Value, mounts: serde_json::Value) -> Pod {
    pod(json!({"spec": {"volumes": volumes, "containers": [{"name": "c", "image": "img", "volumeMounts": mounts}]}}))
}

#[test]
fn volumes_are_written_mounted_and_removed() {
    let data = tempfile::tempdir().unwrap();
    let directories = PodDirectories::new(data.path());
    let pod = with_volumes(
        json!([{"name": "e", "emptyDir": {}}, {"name": "m", "configMap": {"name": "cm"}},
               {"name": "s", "secret": {"secretName": "s", "defaultMode": 0o400, "items": [{"key": "b", "path": "x/y"}]}}]),
        json!([{"name": "e", "mountPath": "/e"}, {"name": "m", "mountPath": "/m"},
               {"name": "m", "mountPath": "/etc/a.conf", "subPath": "a.conf"}, {"name": "s", "mountPath": "/s"}]),
    );
    directories.prepare(&pod, &sources()).unwrap();
    let (mounts, tmpfs) = directories.mounts(&pod, &pod.main_containers()[0]).unwrap();
    let seen: Vec<_> = mounts
        .iter()
        .map(|mount| (mount.target.as_str(), mount.read_only))
        .collect();
    assert_eq!(seen, [("/e", false), ("/m", true), ("/etc/a.conf", true), ("/s", true)]);
    assert!(tmpfs.is_empty());
    assert_eq!(std::fs::read_to_string(&mounts[2].source).unwrap(), "text");
    let secret = mounts[3].source.join("x/y");
    assert_eq!(std::fs::read_to_string(&secret).unwrap(), "more");
    assert_eq!(secret.metadata().unwrap().permissions().mode() & 0o777, 0o400);
    assert_eq!(mounts[0].source.metadata().unwrap().permissions().mode() & 0o777, 0o777);

    std::fs::write(mounts[0].source.join("kept"), "1").unwrap();
    directories.prepare(&pod, &sources()).unwrap();
    assert!(mounts[0].source.join("kept").exists(), "what is there stays");
    assert_eq!(directories.uids().unwrap(), ["u-1"]);
    directories.remove("u-1").unwrap();
    directories.remove("u-1").unwrap();
    assert!(directories.uids().unwrap().is_empty());
}

#[test]
fn memory_volumes_have_no_directory() {
    let data = tempfile::tempdir().unwrap();
    let directories = PodDirectories::new(data.path());
    let pod = with_volumes(
        json!([{"name": "e", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}]),
        json!([{"name": "e", "mountPath": "/e"}]),
    );
    directories.prepare(&pod, &sources()).unwrap();
    let (mounts, tmpfs) = directories.mounts(&pod, &pod.main_containers()[0]).unwrap();
    assert!(mounts.is_empty());
    assert_eq!(
        tmpfs,
        [TmpfsMount {
            target: "/e".to_owned(),
            size_bytes: Some(1 << 20)
        }]
    );
}

#[test]
fn paths_that_lead_out_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let directories = PodDirectories::new(data.path());
    let items = |path: &str| {
        let pod = with_volumes(
            json!([{"name": "m", "configMap": {"name": "cm", "items": [{"key": "b", "path": path}]}}]),
            json!([]),
        );
        directories.prepare(&pod, &sources())
    };
    for path in ["../x", "/x", "a/../../x", ""] {
        assert!(matches!(items(path), Err(VolumeError::Config(_))), "{path:?}");
    }
    for (volume, mount) in [
        (
            json!({"name": "m", "configMap": {"name": "cm"}}),
            json!({"name": "m", "mountPath": "/m", "subPath": "../../x"}),
        ),
        (
            json!({"name": "m", "emptyDir": {}}),
            json!({"name": "m", "mountPath": "/m", "subPath": "x"}),
        ),
        (
            json!({"name": "m", "emptyDir": {}}),
            json!({"name": "other", "mountPath": "/m"}),
        ),
        (
            json!({"name": "m", "emptyDir": {}}),
            json!({"name": "m", "mountPath": "m"}),
        ),
    ] {
        let pod = with_volumes(json!([volume]), json!([mount]));
        assert!(directories.mounts(&pod, &pod.main_containers()[0]).is_err(), "{mount}");
    }
}

#[test]
fn directories_of_the_machine_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let pod = with_volumes(json!([{"name": "h", "hostPath": {"path": "/"}}]), json!([]));
    let error = PodDirectories::new(data.path()).prepare(&pod, &sources()).unwrap_err();
    assert!(
        error.to_string().contains("only emptyDir, configMap and secret"),
        "{error}"
    );
}

#[test]
fn a_uid_that_is_a_path_has_no_directory() {
    let data = tempfile::tempdir().unwrap();
    assert_eq!(PodDirectories::new(data.path()).of("../x"), None);
}
