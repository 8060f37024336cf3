use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::histogram::Histogram;

/// Appends of a page, each made durable.
const WRITES: usize = 150;
const PAGE: usize = 4 << 10;

/// The median time that `fdatasync` takes on this disk now.
pub(crate) fn fdatasync(directory: &Path) -> Result<Duration> {
    let path = directory.join("fdatasync");
    let mut file = File::create(&path)?;
    let took = Histogram::new();
    for _ in 0..WRITES {
        file.write_all(&[7; PAGE])?;
        let begun = Instant::now();
        file.sync_data()?;
        took.add(begun.elapsed());
    }
    std::fs::remove_file(&path)?;
    Ok(took.percentile(50))
}
