use std::time::Duration;

use anyhow::{Result, bail};

/// What the command line asks for.
pub(crate) struct Options {
    quick: bool,
    only: Vec<String>,
}

impl Options {
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Self> {
        let mut options = Self {
            quick: false,
            only: Vec::new(),
        };
        for word in words {
            match word.as_str() {
                "--quick" => options.quick = true,
                row @ ("P5" | "P6" | "P7" | "P13" | "P15") => options.only.push(row.to_owned()),
                _ => bail!("usage: bench api [--quick] [P5] [P6] [P7] [P13] [P15]"),
            }
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, row: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|wanted| wanted == row)
    }

    /// How often everything is repeated; medians are printed.
    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 2 } else { 5 }
    }

    /// No single measurement takes longer.
    pub(crate) fn patience(&self) -> Duration {
        Duration::from_secs(if self.quick { 5 } else { 20 })
    }

    /// Numbers of image streams.
    pub(crate) fn sizes(&self) -> &'static [usize] {
        if self.quick {
            &[1_000, 10_000]
        } else {
            &[1_000, 10_000, 100_000]
        }
    }

    pub(crate) fn largest(&self) -> usize {
        self.sizes().last().copied().unwrap_or(0)
    }

    /// Clients at once, and the requests they make together in one measurement.
    pub(crate) fn writers(&self) -> [(usize, usize); 3] {
        let share = if self.quick { 4 } else { 1 };
        [(1, 400 / share), (16, 4_000 / share), (128, 16_000 / share)]
    }

    /// Watchers, and the changes a second that they see.
    pub(crate) fn watchers(&self) -> &'static [(usize, u32)] {
        if self.quick {
            &[(100, 100), (1_000, 30)]
        } else {
            &[(100, 100), (1_000, 30), (10_000, 3)]
        }
    }

    /// How long watchers are watched.
    pub(crate) fn watching(&self) -> Duration {
        Duration::from_secs(if self.quick { 4 } else { 12 })
    }
}
