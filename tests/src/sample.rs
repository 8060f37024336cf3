use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A git repository with the hello-world program, which says its version.
pub struct Sample {
    repository: PathBuf,
}

impl Sample {
    /// A new repository `name` below `root` with version 1 committed.
    pub fn create(root: &Path, name: &str) -> Result<Self> {
        let repository = root.join(name);
        std::fs::create_dir_all(&repository)?;
        let sample = Self { repository };
        sample.git(&["init", "--quiet", "--initial-branch=main"])?;
        sample.commit_version("V1")?;
        Ok(sample)
    }

    pub fn path(&self) -> &Path {
        &self.repository
    }

    /// Commits the program such that it says `version`.
    pub fn commit_version(&self, version: &str) -> Result<()> {
        self.commit(
            &[
                ("server.js", &server(version)),
                ("package.json", PACKAGE),
                ("index.html", &page(version)),
            ],
            &format!("hello {version}"),
        )
    }

    pub fn commit(&self, files: &[(&str, &str)], message: &str) -> Result<()> {
        for (name, content) in files {
            let path = self.repository.join(name);
            std::fs::create_dir_all(path.parent().context("a file has a directory")?)?;
            std::fs::write(path, content)?;
        }
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", message])
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        let output = Command::new("git")
            .current_dir(&self.repository)
            .args(["-c", "user.name=Sample Author", "-c", "user.email=author@example.com"])
            .args(["-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false"])
            .args(arguments)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .context("git")?;
        if !output.status.success() {
            bail!(
                "git {}: {}",
                arguments.join(" "),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(())
    }
}

const PACKAGE: &str = r#"{
  "name": "hello",
  "version": "1.0.0",
  "private": true,
  "scripts": { "start": "node server.js" }
}
"#;

/// What a builder that serves files serves.
fn page(version: &str) -> String {
    format!("Hello World from {version}\n")
}

/// It finishes its requests before it ends, so that a rollout costs nobody an answer.
fn server(version: &str) -> String {
    format!(
        r#"const http = require('http');
const server = http.createServer((request, response) => {{
  response.setHeader('Connection', 'close');
  response.end('Hello World from {version}\n');
}});
server.listen(process.env.PORT || 8080, () => console.log('listening, {version}'));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
"#
    )
}
