//! `cargo xtask bench api`: how fast and how small the API server is, beside its targets. It fails only when it cannot
//! measure; a missed target is printed. This process makes the load; the server is another one.
//!
//! ```text
//! options    what the command line asks for          target   a server that is measured: ours, or a peer
//! client     connections over TLS, as users have     disk     what the disk can do, measured in the same run
//! writes P5   reads P6   watches P7   size P13   scale P15
//! ```

mod client;
mod disk;
mod fill;
mod histogram;
mod options;
mod peer;
mod processes;
mod reads;
mod scale;
mod size;
mod table;
mod target;
mod watches;
mod writes;

use anyhow::Result;
use weir_tests::{Directory, Weir, WeirOptions};

use options::Options;
use peer::Peer;
use scale::Costs;
use table::Table;
use target::Target;

#[tokio::main]
async fn main() -> Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    let mut table = Table::default();
    let mut peer = Peer::start_if_given().await?;
    let peer_target = peer.as_ref().map(Peer::target).transpose()?;
    if options.wants("P13") {
        size::empty(&options, &mut table)?;
    }
    if options.wants("P5") || options.wants("P7") {
        let directory = Directory::new("bench")?;
        let weir = Weir::start(&directory.path().join("data"), without_engine())?;
        let target = Target::of(&weir)?;
        if options.wants("P5") {
            writes::measure(&options, &target, peer_target.as_ref(), directory.path(), &mut table).await?;
        }
        if options.wants("P7") {
            watches::measure(&options, &target, &mut table).await?;
        }
        weir.stop()?;
    }
    if ["P6", "P15"].into_iter().any(|row| options.wants(row)) {
        many_objects(&options, peer_target.as_ref(), &mut table).await?;
    }
    if options.wants("P13") {
        full(&options, &mut table).await?;
    }
    table.print();
    if let Some(peer) = &mut peer {
        peer.stop()?;
    }
    Ok(())
}

/// Size, on a server that did nothing but be filled: what other measurements write would be kept as history.
async fn full(options: &Options, table: &mut Table) -> Result<()> {
    let directory = Directory::new("bench")?;
    let data = directory.path().join("data");
    let weir = Weir::start(&data, without_engine())?;
    fill::streams_up_to(&Target::of(&weir)?, options.largest()).await?;
    size::full(options, weir, &data, table)
}

/// Reads and scale on one server that is filled step by step.
async fn many_objects(options: &Options, peer: Option<&Target>, table: &mut Table) -> Result<()> {
    let directory = Directory::new("bench")?;
    let weir = Weir::start(&directory.path().join("data"), without_engine())?;
    let target = Target::of(&weir)?;
    let mut costs = Costs::default();
    for size in options.sizes() {
        fill::streams_up_to(&target, *size).await?;
        if options.wants("P6") {
            reads::lists(options, &target, *size, table).await?;
        }
        if options.wants("P15") {
            costs.measure(options, &target, *size).await?;
        }
    }
    if options.wants("P6") {
        reads::one(options, &target, peer, table).await?;
        reads::parallel_lists(options, &target, table).await?;
    }
    costs.print(table);
    let held = format!(
        "resident memory with {} image streams, after all reads and writes",
        options.largest()
    );
    table.note("P6", held, size::resident(&weir)?);
    weir.stop()?;
    Ok(())
}

fn without_engine() -> WeirOptions {
    WeirOptions {
        arguments: vec!["--engine".into(), "none".into()],
        ..WeirOptions::default()
    }
}
