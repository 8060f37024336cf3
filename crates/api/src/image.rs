//! `image.openshift.io/v1`.

mod import;
mod stored_image;
mod stream;
mod view;

pub use import::*;
pub use stored_image::*;
pub use stream::*;
pub use view::*;

pub const GROUP: &str = "image.openshift.io";
pub const VERSION: &str = "v1";
pub const API_VERSION: &str = "image.openshift.io/v1";
