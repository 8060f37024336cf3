//! Writes down what every field of every kind is, so that the binary carries it as a few compressed pages instead of
//! the code that would say it.

use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let json = serde_json::to_vec(&weir_api::schema::definitions())?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&json)?;
    let directory = env::var_os("OUT_DIR").ok_or("cargo does not say where the output goes")?;
    fs::write(Path::new(&directory).join("definitions.json.gz"), gzip.finish()?)?;
    Ok(())
}
