//! A new device of somebody who is in a dossier already: after a restored backup, from the recovery words, or beside an
//! older device.
//!
//! Nobody has to vouch for it. The certificate is signed by the root that the dossier was founded by, or that was
//! granted access, so whoever holds a copy of the log can tell.

use crate::codec::{Canonical, DecodeError, Reader, Writer};
use crate::identity::Certificate;
use crate::ids::{CompartmentId, DossierId};
use crate::invitation::{InvitationError, checked_text, read_checked_text};
use crate::item::{Header, Item, Lane, MAX_BODY, SUITE, SignedOpen};
use crate::operation::Operation;

/// Why an introduction was not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IntroductionError {
    /// Not the bytes of an introduction.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// A signature does not hold, or the parts are not of one device and one dossier.
    #[error("the introduction does not hold")]
    Invalid,
}

/// One place in which the device says who it is: a chain of its own in the log lane, that begins with its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The chain.
    pub open: SignedOpen,
    /// Its first item.
    pub item: Item,
}

impl Claim {
    /// Where.
    #[must_use]
    pub fn compartment(&self) -> CompartmentId {
        self.open.open.compartment
    }

    fn certificate(&self) -> Option<Certificate> {
        match Operation::from_bytes(self.item.body.as_deref()?).ok()? {
            Operation::Device { certificate, .. } => Some(certificate),
            Operation::Genesis { .. }
            | Operation::Generation { .. }
            | Operation::Grant { .. }
            | Operation::Revoke { .. }
            | Operation::Cut { .. }
            | Operation::Pin { .. }
            | Operation::Epoch { .. }
            | Operation::Erase { .. } => None,
        }
    }
}

/// What a new device says first to somebody who does not know it yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Introduction {
    /// Which dossier.
    pub dossier: DossierId,
    /// A resident's device speaks in the dossier part; a member's in every compartment it may see.
    pub claims: Vec<Claim>,
}

impl Introduction {
    /// No suite has this number, so that nobody takes a knock for an introduction.
    const TAG: u8 = 0;
    const MAX_CLAIMS: usize = 256;

    /// True for bytes that claim to be one.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.first() == Some(&Self::TAG)
    }

    /// The device that introduces itself: everything in here is signed by it, is about this dossier, and holds one and
    /// the same certificate, whose root's signature holds. What that root may is the caller's to look up.
    ///
    /// # Errors
    /// [`IntroductionError::Invalid`].
    pub fn verify(&self) -> Result<Certificate, IntroductionError> {
        let mut found: Option<Certificate> = None;
        for claim in &self.claims {
            let (signed, item) = (&claim.open, &claim.item);
            let certificate = claim.certificate().ok_or(IntroductionError::Invalid)?;
            let sound = signed.open.dossier == self.dossier
                && signed.open.lane == Lane::Log
                && signed.open.device == certificate.device
                && item.header.n == 1
                && signed.verify().is_ok()
                && item.verify_in(signed.open.chain(), &signed.open).is_ok()
                && certificate.verify().is_ok()
                && found.as_ref().is_none_or(|one| *one == certificate);
            if !sound {
                return Err(IntroductionError::Invalid);
            }
            found = Some(certificate);
        }
        found.ok_or(IntroductionError::Invalid)
    }
}

impl Canonical for Introduction {
    fn encode(&self, out: &mut Writer) {
        out.u8(Self::TAG).u8(SUITE).fixed(&self.dossier.0);
        out.list(&self.claims, |out, claim| {
            out.bytes(&claim.open.to_bytes());
            claim.item.header.encode(out);
            out.fixed(&claim.item.signature)
                .bytes(claim.item.body.as_deref().unwrap_or_default());
        });
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != Self::TAG {
            return Err(DecodeError::UnknownKind);
        }
        if input.u8()? != SUITE {
            return Err(DecodeError::UnknownSuite);
        }
        Ok(Self {
            dossier: DossierId(input.fixed()?),
            claims: input.list(Self::MAX_CLAIMS, |input| {
                Ok(Claim {
                    open: SignedOpen::from_bytes(input.bytes(MAX_OPEN)?)?,
                    item: Item {
                        header: Header::decode(input)?,
                        signature: input.fixed()?,
                        body: Some(input.bytes(MAX_BODY)?.to_vec()),
                    },
                })
            })?,
        })
    }
}

/// No open is near this long, in bytes.
const MAX_OPEN: usize = 1024;

/// Where a dossier can be found again, shown by somebody who holds a copy of it: QR, letters, or a file. It is no
/// secret and gives nothing away but that; who comes with it still has to be of the dossier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnTicket {
    /// The dossier.
    pub dossier: DossierId,
    /// Whose device holds a copy.
    pub holder: Certificate,
    /// Where that device was last: socket addresses and relay URLs.
    pub hints: Vec<String>,
}

impl ReturnTicket {
    const PREFIX: &'static str = "kr1";
    const MAX_HINTS: usize = 16;
    const MAX_HINT: usize = 256;

    /// As letters and digits, with a checksum of forty bits.
    #[must_use]
    pub fn to_text(&self) -> String {
        checked_text(Self::PREFIX, self.to_bytes())
    }

    /// Reads [`Self::to_text`], in any case, with spaces and line ends anywhere.
    ///
    /// # Errors
    /// [`InvitationError::BadTicket`] when one letter is wrong; [`InvitationError::UnknownSuite`].
    pub fn from_text(text: &str) -> Result<Self, InvitationError> {
        let ticket: Self = read_checked_text(Self::PREFIX, text)?;
        ticket.holder.verify()?;
        Ok(ticket)
    }
}

impl Canonical for ReturnTicket {
    fn encode(&self, out: &mut Writer) {
        out.u8(SUITE).fixed(&self.dossier.0);
        self.holder.encode(out);
        out.list(&self.hints, |out, hint| {
            out.bytes(hint.as_bytes());
        });
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != SUITE {
            return Err(DecodeError::UnknownSuite);
        }
        Ok(Self {
            dossier: DossierId(input.fixed()?),
            holder: Certificate::decode(input)?,
            hints: input.list(Self::MAX_HINTS, |input| input.text(Self::MAX_HINT).map(str::to_owned))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceSecrets, Random, RootSecret};
    use crate::ids::{EpochId, GenerationId, blake3};
    use crate::item::{Kind, Open, Tip};
    use crate::operation::OpId;
    use crate::testing::Seeded;

    fn claim(device: &DeviceSecrets, certificate: &Certificate, compartment: u8) -> Claim {
        let open = Open {
            dossier: DossierId([1; 32]),
            compartment: CompartmentId([compartment; 32]),
            generation: GenerationId::default(),
            lane: Lane::Log,
            grant: OpId::OWNER,
            device: device.device(),
            nonce: [7; 16],
        };
        let body = Operation::Device {
            certificate: certificate.clone(),
            holder: None,
        }
        .to_bytes();
        let tip = Tip::start(open.chain());
        let header = Header {
            hash: blake3(&body),
            ..tip.next(Kind::Operation, EpochId::default(), body.len() as u32)
        };
        Claim {
            item: Item::sign(header, body, &device.signing_key()),
            open: open.sign(&device.signing_key()),
        }
    }

    #[test]
    fn an_introduction_holds_for_one_device_in_one_dossier_and_no_byte_of_it_can_change() {
        let mut random = Seeded::new(11);
        let root = RootSecret::from_entropy(random.array());
        let device = DeviceSecrets::generate(&mut random);
        let certificate = root.certify(&device).unwrap();
        let introduction = Introduction {
            dossier: DossierId([1; 32]),
            claims: vec![claim(&device, &certificate, 0), claim(&device, &certificate, 2)],
        };
        let bytes = introduction.to_bytes();
        assert!(Introduction::is_one(&bytes));
        assert_eq!(Introduction::from_bytes(&bytes).as_ref(), Ok(&introduction));
        assert_eq!(introduction.verify(), Ok(certificate.clone()));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            let held = Introduction::from_bytes(&other).map(|read| read.verify());
            assert!(!matches!(held, Ok(Ok(_))), "byte {at} is not covered");
        }
        // A thief of a certificate has not got the device's key.
        let thief = DeviceSecrets::generate(&mut random);
        for claims in [
            vec![claim(&thief, &certificate, 0)],
            vec![
                claim(&device, &certificate, 0),
                claim(&thief, &root.certify(&thief).unwrap(), 2),
            ],
            Vec::new(),
        ] {
            let forged = Introduction {
                claims,
                ..introduction.clone()
            };
            assert_eq!(forged.verify(), Err(IntroductionError::Invalid));
        }
    }

    #[test]
    fn a_return_ticket_is_read_whole_or_not_at_all() {
        let mut random = Seeded::new(12);
        let root = RootSecret::from_entropy(random.array());
        let ticket = ReturnTicket {
            dossier: DossierId([1; 32]),
            holder: root.certify(&DeviceSecrets::generate(&mut random)).unwrap(),
            hints: vec!["192.0.2.7:4433".into()],
        };
        let text = ticket.to_text();
        assert_eq!(
            ReturnTicket::from_text(&format!(" {}\n", text.to_uppercase())),
            Ok(ticket)
        );
        for at in 0..text.len() {
            let mut other = text.clone();
            other.replace_range(at..=at, if &text[at..=at] == "a" { "b" } else { "a" });
            assert!(ReturnTicket::from_text(&other).is_err(), "letter {at}");
        }
    }
}
