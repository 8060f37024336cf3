//! The coordination group: who leads, and since when.

mod lease;

use weir_apiserver::Resource;

pub(crate) fn resources() -> Vec<Resource> {
    vec![lease::resource()]
}
