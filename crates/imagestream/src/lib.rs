//! What an image stream means: rules over the wire types, without IO and without a clock.
//!
//! ```text
//! spec.tags (the wish) --spec_tags--> history <--record_tag_event-- a push, an import
//!                                        |
//!                                     resolve --> pull spec --triggers--> who must change, and how
//! ```
//!
//! Time is an argument, and so is every other stream that a rule has to look at. Whatever writes tag history goes
//! through [`history::record_tag_event`].

pub mod history;
pub mod image_metadata;
pub mod import;
pub mod resolve;
pub mod source;
pub mod spec_tags;
pub mod triggers;
