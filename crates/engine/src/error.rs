/// Why an engine did not do what it was asked. A variant says what the caller can do about it; the message is the
/// engine's own, with what we know added in front.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The container, image, network or exec session does not exist (any more).
    #[error("{message}")]
    NotFound { message: String },
    /// It exists already, is in the wrong state, or is in use.
    #[error("{message}")]
    Conflict { message: String },
    /// A registry wants other credentials, or the engine's socket may not be used by us.
    #[error("{message}")]
    Denied { message: String },
    /// The engine understood and will not: a bad image name, a command that is not in the image, a failed build step.
    /// Trying again without a change does not help.
    #[error("{message}")]
    Refused { message: String },
    /// A registry could not be reached or failed. Trying again later may help.
    #[error("{message}")]
    Registry { message: String },
    /// The engine itself cannot be reached or broke off. Everything can be tried again when it is back.
    #[error("{message}")]
    Unavailable { message: String },
    /// The engine failed inside (a 500 that fits no other case).
    #[error("{message}")]
    Failed { message: String },
}

impl EngineError {
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound {
            message: message.into(),
        }
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict {
            message: message.into(),
        }
    }

    pub fn refused(message: impl Into<String>) -> Self {
        Self::Refused {
            message: message.into(),
        }
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::Unavailable {
            message: message.into(),
        }
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. })
    }

    pub fn is_unavailable(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    /// The same case with another message.
    pub fn with_message(&self, message: String) -> Self {
        match self {
            Self::NotFound { .. } => Self::NotFound { message },
            Self::Conflict { .. } => Self::Conflict { message },
            Self::Denied { .. } => Self::Denied { message },
            Self::Refused { .. } => Self::Refused { message },
            Self::Registry { .. } => Self::Registry { message },
            Self::Unavailable { .. } => Self::Unavailable { message },
            Self::Failed { .. } => Self::Failed { message },
        }
    }
}
