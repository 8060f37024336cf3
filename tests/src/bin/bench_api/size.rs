//! P13: how soon it is ready, how much memory it takes, how soon it stops.

use std::path::Path;

use anyhow::Result;
use weir_tests::{Directory, Weir};

use crate::histogram::{median, milliseconds};
use crate::options::Options;
use crate::table::Table;
use crate::{processes, without_engine};

pub(crate) fn empty(options: &Options, table: &mut Table) -> Result<()> {
    let (mut ready, mut memory, mut stops) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        let directory = Directory::new("bench")?;
        let weir = Weir::start(&directory.path().join("data"), without_engine())?;
        ready.push(milliseconds(weir.ready_after()));
        memory.push(megabytes(processes::resident(weir.pid())?));
        stops.push(milliseconds(weir.stop()?));
    }
    started(table, "empty", median(&ready), 300.0);
    let memory = median(&memory);
    table.row(
        "P13",
        "resident memory, empty",
        format!("{memory:.1} MB"),
        "<= 60 MB",
        memory <= 60.0,
    );
    stopped(table, "empty", median(&stops));
    Ok(())
}

/// The server that is filled already, and its next start.
pub(crate) fn full(options: &Options, weir: Weir, data: &Path, table: &mut Table) -> Result<()> {
    let count = options.largest();
    let held = format!("with {count} image streams");
    stopped(table, &held, milliseconds(weir.stop()?));
    let (mut ready, mut memory) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds() {
        let weir = Weir::start(data, without_engine())?;
        ready.push(milliseconds(weir.ready_after()));
        memory.push(megabytes(processes::resident(weir.pid())?));
        weir.stop()?;
    }
    started(table, &held, median(&ready), 2_000.0);
    let (memory, what) = (median(&memory), format!("resident memory {held}, after a start"));
    let measured = format!("{memory:.0} MB");
    if count == 100_000 {
        table.row("P13", what, measured, "<= 450 MB", memory <= 450.0);
    } else {
        table.note("P13", what, measured);
    }
    Ok(())
}

/// What a server holds now.
pub(crate) fn resident(weir: &Weir) -> Result<String> {
    let memory = megabytes(processes::resident(weir.pid())?);
    Ok(format!("{memory:.0} MB"))
}

fn started(table: &mut Table, what: &str, took: f64, bound: f64) {
    let target = format!("<= {bound:.0} ms");
    table.row(
        "P13",
        format!("start to ready, {what}"),
        format!("{took:.0} ms"),
        &target,
        took <= bound,
    );
}

fn stopped(table: &mut Table, what: &str, took: f64) {
    table.row(
        "P13",
        format!("SIGTERM to the end, {what}"),
        format!("{took:.0} ms"),
        "<= 2000 ms",
        took <= 2_000.0,
    );
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
