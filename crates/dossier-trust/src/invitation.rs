//! First contact: a ticket, a join, a code that both people compare, a grant.
//!
//! The joiner's nonce comes after the ticket and the code is slow to compute, so somebody in the middle has one
//! target of 2⁴⁰ and no time to search it.

use ed25519_dalek::SigningKey;

use crate::codec::{Canonical, DecodeError, Reader, Writer};
use crate::epoch::{SealError, open_with, seal_to};
use crate::identity::{Certificate, KeyError, Random, sign, verify};
use crate::ids::{DossierId, blake3};
use crate::item::SUITE;

/// Why an invitation went no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvitationError {
    /// A letter is wrong or missing, or it is no ticket at all.
    #[error("this is not a whole ticket")]
    BadTicket,
    /// Made by a newer program.
    #[error("the ticket was made by a newer program")]
    UnknownSuite,
    /// The join answers another ticket.
    #[error("the answer belongs to another ticket")]
    OtherTicket,
    /// Whoever answers does not hold the ticket's secret.
    #[error("the answer was made without the ticket's secret")]
    WrongSecret,
    /// The terms are not the ones that the ticket promised.
    #[error("the terms are not the ones of the ticket")]
    OtherTerms,
    /// A signature or key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The sealed answer.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// What the resident hands over: QR, letters, or a file. Single use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The dossier.
    pub dossier: DossierId,
    /// Who invites.
    pub inviter: Certificate,
    /// Where the inviter's program was last: socket addresses and relay URLs.
    pub hints: Vec<String>,
    /// Proves that who answers was handed the ticket.
    pub secret: [u8; 16],
    /// BLAKE3 of the terms (what is offered, why, until when).
    pub terms: [u8; 32],
}

impl Ticket {
    const PREFIX: &'static str = "kt1";
    const MAX_HINTS: usize = 16;
    const MAX_HINT: usize = 256;

    /// Its name. The secret is part of it, so the name may be spoken of in clear.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        blake3(&self.to_bytes())
    }

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
        ticket.inviter.verify()?;
        Ok(ticket)
    }

    fn authenticate(&self, message: &[u8]) -> [u8; 32] {
        let key = ::blake3::derive_key("keukentafel 1 join authentication", &self.secret);
        *::blake3::keyed_hash(&key, message).as_bytes()
    }

    /// First word of a joiner on a live connection: proves the secret before anything is told.
    #[must_use]
    pub fn knock(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(SUITE).fixed(&self.hash()).fixed(&self.authenticate(b"knock"));
        out.finish()
    }

    /// Which ticket a knock names. Says nothing about the secret.
    ///
    /// # Errors
    /// [`InvitationError::BadTicket`].
    pub fn named_by_knock(bytes: &[u8]) -> Result<[u8; 32], InvitationError> {
        let mut input = Reader::new(bytes);
        let read = |input: &mut Reader<'_>| -> Result<[u8; 32], DecodeError> {
            if input.u8()? != SUITE {
                return Err(DecodeError::UnknownSuite);
            }
            input.fixed()
        };
        read(&mut input).map_err(|_| InvitationError::BadTicket)
    }

    /// The knock was made with this ticket's secret.
    ///
    /// # Errors
    /// [`InvitationError::WrongSecret`].
    pub fn check_knock(&self, bytes: &[u8]) -> Result<(), InvitationError> {
        // blake3::Hash compares in constant time; plain slices do not.
        if ::blake3::hash(bytes) == ::blake3::hash(&self.knock()) {
            Ok(())
        } else {
            Err(InvitationError::WrongSecret)
        }
    }
}

impl Canonical for Ticket {
    fn encode(&self, out: &mut Writer) {
        out.u8(SUITE).fixed(&self.dossier.0);
        self.inviter.encode(out);
        out.list(&self.hints, |out, hint| {
            out.bytes(hint.as_bytes());
        });
        out.fixed(&self.secret).fixed(&self.terms);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != SUITE {
            return Err(DecodeError::UnknownSuite);
        }
        Ok(Self {
            dossier: DossierId(input.fixed()?),
            inviter: Certificate::decode(input)?,
            hints: input.list(Self::MAX_HINTS, |input| input.text(Self::MAX_HINT).map(str::to_owned))?,
            secret: input.fixed()?,
            terms: input.fixed()?,
        })
    }
}

/// The joiner's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// Which ticket.
    pub ticket: [u8; 32],
    /// Who joins.
    pub joiner: Certificate,
    /// Name, organisation and the answers of the information card (the model's JSON).
    pub card: Vec<u8>,
    /// Drawn after the ticket was seen.
    pub nonce: [u8; 32],
    /// By the joiner's device.
    pub signature: [u8; 64],
    /// Under the ticket's secret.
    pub mac: [u8; 32],
}

impl Join {
    const PURPOSE: &'static str = "join";
    const MAX_CARD: usize = 32 * 1024;
    const MAX: usize = Self::MAX_CARD + 1024;

    /// Answers a ticket.
    pub fn make(
        ticket: &Ticket,
        joiner: Certificate,
        card: Vec<u8>,
        key: &SigningKey,
        random: &mut dyn Random,
    ) -> Self {
        let mut nonce = [0; 32];
        random.fill(&mut nonce);
        let mut join = Self {
            ticket: ticket.hash(),
            joiner,
            card,
            nonce,
            signature: [0; 64],
            mac: [0; 32],
        };
        join.signature = sign(key, Self::PURPOSE, &join.signed_part());
        join.mac = ticket.authenticate(&join.mac_part());
        join
    }

    fn signed_part(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.u8(SUITE).fixed(&self.ticket);
        self.joiner.encode(&mut out);
        out.bytes(&self.card).fixed(&self.nonce);
        out.finish()
    }

    fn mac_part(&self) -> Vec<u8> {
        [self.signed_part().as_slice(), &self.signature].concat()
    }

    /// Seals it to the inviter.
    ///
    /// # Errors
    /// [`SealError::Key`] when the ticket's certificate holds no usable key.
    pub fn seal(&self, ticket: &Ticket) -> Result<Vec<u8>, SealError> {
        seal_to(std::slice::from_ref(&ticket.inviter.wrapping), &self.to_bytes())
    }

    /// Opens and checks it: same ticket, same secret, the joiner's own signature.
    ///
    /// # Errors
    /// [`InvitationError`].
    pub fn open(file: &[u8], ticket: &Ticket, identity: &age::x25519::Identity) -> Result<Self, InvitationError> {
        let plain = open_with(identity, file, Self::MAX)?;
        let join = Self::from_bytes(&plain).map_err(SealError::from)?;
        if join.ticket != ticket.hash() {
            return Err(InvitationError::OtherTicket);
        }
        if ::blake3::Hash::from(ticket.authenticate(&join.mac_part())) != ::blake3::Hash::from(join.mac) {
            return Err(InvitationError::WrongSecret);
        }
        join.joiner.verify()?;
        verify(
            &join.joiner.device.0,
            Self::PURPOSE,
            &join.signed_part(),
            &join.signature,
        )?;
        Ok(join)
    }
}

impl Canonical for Join {
    fn encode(&self, out: &mut Writer) {
        out.fixed(&self.signed_part()).fixed(&self.signature).fixed(&self.mac);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != SUITE {
            return Err(DecodeError::UnknownSuite);
        }
        Ok(Self {
            ticket: input.fixed()?,
            joiner: Certificate::decode(input)?,
            card: input.bytes(Self::MAX_CARD)?.to_vec(),
            nonce: input.fixed()?,
            signature: input.fixed()?,
            mac: input.fixed()?,
        })
    }
}

/// The terms are those that the ticket promised.
///
/// # Errors
/// [`InvitationError::OtherTerms`].
pub fn check_terms(ticket: &Ticket, terms: &[u8]) -> Result<(), InvitationError> {
    if blake3(terms) == ticket.terms {
        Ok(())
    } else {
        Err(InvitationError::OtherTerms)
    }
}

/// Twelve digits that both screens show: scrypt (2¹⁵, 8, 1) over ticket and join, 32 MiB and about 0.1 s.
#[must_use]
pub fn code(ticket: &Ticket, join: &Join) -> String {
    slow_digits(&join.to_bytes(), &ticket.to_bytes())
}

/// Twelve digits of something, that take 32 MiB of work to make.
pub(crate) fn slow_digits(what: &[u8], of: &[u8]) -> String {
    let mut out = [0u8; 8];
    let params = scrypt::Params::new(15, 8, 1);
    // These parameters and this output length are valid by scrypt's own rules, so neither call fails.
    if let Ok(params) = params {
        let _ = scrypt::scrypt(what, of, &params, &mut out);
    }
    format!("{:012}", u64::from_le_bytes(out) % 1_000_000_000_000)
}

/// Compares what a person typed with the code, whatever they put between the digits.
#[must_use]
pub fn code_matches(code: &str, typed: &str) -> bool {
    let digits: String = typed
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '-')
        .collect();
    ::blake3::hash(digits.as_bytes()) == ::blake3::hash(code.as_bytes())
}

/// Bytes as letters and digits after a prefix that says what they are, with a checksum of forty bits.
#[must_use]
pub fn checked_text(prefix: &str, mut bytes: Vec<u8>) -> String {
    bytes.extend(blake3(&bytes).first_chunk::<5>().copied().unwrap_or_default());
    format!("{prefix}{}", base32(&bytes))
}

/// Reads [`checked_text`], in any case, with spaces and line ends anywhere.
///
/// # Errors
/// [`InvitationError::BadTicket`] when one letter is wrong; [`InvitationError::UnknownSuite`].
pub fn read_checked_text<T: Canonical>(prefix: &str, text: &str) -> Result<T, InvitationError> {
    let text = text.split_whitespace().collect::<String>().to_lowercase();
    let body = text.strip_prefix(prefix).ok_or(InvitationError::BadTicket)?;
    let bytes = unbase32(body).ok_or(InvitationError::BadTicket)?;
    let (bytes, checksum) = bytes.split_last_chunk::<5>().ok_or(InvitationError::BadTicket)?;
    if blake3(bytes).first_chunk::<5>() != Some(checksum) {
        return Err(InvitationError::BadTicket);
    }
    T::from_bytes(bytes).map_err(|error| match error {
        DecodeError::UnknownSuite => InvitationError::UnknownSuite,
        DecodeError::Short
        | DecodeError::Trailing
        | DecodeError::NotCanonical
        | DecodeError::TooLong
        | DecodeError::UnknownKind
        | DecodeError::NotText => InvitationError::BadTicket,
    })
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// RFC 4648 base 32, lower case, no padding: also legible in a QR code's alphanumeric mode after upper-casing.
fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            out.push(letter(held >> bits));
        }
    }
    if bits > 0 {
        out.push(letter(held << (5 - bits)));
    }
    out
}

fn letter(value: u32) -> char {
    ALPHABET
        .get((value & 31) as usize)
        .map_or('a', |byte| char::from(*byte))
}

fn unbase32(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() * 5 / 8);
    let (mut held, mut bits) = (0u32, 0u32);
    for byte in text.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        held = held << 5 | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
        }
        held &= (1 << bits) - 1;
    }
    // Left-over bits must be the zeros that the writer put there.
    (held == 0 && bits < 5).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceSecrets, RootSecret};
    use crate::testing::Seeded;

    struct Person {
        device: DeviceSecrets,
        certificate: Certificate,
    }

    fn person(random: &mut Seeded) -> Person {
        let device = DeviceSecrets::generate(random);
        let certificate = RootSecret::from_entropy(random.array()).certify(&device).unwrap();
        Person { device, certificate }
    }

    fn ticket(inviter: &Person, random: &mut Seeded) -> Ticket {
        Ticket {
            dossier: DossierId([1; 32]),
            inviter: inviter.certificate.clone(),
            hints: vec!["127.0.0.1:4433".into()],
            secret: random.array(),
            terms: blake3(b"terms"),
        }
    }

    #[test]
    fn a_ticket_with_one_letter_wrong_is_refused() {
        let mut random = Seeded::new(8);
        let lisa = person(&mut random);
        let ticket = ticket(&lisa, &mut random);
        let text = ticket.to_text();
        assert_eq!(Ticket::from_text(&format!(" {} \n", text.to_uppercase())), Ok(ticket));
        for at in 0..text.len() {
            let mut other = text.clone().into_bytes();
            other[at] = if other[at] == b'q' { b'r' } else { b'q' };
            assert!(
                Ticket::from_text(&String::from_utf8(other).unwrap()).is_err(),
                "letter {at}"
            );
            assert!(Ticket::from_text(&text[..at]).is_err());
        }
    }

    #[test]
    fn a_join_needs_the_secret_and_both_see_the_same_code() {
        let mut random = Seeded::new(9);
        let (lisa, karin) = (person(&mut random), person(&mut random));
        let ticket = ticket(&lisa, &mut random);
        let join = Join::make(
            &ticket,
            karin.certificate.clone(),
            b"{}".to_vec(),
            &karin.device.signing_key(),
            &mut random,
        );
        let file = join.seal(&ticket).unwrap();
        let identity = lisa.device.wrapping_identity().unwrap();
        let read = Join::open(&file, &ticket, &identity).unwrap();
        assert_eq!(code(&ticket, &read), code(&ticket, &join));
        assert!(code_matches(
            &code(&ticket, &join),
            &format!(" {}-", code(&ticket, &join))
        ));
        assert_eq!(code(&ticket, &join).len(), 12);

        let guess = Ticket {
            secret: random.array(),
            ..ticket.clone()
        };
        let forged = Join {
            ticket: ticket.hash(),
            ..Join::make(
                &guess,
                karin.certificate.clone(),
                b"{}".to_vec(),
                &karin.device.signing_key(),
                &mut random,
            )
        };
        assert_eq!(
            Join::open(&forged.seal(&ticket).unwrap(), &ticket, &identity),
            Err(InvitationError::WrongSecret)
        );
        assert_eq!(ticket.check_knock(&guess.knock()), Err(InvitationError::WrongSecret));
        assert_eq!(ticket.check_knock(&ticket.knock()), Ok(()));

        let stolen = Join {
            joiner: person(&mut random).certificate,
            ..join.clone()
        };
        assert!(Join::open(&stolen.seal(&ticket).unwrap(), &ticket, &identity).is_err());
        assert!(Join::open(&file, &ticket, &karin.device.wrapping_identity().unwrap()).is_err());
    }
}
