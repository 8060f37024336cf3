use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::step::Who;
use crate::{binary, kubectl, oc};

/// A client that is there, and the names it is called by while it plays.
#[derive(Clone, Debug)]
pub struct Client {
    pub who: Who,
    pub program: PathBuf,
}

impl Client {
    /// The clients of this machine, and why others are missing.
    pub fn present() -> Result<(Vec<Self>, Vec<String>)> {
        let mut present = vec![Self {
            who: Who::Weir,
            program: binary("weir")?,
        }];
        let mut missing = Vec::new();
        let real = [
            (Who::Oc, oc(), "WEIR_OC does not name the real oc"),
            (
                Who::Kubectl,
                kubectl(),
                "kubectl is not installed; WEIR_KUBECTL may name it",
            ),
        ];
        for (who, program, reason) in real {
            match program {
                Some(program) => present.push(Self { who, program }),
                None => missing.push(format!("{}: {reason}", who.name())),
            }
        }
        Ok((present, missing))
    }

    /// A directory for the search path in which `oc` and `kubectl` are this client, and `weir` is what sets the stage.
    pub fn programs(&self, place: &Path) -> Result<PathBuf> {
        let directory = place.join("bin");
        std::fs::create_dir_all(&directory)?;
        let links = [
            ("oc", self.program.clone()),
            ("kubectl", self.program.clone()),
            ("weir", binary("weir")?),
        ];
        for (name, program) in links {
            std::os::unix::fs::symlink(&program, directory.join(name)).context("a link to the client")?;
        }
        Ok(directory)
    }
}
