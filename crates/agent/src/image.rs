//! Images: their names, whether they are on the engine, and how they get there.

mod credentials;
mod name;
mod store;

use credentials::Credentials;
pub(crate) use name::{ImageName, PullPolicy, RegistryNames};
pub(crate) use store::{ImageError, Images, Lookup, PresentImage};
