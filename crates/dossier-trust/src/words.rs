//! Eight words that fetch a ticket, for people who can only speak to each other.
//!
//! The words are 80 random bits. A temporary endpoint's key derives from them, and so do the key of a proof that whoever
//! calls knows them and the key under which the ticket is sealed: who knows the words finds the endpoint, and nobody
//! else can stand in its place or learn from it. Trying words is trying 2⁸⁰.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::codec::{Canonical, Reader, Writer};
use crate::identity::Random;
use crate::invitation::{InvitationError, Ticket};
use crate::item::SUITE;

/// Words in all.
pub const COUNT: usize = 8;
/// Every word of the list differs from every other in its first four letters.
const PREFIX: usize = 4;
const BITS: u32 = 11;

/// Why words were refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Too few, or too many.
    #[error("not eight words")]
    Count,
    /// The word at this place, from 1, is not on the list.
    #[error("word {0} is not on the list")]
    Unknown(usize),
    /// All are on the list, and at least one is another one.
    #[error("one of the words is another one")]
    Checksum,
}

/// Eight words: 80 bits.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct TicketWords([u8; 10]);

impl std::fmt::Debug for TicketWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TicketWords(…)")
    }
}

/// The list that the words are from: BIP-39, English, in order.
#[must_use]
pub fn list() -> &'static [&'static str; 2048] {
    bip39::Language::English.word_list()
}

impl TicketWords {
    /// New words.
    pub fn draw(random: &mut dyn Random) -> Self {
        let mut bits = [0; 10];
        random.fill(&mut bits);
        Self(bits)
    }

    /// The words, with eight bits of checksum in the last one.
    #[must_use]
    pub fn words(&self) -> Vec<&'static str> {
        let (mut held, mut bits) = (0u32, 0u32);
        let mut words = Vec::with_capacity(COUNT);
        for byte in self.0.iter().chain(std::iter::once(&self.checksum())) {
            held = held << 8 | u32::from(*byte);
            bits += 8;
            if bits >= BITS {
                bits -= BITS;
                words.extend(list().get((held >> bits) as usize & 2047));
                held &= (1 << bits) - 1;
            }
        }
        words
    }

    /// Reads [`Self::words`], in any case and with anything but letters between them; four letters of each are enough.
    ///
    /// # Errors
    /// [`WordsError`].
    pub fn read(text: &str) -> Result<Self, WordsError> {
        let text = Zeroizing::new(text.to_lowercase());
        let typed: Vec<&str> = text
            .split(|letter: char| !letter.is_alphabetic())
            .filter(|word| !word.is_empty())
            .collect();
        if typed.len() != COUNT {
            return Err(WordsError::Count);
        }
        let (mut held, mut bits) = (0u32, 0u32);
        let mut bytes = Zeroizing::new(Vec::with_capacity(COUNT + 3));
        for (place, word) in typed.iter().enumerate() {
            let index = place_of(word).ok_or(WordsError::Unknown(place + 1))?;
            held = held << BITS | index;
            bits += BITS;
            while bits >= 8 {
                bits -= 8;
                bytes.push((held >> bits) as u8);
                held &= (1 << bits) - 1;
            }
        }
        let (checksum, entropy) = bytes.split_last().ok_or(WordsError::Count)?;
        let read = Self(entropy.try_into().map_err(|_| WordsError::Count)?);
        if read.checksum() == *checksum {
            Ok(read)
        } else {
            Err(WordsError::Checksum)
        }
    }

    fn derive(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, &self.0)
    }

    fn checksum(&self) -> u8 {
        self.derive("keukentafel 1 ticket words checksum")
            .first()
            .copied()
            .unwrap_or(0)
    }

    /// Secret key of the temporary endpoint (Ed25519 seed).
    #[must_use]
    pub fn endpoint(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.derive("keukentafel 1 ticket words endpoint"))
    }

    /// What a caller says first at the temporary endpoint: proves the words, and tells them to nobody.
    #[must_use]
    pub fn knock(&self) -> [u8; 32] {
        let key = self.derive("keukentafel 1 ticket words proof");
        *blake3::keyed_hash(&key, b"knock").as_bytes()
    }

    /// The knock was made with these words. Takes equally long for every wrong one.
    #[must_use]
    pub fn is_knock(&self, bytes: &[u8]) -> bool {
        blake3::hash(bytes) == blake3::hash(&self.knock())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derive("keukentafel 1 ticket words seal").into())
    }

    /// The ticket, sealed for whoever knows the words: suite, nonce, ciphertext.
    ///
    /// # Errors
    /// [`InvitationError::BadTicket`] for one too long to seal, which no ticket is.
    pub fn seal(&self, ticket: &Ticket, random: &mut dyn Random) -> Result<Vec<u8>, InvitationError> {
        let mut nonce = [0; 24];
        random.fill(&mut nonce);
        let payload = Payload {
            msg: &ticket.to_bytes(),
            aad: &[SUITE],
        };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload);
        let mut out = Writer::new();
        out.u8(SUITE)
            .fixed(&nonce)
            .fixed(&sealed.map_err(|_| InvitationError::BadTicket)?);
        Ok(out.finish())
    }

    /// Opens [`Self::seal`], and checks the inviter's certificate.
    ///
    /// # Errors
    /// [`InvitationError::WrongSecret`] when these words do not open it; [`InvitationError::UnknownSuite`];
    /// [`InvitationError::BadTicket`].
    pub fn open(&self, sealed: &[u8]) -> Result<Ticket, InvitationError> {
        let (suite, rest) = sealed.split_first().ok_or(InvitationError::BadTicket)?;
        if *suite != SUITE {
            return Err(InvitationError::UnknownSuite);
        }
        let mut input = Reader::new(rest);
        let nonce: [u8; 24] = input.fixed().map_err(|_| InvitationError::BadTicket)?;
        let body = rest.get(nonce.len()..).ok_or(InvitationError::BadTicket)?;
        let payload = Payload {
            msg: body,
            aad: &[SUITE],
        };
        let plain = self.cipher().decrypt(&XNonce::from(nonce), payload);
        let plain = plain.map_err(|_| InvitationError::WrongSecret)?;
        let ticket = Ticket::from_bytes(&plain).map_err(|_| InvitationError::BadTicket)?;
        ticket.inviter.verify()?;
        Ok(ticket)
    }
}

fn place_of(typed: &str) -> Option<u32> {
    let found = list().iter().position(|word| {
        *word == typed
            || (typed.chars().count() >= PREFIX && typed.chars().count() < word.len() && word.starts_with(typed))
    })?;
    u32::try_from(found).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceSecrets, RootSecret};
    use crate::ids::{DossierId, blake3};
    use crate::testing::Seeded;

    fn ticket(random: &mut Seeded) -> Ticket {
        let device = DeviceSecrets::generate(random);
        Ticket {
            dossier: DossierId([1; 32]),
            inviter: RootSecret::from_entropy(random.array()).certify(&device).unwrap(),
            hints: vec!["127.0.0.1:4433".into()],
            secret: random.array(),
            terms: blake3(b"terms"),
        }
    }

    #[test]
    fn the_words_and_what_derives_from_them_stay_the_same_for_ever() {
        let words = TicketWords([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let made = (words.words().join(" "), hex(&words.endpoint()[..]), hex(&words.knock()));
        let wanted = (VECTOR[0].to_owned(), VECTOR[1].to_owned(), VECTOR[2].to_owned());
        assert_eq!(made, wanted);
    }

    #[test]
    fn are_read_as_people_type_them_and_refused_when_one_is_another() {
        let mut random = Seeded::new(17);
        for _ in 0..200 {
            let words = TicketWords::draw(&mut random);
            let list = words.words();
            assert_eq!(list.len(), COUNT);
            assert_eq!(TicketWords::read(&list.join(" ")).as_ref(), Ok(&words));
            assert_eq!(
                TicketWords::read(&format!("  {}\n", list.join(", ").to_uppercase())).as_ref(),
                Ok(&words)
            );
            let short: Vec<String> = list.iter().map(|word| word.chars().take(PREFIX).collect()).collect();
            assert_eq!(TicketWords::read(&short.join("-")).as_ref(), Ok(&words));
            assert_eq!(TicketWords::read(&list[..7].join(" ")), Err(WordsError::Count));
            let mut other = list.clone();
            other[3] = "keukentafel";
            assert_eq!(TicketWords::read(&other.join(" ")), Err(WordsError::Unknown(4)));
        }
    }

    #[test]
    fn a_checksum_sees_all_but_one_in_256_slips() {
        let mut random = Seeded::new(18);
        let words = TicketWords::draw(&mut random);
        let mut missed = 0;
        for other in super::list() {
            let mut typed = words.words();
            typed[2] = other;
            if let Ok(read) = TicketWords::read(&typed.join(" "))
                && read != words
            {
                missed += 1;
            }
        }
        assert!(missed < 2 * 2048 / 256, "{missed}");
    }

    #[test]
    fn only_the_same_words_open_the_ticket() {
        let mut random = Seeded::new(19);
        let (words, others) = (TicketWords::draw(&mut random), TicketWords::draw(&mut random));
        let ticket = ticket(&mut random);
        let sealed = words.seal(&ticket, &mut random).unwrap();
        assert_eq!(words.open(&sealed).as_ref(), Ok(&ticket));
        assert_eq!(others.open(&sealed), Err(InvitationError::WrongSecret));
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(words.open(&changed).is_err(), "byte {at}");
            assert!(words.open(&sealed[..at]).is_err());
        }
        assert!(words.is_knock(&words.knock()));
        assert!(!words.is_knock(&others.knock()));
        assert!(!words.is_knock(b""));
        assert_ne!(words.endpoint(), others.endpoint());
        assert_ne!(&words.endpoint()[..], &words.knock()[..]);
    }

    /// Words, endpoint key, knock for the bytes 0 to 9.
    const VECTOR: [&str; 3] = [
        "abandon amount liar amount expire adjust cage depart",
        "c9103d3b0a5f19fc296c41d37dd8f229a2e7cf1d98e0b60d76eaa0479e6f9a60",
        "bc61285922e07bcf3e8e2e6a16d0cc84a2f1a34d18421c3afd31abcd6a01a41f",
    ];
}
