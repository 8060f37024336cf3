//! How objects and lists are printed.

pub mod format;
pub mod json;
pub mod json_path;
pub mod server_table;
pub mod sheet;
mod sort;
pub mod table;
pub mod yaml;

pub use sort::by_path as order_by_path;
