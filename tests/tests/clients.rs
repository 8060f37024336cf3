//! The real kubectl and oc against a server without containers: what they print is what they would print elsewhere.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use weir_tests::{Directory, Weir, WeirOptions, kubectl, oc, skip};

const OBJECTS: &str = r#"
apiVersion: image.openshift.io/v1
kind: ImageStream
metadata: { name: web, namespace: clients }
spec:
  lookupPolicy: { local: true }
---
apiVersion: build.openshift.io/v1
kind: BuildConfig
metadata: { name: web, namespace: clients }
spec:
  source: { type: Git, git: { uri: "https://git.example/hello" } }
  strategy: { type: Source, sourceStrategy: { from: { kind: ImageStreamTag, name: "nodejs:latest", namespace: openshift } } }
  output: { to: { kind: ImageStreamTag, name: "web:latest" } }
---
apiVersion: apps.openshift.io/v1
kind: DeploymentConfig
metadata: { name: web, namespace: clients }
spec:
  replicas: 1
  triggers:
  - { type: ConfigChange }
  - type: ImageChange
    imageChangeParams: { automatic: true, containerNames: [web], from: { kind: ImageStreamTag, name: "web:latest" } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - { name: web, image: " ", ports: [ { containerPort: 8080 } ] }
"#;

struct Client<'a> {
    program: &'a Path,
    weir: &'a Weir,
    home: &'a Path,
}

impl Client<'_> {
    fn run(&self, arguments: &[&str]) -> Result<(bool, String)> {
        let output = Command::new(self.program)
            .args(arguments)
            .env("KUBECONFIG", self.weir.kubeconfig())
            .env("HOME", self.home)
            .stdin(Stdio::null())
            .output()
            .with_context(|| self.program.display().to_string())?;
        let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.push_str(&String::from_utf8_lossy(&output.stderr));
        Ok((output.status.success(), said))
    }

    fn ok(&self, arguments: &[&str]) -> Result<String> {
        let (success, said) = self.run(arguments)?;
        ensure!(success, "{} {}: {said}", self.program.display(), arguments.join(" "));
        Ok(said)
    }

    fn says(&self, arguments: &[&str], words: &[&str]) -> Result<()> {
        let said = self.ok(arguments)?;
        for word in words {
            ensure!(
                said.contains(word),
                "{}: {word:?} is missing in:\n{said}",
                arguments.join(" ")
            );
        }
        Ok(())
    }
}

fn without_containers(directory: &Directory) -> Result<Weir> {
    let options = WeirOptions {
        arguments: vec!["--engine".into(), "none".into()],
        ..WeirOptions::default()
    };
    let weir = Weir::start(&directory.path().join("data"), options)?;
    weir.ok(&["new-project", "clients"])?;
    Ok(weir)
}

#[test]
fn kubectl_creates_reads_changes_and_deletes() -> Result<()> {
    let Some(program) = kubectl() else {
        skip("kubectl", "kubectl is not installed; WEIR_KUBECTL may name it");
        return Ok(());
    };
    let directory = Directory::new("kubectl")?;
    let weir = without_containers(&directory)?;
    let kubectl = Client {
        program: &program,
        weir: &weir,
        home: directory.path(),
    };
    let file = directory.path().join("objects.yaml");
    std::fs::write(&file, OBJECTS)?;
    let file = file.display().to_string();

    kubectl.says(
        &["apply", "-f", &file],
        &[
            "imagestream.image.openshift.io/web created",
            "deploymentconfig.apps.openshift.io/web created",
        ],
    )?;
    kubectl.says(
        &["apply", "-f", &file],
        &["imagestream.image.openshift.io/web unchanged"],
    )?;
    kubectl.says(
        &["get", "is,bc,builds,dc,rc,pods", "-A", "-o", "wide"],
        &[
            "DOCKER REPO",
            "docker-registry.default.svc:5000/clients/web",
            "TRIGGERED BY",
        ],
    )?;
    kubectl.says(
        &["get", "is", "-n", "clients"],
        &["NAME", "DOCKER REPO", "TAGS", "UPDATED"],
    )?;
    kubectl.says(
        &["get", "bc", "-n", "clients"],
        &["NAME", "TYPE", "FROM", "LATEST", "Source", "Git"],
    )?;
    kubectl.says(
        &["get", "dc", "web", "-n", "clients"],
        &["REVISION", "DESIRED", "CURRENT", "config,image(web:latest)"],
    )?;
    kubectl.says(
        &[
            "get",
            "dc/web",
            "-n",
            "clients",
            "-o",
            "jsonpath={.spec.triggers[1].imageChangeParams.from.namespace}",
        ],
        &["clients"],
    )?;
    kubectl.says(
        &["describe", "bc/web", "-n", "clients"],
        &["web", "https://git.example/hello"],
    )?;
    kubectl.says(&["label", "is/web", "tier=front", "-n", "clients"], &["labeled"])?;
    kubectl.says(&["annotate", "is/web", "note=x", "-n", "clients"], &["annotated"])?;
    kubectl.says(
        &["patch", "dc/web", "-n", "clients", "-p", r#"{"spec":{"replicas":3}}"#],
        &["patched"],
    )?;
    kubectl.says(
        &["patch", "dc/web", "-n", "clients", "-p", r#"{"spec":{"replicas":3}}"#],
        &["patched (no change)"],
    )?;
    kubectl.says(&["scale", "dc/web", "-n", "clients", "--replicas=2"], &["scaled"])?;
    kubectl.says(
        &["get", "is", "-n", "clients", "-l", "tier=front", "-o", "name"],
        &["imagestream.image.openshift.io/web"],
    )?;
    kubectl.says(
        &[
            "create",
            "configmap",
            "settings",
            "-n",
            "clients",
            "--from-literal=a=b",
            "--dry-run=client",
            "-o",
            "yaml",
        ],
        &["a: b"],
    )?;
    kubectl.says(
        &["delete", "dc/web", "-n", "clients"],
        &["deploymentconfig.apps.openshift.io \"web\" deleted"],
    )?;
    let (found, said) = kubectl.run(&["get", "dc/web", "-n", "clients"])?;
    ensure!(
        !found && said.contains("deploymentconfigs.apps.openshift.io \"web\" not found"),
        "{said}"
    );
    weir.reset()
}

#[test]
fn oc_walks_the_journey_up_to_the_containers() -> Result<()> {
    let Some(program) = oc() else {
        skip("oc", "WEIR_OC does not name the real oc");
        return Ok(());
    };
    let directory = Directory::new("oc")?;
    let weir = without_containers(&directory)?;
    let oc = Client {
        program: &program,
        weir: &weir,
        home: directory.path(),
    };
    oc.says(&["whoami"], &["admin"])?;
    oc.says(&["new-project", "walk"], &["Now using project \"walk\""])?;
    oc.says(
        &["create", "imagestream", "web"],
        &["imagestream.image.openshift.io/web created"],
    )?;
    oc.says(
        &[
            "create",
            "dc",
            "web",
            "--image=docker-registry.default.svc:5000/walk/web",
        ],
        &["deploymentconfig.apps.openshift.io/web created"],
    )?;
    oc.says(
        &[
            "set",
            "triggers",
            "dc/web",
            "--from-image=walk/web:latest",
            "-c",
            "default-container",
        ],
        &["deploymentconfig.apps.openshift.io/web triggers updated"],
    )?;
    oc.says(
        &["set", "triggers", "dc/web"],
        &["config", "web:latest (default-container)"],
    )?;
    oc.says(
        &["get", "is"],
        &["DOCKER REPO", "docker-registry.default.svc:5000/walk/web"],
    )?;
    oc.says(&["get", "dc"], &["TRIGGERED BY", "image(web:latest)"])?;
    oc.says(&["describe", "dc/web"], &["Image(web@latest, auto=true)"])?;
    oc.says(
        &["rollout", "history", "dc/web"],
        &["deploymentconfig.apps.openshift.io/web"],
    )?;
    oc.says(&["status"], &["In project walk"])?;
    oc.says(&["projects"], &["walk"])?;
    oc.says(&["delete", "project", "walk"], &["deleted"])?;
    weir.reset()
}
