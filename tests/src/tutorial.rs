use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{GitServer, Sample, Visitor, Weir};

/// A pod has so long to appear, be ready and answer.
const ROLLOUT: Duration = Duration::from_secs(180);

/// Two replicas, each of which gets requests only once it answers: then a rollout costs nobody an answer.
const TWO_PROBED_REPLICAS: &str = r#"{"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"default-container","readinessProbe":{"httpGet":{"path":"/","port":8080},"periodSeconds":1}}]}}}}"#;

/// The walk of README on real parts: each command is printed with its output, as a user would see it.
pub struct Tutorial<'a> {
    pub weir: &'a Weir,
    pub git: &'a GitServer,
    pub sample: &'a Sample,
    /// Builder image to import, and where from when not made on the spot.
    pub builder: &'a str,
    pub builder_from: Option<String>,
}

/// What the last step of the tutorial took.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub push_to_patched: Duration,
    pub push_to_running: Duration,
}

impl Tutorial<'_> {
    pub async fn walk(&self) -> Result<Measured> {
        self.first_image()?;
        let visitor = self.first_deployment().await?;
        self.second_version(&visitor).await
    }

    fn first_image(&self) -> Result<()> {
        self.step(&["new-project", "hello01"])?;
        let mut import = vec!["import-builder", self.builder];
        if let Some(from) = &self.builder_from {
            import.extend(["--from", from]);
        }
        self.step(&import)?;
        let source = format!("{}~{}", self.builder, self.git.url("hello"));
        self.step(&["new-build", &source, "--name", "node-build"])?;
        self.step(&["get", "bc"])?;
        self.step(&["get", "is"])?;
        self.step(&["logs", "-f", "bc/node-build"])?;
        self.step(&[
            "wait",
            "build/node-build-1",
            "--for=jsonpath={.status.phase}=Complete",
            "--timeout=120s",
        ])?;
        self.step(&["get", "builds"])?;
        self.step(&["get", "is"])?;
        Ok(())
    }

    async fn first_deployment(&self) -> Result<Visitor> {
        self.step(&[
            "create",
            "dc",
            "node-ms",
            "--image=docker-registry.default.svc:5000/hello01/node-build",
        ])?;
        self.step(&["rollout", "status", "dc/node-ms"])?;
        let visitor = Visitor::start(
            &self.weir.kubeconfig(),
            "hello01",
            "deployment-config.name=node-ms",
            8080,
        )
        .await?;
        visitor.hears("V1", ROLLOUT).await?;
        println!("$ curl http://POD:8080/\n{}", heard(&visitor));
        self.step(&[
            "set",
            "triggers",
            "dc/node-ms",
            "--from-image=hello01/node-build:latest",
            "-c",
            "default-container",
        ])?;
        self.step(&["patch", "dc/node-ms", "-p", TWO_PROBED_REPLICAS])?;
        self.step(&["rollout", "status", "dc/node-ms"])?;
        self.step(&["get", "dc,rc,pods"])?;
        Ok(visitor)
    }

    async fn second_version(&self, visitor: &Visitor) -> Result<Measured> {
        self.sample.commit_version("V2")?;
        println!("(the source is now V2)");
        visitor.forget();
        self.step(&["start-build", "bc/node-build", "--follow"])?;
        visitor.hears("V2", ROLLOUT).await?;
        self.step(&["rollout", "status", "dc/node-ms"])?;
        let visited = visitor.visited();
        visitor.forget();
        visitor.hears("V2", ROLLOUT).await?;
        println!("$ curl http://POD:8080/\n{}", heard(visitor));
        self.step(&["get", "dc,rc,pods"])?;
        self.step(&["rollout", "history", "dc/node-ms"])?;
        self.step(&["status"])?;
        println!(
            "({} requests during the rollout, {} failed)",
            visited.requests(),
            visited.failures.len()
        );
        if !visited.failures.is_empty() {
            bail!("requests failed during the rollout: {:?}", visited.failures);
        }
        self.measured()
    }

    /// Prints a command and its output while it comes, and fails when it fails.
    pub fn step(&self, arguments: &[&str]) -> Result<String> {
        println!("$ weir {}", arguments.join(" "));
        let begun = Instant::now();
        let mut child = self
            .weir
            .command(arguments)?
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("weir {}", arguments.join(" ")))?;
        let mut said = String::new();
        for line in BufReader::new(child.stdout.take().context("stdout")?).lines() {
            let line = line?;
            println!("{line}");
            said.push_str(&line);
            said.push('\n');
        }
        let status = child.wait()?;
        std::io::stdout().flush()?;
        if !status.success() {
            bail!(
                "weir {} ended with {status} after {:.1?}",
                arguments.join(" "),
                begun.elapsed()
            );
        }
        Ok(said)
    }

    /// The last push, the last template change and the last container start, by the program's own log.
    fn measured(&self) -> Result<Measured> {
        let log = self.weir.log()?;
        let pushed = last(&log, "pushed", "hello01/node-build")?;
        let patched = last(&log, "template patched", "node-ms")?;
        let running = first_after(&log, "container started", "node-ms", patched)?;
        let between =
            |from: jiff::Timestamp, to: jiff::Timestamp| to.duration_since(from).try_into().unwrap_or(Duration::ZERO);
        Ok(Measured {
            push_to_patched: between(pushed, patched),
            push_to_running: between(pushed, running),
        })
    }
}

fn heard(visitor: &Visitor) -> String {
    visitor.visited().answers.keys().cloned().collect::<Vec<_>>().join("\n")
}

fn last(log: &str, what: &str, whom: &str) -> Result<jiff::Timestamp> {
    let line = log
        .lines()
        .rev()
        .find(|line| line.contains(what) && line.contains(whom));
    timestamp(line.with_context(|| format!("the log has no line {what:?} about {whom}"))?)
}

fn first_after(log: &str, what: &str, whom: &str, after: jiff::Timestamp) -> Result<jiff::Timestamp> {
    let lines = log.lines().filter(|line| line.contains(what) && line.contains(whom));
    for line in lines {
        let time = timestamp(line)?;
        if time >= after {
            return Ok(time);
        }
    }
    bail!("the log has no line {what:?} about {whom} after {after}")
}

fn timestamp(line: &str) -> Result<jiff::Timestamp> {
    let text = line.split_whitespace().next().unwrap_or_default();
    text.parse().with_context(|| format!("no timestamp in {line:?}"))
}
