//! The events group: the Events of the core group, under newer names.
//!
//! There is one stored object of each Event, that of the core group. What is written here is written there, and what is
//! shown here is shown from there.

mod conversion;
mod event;
mod validation;

use weir_apiserver::Resource;

pub(crate) fn resources() -> Vec<Resource> {
    vec![event::resource()]
}
