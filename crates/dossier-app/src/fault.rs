//! From the libraries' precise errors to the one closed [`Fault`] that a host shows.

use dossier_exchange::demo::DemoError;
use dossier_model::layout::EditError;
use dossier_model::place::PlaceError;
use dossier_model::record::RecordError;
use dossier_store::StoreError;
use dossier_store::keyfile::KeyFileError;
use dossier_trust::codec::DecodeError;
use dossier_trust::epoch::SealError;
use dossier_trust::identity::KeyError;
use dossier_trust::invitation::InvitationError;

use crate::contract::{Fault, FaultCode};

impl Fault {
    /// A fault of this kind, about nothing in particular.
    #[must_use]
    pub fn new(code: FaultCode) -> Self {
        Self { code, detail: None }
    }

    /// A fault of this kind about `detail`: a field, a file, an id, a reason. Never content of a dossier.
    #[must_use]
    pub fn about(code: FaultCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: Some(detail.into()),
        }
    }

    /// Exit status of the command line.
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self.code {
            FaultCode::Internal => 1,
            FaultCode::Invalid
            | FaultCode::TooLong
            | FaultCode::NotFound
            | FaultCode::AlreadyExists
            | FaultCode::NoProfile => 2,
            FaultCode::NotAllowed => 3,
            FaultCode::InputRefused | FaultCode::NewerVersion => 4,
            FaultCode::NotReachable => 5,
            FaultCode::WrongPassphrase
            | FaultCode::Locked
            | FaultCode::InUse
            | FaultCode::DiskFull
            | FaultCode::NotWritable
            | FaultCode::Damaged => 6,
        }
    }

    pub(crate) fn internal(what: &'static str) -> Self {
        Self::about(FaultCode::Internal, what)
    }

    pub(crate) fn not_allowed(what: impl Into<String>) -> Self {
        Self::about(FaultCode::NotAllowed, what)
    }

    pub(crate) fn not_found(what: impl Into<String>) -> Self {
        Self::about(FaultCode::NotFound, what)
    }

    /// A text that has so many characters too many.
    pub(crate) fn too_long(over: usize) -> Self {
        Self::about(FaultCode::TooLong, format!("longer:{over}"))
    }

    pub(crate) fn invalid(what: impl Into<String>) -> Self {
        Self::about(FaultCode::Invalid, what)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.detail {
            Some(detail) => write!(f, "{:?}: {detail}", self.code),
            None => write!(f, "{:?}", self.code),
        }
    }
}

impl std::error::Error for Fault {}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let code = match error {
            StoreError::InUse => FaultCode::InUse,
            StoreError::WrongKey => FaultCode::WrongPassphrase,
            StoreError::NotADatabase | StoreError::Damaged => FaultCode::Damaged,
            StoreError::Full => FaultCode::DiskFull,
            StoreError::NotWritable => FaultCode::NotWritable,
            StoreError::Newer { .. } => FaultCode::NewerVersion,
            StoreError::Missing => FaultCode::NoProfile,
            StoreError::Exists => FaultCode::AlreadyExists,
            StoreError::Io(_) => FaultCode::NotWritable,
            StoreError::Sql(_) => FaultCode::Internal,
        };
        Self::about(code, error.to_string())
    }
}

impl From<KeyFileError> for Fault {
    fn from(error: KeyFileError) -> Self {
        let code = match &error {
            KeyFileError::WrongPassphrase => FaultCode::WrongPassphrase,
            KeyFileError::Store(inner) => return Self::from(*inner),
            KeyFileError::Damaged | KeyFileError::TooMuchWork { .. } => FaultCode::Damaged,
            KeyFileError::Missing => FaultCode::NoProfile,
            KeyFileError::Exists => FaultCode::AlreadyExists,
        };
        Self::about(code, error.to_string())
    }
}

impl From<KeyError> for Fault {
    fn from(error: KeyError) -> Self {
        Self::about(FaultCode::InputRefused, error.to_string())
    }
}

impl From<SealError> for Fault {
    fn from(error: SealError) -> Self {
        Self::about(FaultCode::InputRefused, error.to_string())
    }
}

impl From<DecodeError> for Fault {
    fn from(error: DecodeError) -> Self {
        let code = match error {
            DecodeError::UnknownSuite => FaultCode::NewerVersion,
            DecodeError::Short
            | DecodeError::Trailing
            | DecodeError::NotCanonical
            | DecodeError::TooLong
            | DecodeError::UnknownKind
            | DecodeError::NotText => FaultCode::InputRefused,
        };
        Self::about(code, error.to_string())
    }
}

impl From<InvitationError> for Fault {
    fn from(error: InvitationError) -> Self {
        let code = match error {
            InvitationError::UnknownSuite => FaultCode::NewerVersion,
            InvitationError::BadTicket
            | InvitationError::OtherTicket
            | InvitationError::WrongSecret
            | InvitationError::OtherTerms
            | InvitationError::Key(_)
            | InvitationError::Seal(_) => FaultCode::InputRefused,
        };
        Self::about(code, error.to_string())
    }
}

impl From<EditError> for Fault {
    fn from(error: EditError) -> Self {
        let code = match &error {
            EditError::UnknownItem => FaultCode::NotFound,
            EditError::TooLong => return Self::new(FaultCode::TooLong),
            EditError::Exists | EditError::BadId | EditError::BadPath(_) | EditError::TooDeep | EditError::BadOrder => {
                FaultCode::Invalid
            }
            EditError::Encoding | EditError::Document(_) => FaultCode::Internal,
        };
        Self::about(code, error.to_string())
    }
}

impl From<PlaceError> for Fault {
    fn from(error: PlaceError) -> Self {
        Self::invalid(error.to_string())
    }
}

impl From<RecordError> for Fault {
    fn from(error: RecordError) -> Self {
        let code = match error {
            // Of a letter without accents a byte is a character; of others the number says too much.
            RecordError::TooLarge(over) => return Self::too_long(over),
            RecordError::Malformed => FaultCode::Invalid,
            RecordError::Newer => FaultCode::NewerVersion,
        };
        Self::about(code, error.to_string())
    }
}

impl From<DemoError> for Fault {
    fn from(error: DemoError) -> Self {
        Self::about(
            FaultCode::InputRefused,
            format!("{}:{}: {}", error.line, error.column, error.reason),
        )
    }
}
