//! How objects and lists are printed.

pub mod yaml;
