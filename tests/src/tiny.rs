use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use weir_oci::Digest;

/// Copies the source where `run` serves it from; fails on request, for tests of failing builds.
const ASSEMBLE: &str = r#"#!/bin/sh
set -e
echo "---> copying the source"
if [ -e /tmp/src/fail-assemble ]; then echo "assemble was asked to fail"; exit 3; fi
if [ -e /tmp/src/slow-assemble ]; then sleep "$(cat /tmp/src/slow-assemble)"; fi
cp -R /tmp/src/. /opt/app-root/src/
"#;

/// Serves files; ends at once when asked to.
const RUN: &str = r#"#!/bin/sh
trap 'exit 0' TERM
echo "serving $(cat /opt/app-root/src/index.html)"
httpd -f -p 8080 -h /opt/app-root/src &
wait
"#;

/// Writes an S2I builder image of one megabyte (busybox and two scripts) as an OCI image layout.
pub fn tiny_builder_layout(directory: &Path) -> Result<()> {
    let busybox = std::fs::read("/bin/busybox").context("busybox-static is not installed")?;
    let tar = layer(&busybox)?;
    let diff_id = Digest::sha256_of(&tar);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::Write::write_all(&mut gzip, &tar)?;
    let layer = gzip.finish()?;
    let config = serde_json::to_vec(&config(&diff_id))?;
    let manifest = serde_json::to_vec(&json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &layer)],
    }))?;
    for blob in [&layer, &config, &manifest] {
        let digest = Digest::sha256_of(blob).to_string();
        let (algorithm, hex) = digest.split_once(':').context("a digest")?;
        let place = directory.join("blobs").join(algorithm);
        std::fs::create_dir_all(&place)?;
        std::fs::write(place.join(hex), blob)?;
    }
    let mut listed = descriptor("application/vnd.oci.image.manifest.v1+json", &manifest);
    listed["annotations"] = json!({ "org.opencontainers.image.ref.name": "latest" });
    let index =
        json!({ "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [listed] });
    std::fs::write(directory.join("index.json"), serde_json::to_vec(&index)?)?;
    std::fs::write(directory.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    Ok(())
}

fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": Digest::sha256_of(content).to_string(), "size": content.len() })
}

fn config(diff_id: &Digest) -> Value {
    json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" },
        "os": "linux",
        "created": "2026-01-01T00:00:00Z",
        "config": {
            "User": "1001",
            "Env": ["PATH=/bin:/usr/bin:/sbin:/usr/sbin"],
            "Cmd": ["/usr/libexec/s2i/run"],
            "WorkingDir": "/opt/app-root/src",
            "ExposedPorts": { "8080/tcp": {} },
            "Labels": {
                "io.openshift.s2i.scripts-url": "image:///usr/libexec/s2i",
                "io.k8s.display-name": "Tiny",
                "io.openshift.tags": "builder,tiny"
            }
        },
        "rootfs": { "type": "layers", "diff_ids": [diff_id.to_string()] },
        "history": [{ "created": "2026-01-01T00:00:00Z", "created_by": "tests" }]
    })
}

fn layer(busybox: &[u8]) -> Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, mode, owner) in [
        ("bin", 0o755, 0),
        ("tmp", 0o1777, 0),
        ("etc", 0o755, 0),
        ("usr", 0o755, 0),
        ("usr/libexec", 0o755, 0),
        ("usr/libexec/s2i", 0o755, 0),
        ("opt", 0o755, 0),
        ("opt/app-root", 0o775, 1001),
        ("opt/app-root/src", 0o775, 1001),
    ] {
        let mut header = header(0, mode, owner);
        header.set_entry_type(tar::EntryType::Directory);
        tar.append_data(&mut header, path, std::io::empty())?;
    }
    tar.append_data(&mut header(busybox.len(), 0o755, 0), "bin/busybox", busybox)?;
    for name in [
        "sh", "cp", "cat", "echo", "ls", "sleep", "httpd", "tar", "mkdir", "rm", "id", "env", "touch", "test", "wget",
    ] {
        let mut link = header(0, 0o777, 0);
        link.set_entry_type(tar::EntryType::Symlink);
        tar.append_link(&mut link, format!("bin/{name}"), "busybox")?;
    }
    for (path, content, mode) in [
        (
            "etc/passwd",
            "root:x:0:0:root:/:/bin/sh\ndefault:x:1001:0:default:/opt/app-root/src:/bin/sh\n",
            0o644,
        ),
        ("etc/group", "root:x:0:\n", 0o644),
        ("usr/libexec/s2i/assemble", ASSEMBLE, 0o755),
        ("usr/libexec/s2i/run", RUN, 0o755),
    ] {
        tar.append_data(&mut header(content.len(), mode, 0), path, content.as_bytes())?;
    }
    Ok(tar.into_inner()?)
}

fn header(size: usize, mode: u32, owner: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size as u64);
    header.set_mode(mode);
    header.set_uid(owner);
    header.set_gid(0);
    header.set_mtime(1_767_225_600);
    header
}
