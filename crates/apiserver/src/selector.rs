//! Label and field selectors.

mod fields;
mod labels;

pub use fields::FieldSelector;
pub use labels::LabelSelector;

/// Terms of one selector; every object of a list is compared with each of them.
const MAX_TERMS: usize = 2_000;

/// Why a selector cannot be understood.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SelectorError {
    #[error("unable to parse requirement: {0}")]
    Syntax(String),
    #[error("the selector has more than {MAX_TERMS} terms")]
    TooManyTerms,
}

impl From<SelectorError> for crate::ApiError {
    fn from(error: SelectorError) -> Self {
        Self::bad_request(error)
    }
}
