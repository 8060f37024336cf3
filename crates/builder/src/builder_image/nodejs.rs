use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;
use weir_oci::{ContainerConfig, Digest};

use super::layout::{open_layout, write_image};
use super::{BuilderImageError, ImageLayout, Progress, debian, layer, slim};

pub(super) const NAME: &str = "nodejs";
pub(super) const PUBLIC_IMAGE: &str = "quay.io/sclorg/nodejs-20-c9s:latest";

const PACKAGES: [&str; 2] = ["nodejs", "npm"];
/// The user that builds and runs applications. Files belong to group 0, so that any other user of it can too.
const USER: u32 = 1001;
const HOME: &str = "/opt/app-root/src";
const PORT: u16 = 8080;
const SCRIPTS: [(&str, &str); 4] = [
    ("assemble", include_str!("nodejs/assemble")),
    ("run", include_str!("nodejs/run")),
    ("save-artifacts", include_str!("nodejs/save-artifacts")),
    ("usage", include_str!("nodejs/usage")),
];
const DISPLAY_NAME: &str = "Node.js";
const DESCRIPTION: &str = "Build and run Node.js applications from source";

/// Makes the image from packages of the machine's own distribution.
pub(super) async fn generate(work: &Path, progress: Progress<'_>) -> Result<ImageLayout, BuilderImageError> {
    let files = |source| BuilderImageError::Files {
        path: work.to_owned(),
        source,
    };
    let temporary = tempfile::Builder::new()
        .prefix("builder-image-")
        .tempdir_in(work)
        .map_err(files)?;
    // Users inside the new system must be able to pass.
    std::fs::set_permissions(temporary.path(), PermissionsExt::from_mode(0o755)).map_err(files)?;
    let root = temporary.path().join("root");
    debian::root_file_system(&root, &PACKAGES, progress).await?;
    add_scripts(&root).map_err(files)?;
    progress("packing the image");
    let directory = temporary.path().join("image");
    let packed = tokio::task::spawn_blocking({
        let (root, directory) = (root.clone(), directory.clone());
        move || pack(&root, &directory)
    });
    packed
        .await
        .map_err(io::Error::other)
        .and_then(|packed| packed)
        .map_err(files)?;
    Ok(open_layout(&directory)?.keep(temporary))
}

/// Everything that the image is made of and that we decide.
pub(super) fn recipe_digest() -> Digest {
    Digest::sha256_of(format!("{PACKAGES:?} {USER} {HOME} {PORT} {SCRIPTS:?}").as_bytes())
}

/// As catalogues of builders look for them.
pub(super) fn tag_annotations() -> BTreeMap<String, String> {
    let pairs = [
        ("description", DESCRIPTION),
        ("iconClass", "icon-nodejs"),
        ("openshift.io/display-name", DISPLAY_NAME),
        ("supports", "nodejs"),
        ("tags", "builder,nodejs"),
    ];
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// The S2I scripts, the user they run as, and its home.
fn add_scripts(root: &Path) -> io::Result<()> {
    let scripts = root.join("usr/libexec/s2i");
    std::fs::create_dir_all(&scripts)?;
    for (name, text) in SCRIPTS {
        let path = scripts.join(name);
        std::fs::write(&path, text)?;
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755))?;
    }
    let home = root.join(HOME.trim_start_matches('/'));
    std::fs::create_dir_all(&home)?;
    for path in [home.as_path(), home.parent().unwrap_or(&home)] {
        std::os::unix::fs::chown(path, Some(USER), Some(0))?;
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o775))?;
    }
    let passwd = root.join("etc/passwd");
    let users = std::fs::read_to_string(&passwd)?;
    std::fs::write(
        passwd,
        format!("{users}default:x:{USER}:0:Application:{HOME}:/usr/sbin/nologin\n"),
    )
}

fn pack(root: &Path, directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    let layer_file = directory.join("layer");
    let layer = layer::write(root, &layer_file, slim::keep)?;
    write_image(directory, &layer, &layer_file, config(), jiff::Timestamp::now())?;
    std::fs::remove_dir_all(root)
}

fn config() -> ContainerConfig {
    let labels = [
        ("io.k8s.display-name", DISPLAY_NAME.to_owned()),
        ("io.k8s.description", DESCRIPTION.to_owned()),
        ("io.openshift.expose-services", format!("{PORT}:http")),
        ("io.openshift.s2i.scripts-url", "image:///usr/libexec/s2i".to_owned()),
        ("io.openshift.s2i.destination", "/tmp".to_owned()),
        ("io.openshift.tags", "builder,nodejs".to_owned()),
    ];
    let environment = [
        format!("PATH={HOME}/node_modules/.bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        format!("HOME={HOME}"),
        format!("PORT={PORT}"),
        "DEV_MODE=false".to_owned(),
        "NPM_RUN=start".to_owned(),
    ];
    ContainerConfig {
        user: USER.to_string(),
        working_dir: HOME.to_owned(),
        env: environment.to_vec(),
        cmd: vec!["/usr/libexec/s2i/usage".to_owned()],
        exposed_ports: BTreeMap::from([(format!("{PORT}/tcp"), json!({}))]),
        labels: labels.map(|(key, value)| (key.to_owned(), value)).into(),
        ..ContainerConfig::default()
    }
}

#[cfg(test)]
mod tests;
