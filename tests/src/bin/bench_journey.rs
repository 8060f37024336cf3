//! Placeholder to be written with the benchmark.
fn main() {}
