use std::path::PathBuf;
use std::process::{Command, Output};

use super::*;

/// A home directory in which the scripts are run by the machine's own shell, with programs that write down their call.
struct Scene {
    directory: tempfile::TempDir,
}

impl Scene {
    fn new(files: &[(&str, &str)]) -> Self {
        let scene = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        for directory in ["home", "bin"] {
            std::fs::create_dir(scene.path(directory)).unwrap();
        }
        for (name, text) in files {
            std::fs::write(scene.path("home").join(name), text).unwrap();
        }
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A program of this name that prints its name and arguments.
    fn program(self, name: &str, text: &str) -> Self {
        let path = self.path("bin").join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
        self
    }

    fn run(&self, script: &str, environment: &[(&str, &str)]) -> Output {
        let text = SCRIPTS.iter().find(|(name, _)| *name == script).unwrap().1;
        let text = text.replace("/tmp/src", &self.path("src").display().to_string());
        let text = text.replace("/tmp/artifacts", &self.path("artifacts").display().to_string());
        Command::new("sh")
            .args(["-c", &text])
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", self.path("bin").display()))
            .env("HOME", self.path("home"))
            .envs(environment.iter().copied())
            .output()
            .unwrap()
    }
}

fn printed(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

const ECHO: &str = "#!/bin/sh\necho called $(basename $0) \"$@\"\n";

#[test]
fn scripts_are_sound_for_the_shell() {
    for (name, text) in SCRIPTS {
        let checked = Command::new("sh").args(["-n", "-c", text]).output().unwrap();
        assert!(checked.status.success(), "{name}: {}", printed(&checked));
    }
}

#[test]
fn source_without_package_json_is_installed_and_started() {
    let scene = Scene::new(&[]).program("node", ECHO);
    std::fs::create_dir_all(scene.path("src/.hidden")).unwrap();
    std::fs::write(scene.path("src/server.js"), "1").unwrap();
    let built = scene.run("assemble", &[]);
    assert!(
        built.status.success() && printed(&built).contains("nothing to install"),
        "{}",
        printed(&built)
    );
    assert!(scene.path("home/server.js").exists() && scene.path("home/.hidden").exists());
    let started = scene.run("run", &[]);
    assert_eq!(
        printed(&started),
        "Starting: node server.js (NODE_ENV=production, port 8080)\ncalled node server.js\n"
    );
}

#[test]
fn nothing_to_start_is_an_error_with_advice() {
    let scene = Scene::new(&[("readme", "")]).program("node", ECHO);
    let started = scene.run("run", &[]);
    assert_eq!(started.status.code(), Some(1));
    assert!(printed(&started).contains("server.js"), "{}", printed(&started));
}

#[test]
fn artifacts_are_the_modules_and_nothing_else() {
    let scene = Scene::new(&[("server.js", "1")]);
    assert!(scene.run("save-artifacts", &[]).stdout.is_empty());
    std::fs::create_dir_all(scene.path("home/node_modules/a")).unwrap();
    let saved = scene.run("save-artifacts", &[]).stdout;
    let mut archive = tar::Archive::new(saved.as_slice());
    let names: Vec<String> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    assert_eq!(names, ["node_modules/", "node_modules/a/"]);
}

/// Needs node on the machine; without it only the parts above are tried.
fn has_node() -> bool {
    let found = Command::new("node")
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        println!("skipped: there is no node on this machine");
    }
    found
}

#[test]
fn modules_are_installed_only_where_there_are_some() {
    if !has_node() {
        return;
    }
    let table = [
        (
            r#"{"scripts":{"start":"node x.js"}}"#,
            false,
            &[][..],
            "names no modules",
        ),
        (
            r#"{"dependencies":{"a":"1"}}"#,
            false,
            &[][..],
            "called npm install --omit=dev",
        ),
        (
            r#"{"dependencies":{"a":"1"}}"#,
            true,
            &[][..],
            "called npm ci --omit=dev",
        ),
        (r#"{"devDependencies":{"a":"1"}}"#, false, &[][..], "names no modules"),
        (
            r#"{"devDependencies":{"a":"1"}}"#,
            false,
            &[("DEV_MODE", "true")][..],
            "called npm install --include=dev",
        ),
        (
            r#"{"devDependencies":{"a":"1"},"scripts":{"build":"x"}}"#,
            false,
            &[][..],
            "called npm install --include=dev\n---> Building: npm run build\ncalled npm run build\n---> Removing modules that are needed for building only\ncalled npm prune --omit=dev",
        ),
    ];
    for (package, lock, environment, expected) in table {
        let scene = Scene::new(&[]).program("npm", ECHO);
        std::fs::create_dir(scene.path("src")).unwrap();
        std::fs::write(scene.path("src/package.json"), package).unwrap();
        if lock {
            std::fs::write(scene.path("src/package-lock.json"), "{}").unwrap();
        }
        let mut environment = environment.to_vec();
        let path = format!("{}:{}", scene.path("bin").display(), std::env::var("PATH").unwrap());
        environment.push(("PATH", &path));
        let built = scene.run("assemble", &environment);
        assert!(
            built.status.success() && printed(&built).contains(expected),
            "{package}: {}",
            printed(&built)
        );
    }
}

#[test]
fn application_is_started_without_npm_where_that_is_the_same() {
    if !has_node() {
        return;
    }
    let table = [
        (
            r#"{"scripts":{"start":"echo $NODE_ENV $PORT"}}"#,
            &[][..],
            "production 8080\n",
        ),
        (
            r#"{"scripts":{"start":"echo $NODE_ENV $PORT"}}"#,
            &[("DEV_MODE", "true"), ("PORT", "1")][..],
            "development 1\n",
        ),
        (
            r#"{"scripts":{"start":"x","prestart":"y"}}"#,
            &[][..],
            "called npm run --silent start\n",
        ),
        (
            r#"{"scripts":{"serve":"echo served"}}"#,
            &[("NPM_RUN", "serve")][..],
            "served\n",
        ),
        (r#"{"main":"server.js"}"#, &[][..], "it runs\n"),
    ];
    for (package, environment, expected) in table {
        let scene =
            Scene::new(&[("package.json", package), ("server.js", "console.log('it runs')")]).program("npm", ECHO);
        let mut environment = environment.to_vec();
        let path = format!("{}:{}", scene.path("bin").display(), std::env::var("PATH").unwrap());
        environment.push(("PATH", &path));
        let started = scene.run("run", &environment);
        assert!(
            printed(&started).ends_with(expected),
            "{package}: {}",
            printed(&started)
        );
    }
}
