//! Teams: an organisation's root certifies devices of its people. Each keeps keys of its own; the resident grants to the
//! team and sees every name.
//!
//! A device asks ([`TeamRequest`]), whoever holds the team's words certifies it ([`TeamAnswer`]), and the list of who is in
//! the team and who was taken out ([`Roster`]) travels between colleagues, signed by the team's root.

use crate::codec::{Canonical, DecodeError, Reader, Writer};
use crate::identity::{Certificate, KeyError, RootSecret, sign, verify};
use crate::ids::{DeviceId, EndpointKey, PrincipalId};
use crate::invitation::{InvitationError, checked_text, read_checked_text, slow_digits};
use crate::item::SUITE;

/// Longest name of a person or a team, in bytes.
const MAX_NAME: usize = 800;
const MAX_HINTS: usize = 16;
const MAX_HINT: usize = 256;
/// Most people in a team, and most that ever left it.
const MAX_PEOPLE: usize = 256;

fn hints(out: &mut Writer, hints: &[String]) {
    out.list(hints, |out, hint| {
        out.bytes(hint.as_bytes());
    });
}

fn read_hints(input: &mut Reader<'_>) -> Result<Vec<String>, DecodeError> {
    input.list(MAX_HINTS, |input| input.text(MAX_HINT).map(str::to_owned))
}

/// Where devices were last.
type Places = [(DeviceId, Vec<String>)];

fn places(out: &mut Writer, all: &Places) {
    out.list(all, |out, (device, one)| {
        out.fixed(&device.0);
        hints(out, one);
    });
}

fn read_places(input: &mut Reader<'_>) -> Result<Vec<(DeviceId, Vec<String>)>, DecodeError> {
    input.list(MAX_PEOPLE, |input| Ok((DeviceId(input.fixed()?), read_hints(input)?)))
}

/// A device asks to be one of a team's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRequest {
    /// Its keys, certified by its own person.
    pub device: Certificate,
    /// What its person is called.
    pub name: String,
    /// Where it was last.
    pub hints: Vec<String>,
}

impl TeamRequest {
    const PREFIX: &'static str = "kv1";

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
        let request: Self = read_checked_text(Self::PREFIX, text)?;
        request.device.verify()?;
        Ok(request)
    }

    /// Twelve digits that both people compare: whoever carries the text could put another in its place. Slow on purpose.
    #[must_use]
    pub fn code(&self) -> String {
        slow_digits(&self.to_bytes(), b"keukentafel 1 team request")
    }
}

impl Canonical for TeamRequest {
    fn encode(&self, out: &mut Writer) {
        out.u8(SUITE);
        self.device.encode(out);
        out.bytes(self.name.as_bytes());
        hints(out, &self.hints);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        suite(input)?;
        Ok(Self {
            device: Certificate::decode(input)?,
            name: input.text(MAX_NAME)?.to_owned(),
            hints: read_hints(input)?,
        })
    }
}

/// The team's word for a device, and where the first colleague is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamAnswer {
    /// What the team is called.
    pub team: String,
    /// The device, certified by the team's root.
    pub device: Certificate,
    /// The device of whoever answers, certified by the same root.
    pub colleague: Certificate,
    /// Where that one was last.
    pub hints: Vec<String>,
}

impl TeamAnswer {
    const PREFIX: &'static str = "ka1";

    /// As letters and digits, with a checksum of forty bits.
    #[must_use]
    pub fn to_text(&self) -> String {
        checked_text(Self::PREFIX, self.to_bytes())
    }

    /// Reads [`Self::to_text`]. Both certificates hold, and are of one root.
    ///
    /// # Errors
    /// [`InvitationError::BadTicket`] when one letter is wrong; [`InvitationError::UnknownSuite`].
    pub fn from_text(text: &str) -> Result<Self, InvitationError> {
        let answer: Self = read_checked_text(Self::PREFIX, text)?;
        answer.device.verify()?;
        answer.colleague.verify()?;
        if answer.device.root == answer.colleague.root {
            Ok(answer)
        } else {
            Err(InvitationError::BadTicket)
        }
    }
}

impl Canonical for TeamAnswer {
    fn encode(&self, out: &mut Writer) {
        out.u8(SUITE).bytes(self.team.as_bytes());
        self.device.encode(out);
        self.colleague.encode(out);
        hints(out, &self.hints);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        suite(input)?;
        Ok(Self {
            team: input.text(MAX_NAME)?.to_owned(),
            device: Certificate::decode(input)?,
            colleague: Certificate::decode(input)?,
            hints: read_hints(input)?,
        })
    }
}

/// One device in a team.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// The device, certified by the team's root.
    pub certificate: Certificate,
    /// What its person is called.
    pub name: String,
}

/// Who is in a team, and which devices were taken out of it. Signed by the team's root; of two the higher version holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// The team.
    pub root: PrincipalId,
    /// Rises with every change.
    pub version: u64,
    /// What the team is called.
    pub name: String,
    /// Who is in it, by device.
    pub members: Vec<Member>,
    /// Devices that were taken out: they never come back.
    pub gone: Vec<DeviceId>,
    signature: [u8; 64],
}

impl Roster {
    const PURPOSE: &'static str = "team roster";

    /// Makes and signs one.
    #[must_use]
    pub fn sign(
        root: &RootSecret,
        version: u64,
        name: String,
        mut members: Vec<Member>,
        mut gone: Vec<DeviceId>,
    ) -> Self {
        members.sort();
        members.dedup();
        gone.sort_unstable();
        gone.dedup();
        let mut roster = Self {
            root: root.principal(),
            version,
            name,
            members,
            gone,
            signature: [0; 64],
        };
        roster.signature = sign(&root.signing_key(), Self::PURPOSE, &roster.signed_part());
        roster
    }

    /// The signature holds, and every member's certificate does and is of this team.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn verify(&self) -> Result<(), KeyError> {
        verify(&self.root.0, Self::PURPOSE, &self.signed_part(), &self.signature)?;
        for member in &self.members {
            if member.certificate.root != self.root {
                return Err(KeyError::BadKey);
            }
            member.certificate.verify()?;
        }
        Ok(())
    }

    /// Was taken out?
    #[must_use]
    pub fn is_gone(&self, device: &DeviceId) -> bool {
        self.gone.contains(device)
    }

    /// Those who are in it now.
    pub fn present(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|one| !self.is_gone(&one.certificate.device))
    }

    fn signed_part(&self) -> Vec<u8> {
        let mut out = Writer::new();
        out.fixed(&self.root.0).uint(self.version).bytes(self.name.as_bytes());
        out.list(&self.members, |out, member| {
            member.certificate.encode(out);
            out.bytes(member.name.as_bytes());
        });
        out.list(&self.gone, |out, device| {
            out.fixed(&device.0);
        });
        out.finish()
    }
}

impl Canonical for Roster {
    fn encode(&self, out: &mut Writer) {
        out.u8(SUITE).fixed(&self.signed_part()).fixed(&self.signature);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        suite(input)?;
        Ok(Self {
            root: PrincipalId(input.fixed()?),
            version: input.uint()?,
            name: input.text(MAX_NAME)?.to_owned(),
            members: input.list(MAX_PEOPLE, |input| {
                Ok(Member {
                    certificate: Certificate::decode(input)?,
                    name: input.text(MAX_NAME)?.to_owned(),
                })
            })?,
            gone: input.list(MAX_PEOPLE, |input| Ok(DeviceId(input.fixed()?)))?,
            signature: input.fixed()?,
        })
    }
}

/// A dossier in which a team looks along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covered {
    /// Which.
    pub dossier: crate::ids::DossierId,
    /// Its title, until the dossier itself says it.
    pub title: String,
    /// Where the resident's devices were last.
    pub residents: Vec<(DeviceId, Vec<String>)>,
}

/// What two devices of a team say to each other when they meet. The connection proves the keys of the certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Who speaks.
    pub device: Certificate,
    /// Who is in the team, as far as this device knows.
    pub roster: Option<Roster>,
    /// Where colleagues were last.
    pub places: Vec<(DeviceId, Vec<String>)>,
    /// Dossiers in which the team looks along, for a colleague who is in it.
    pub covers: Vec<Covered>,
}

impl Greeting {
    /// No suite has this number, nor has an introduction: so nobody takes one for the other.
    const TAG: u8 = 255;
    const MAX_COVERED: usize = 1024;

    /// True for bytes that claim to be one.
    #[must_use]
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.first() == Some(&Self::TAG)
    }

    /// Whoever speaks is certified by this root, and is at the other end of this connection.
    #[must_use]
    pub fn is_of(&self, root: &PrincipalId, from: &EndpointKey) -> bool {
        self.device.root == *root && self.device.endpoint == *from && self.device.verify().is_ok()
    }
}

impl Canonical for Greeting {
    fn encode(&self, out: &mut Writer) {
        out.u8(Self::TAG).u8(SUITE);
        self.device.encode(out);
        out.option(self.roster.as_ref(), |out, roster| roster.encode(out));
        places(out, &self.places);
        out.list(&self.covers, |out, one| {
            out.fixed(&one.dossier.0).bytes(one.title.as_bytes());
            places(out, &one.residents);
        });
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != Self::TAG {
            return Err(DecodeError::UnknownKind);
        }
        suite(input)?;
        Ok(Self {
            device: Certificate::decode(input)?,
            roster: input.option(Roster::decode)?,
            places: read_places(input)?,
            covers: input.list(Self::MAX_COVERED, |input| {
                Ok(Covered {
                    dossier: crate::ids::DossierId(input.fixed()?),
                    title: input.text(MAX_NAME)?.to_owned(),
                    residents: read_places(input)?,
                })
            })?,
        })
    }
}

fn suite(input: &mut Reader<'_>) -> Result<(), DecodeError> {
    if input.u8()? == SUITE {
        Ok(())
    } else {
        Err(DecodeError::UnknownSuite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{DeviceSecrets, Random};
    use crate::testing::Seeded;

    struct Cast {
        team: RootSecret,
        karin: (RootSecret, DeviceSecrets),
        joost: (RootSecret, DeviceSecrets),
    }

    fn cast() -> Cast {
        let mut random = Seeded::new(21);
        let mut person = || {
            let root = RootSecret::from_entropy(random.array());
            (root, DeviceSecrets::generate(&mut random))
        };
        let (karin, joost, (team, _)) = (person(), person(), person());
        Cast { team, karin, joost }
    }

    #[test]
    fn what_is_pasted_is_read_whole_or_not_at_all() {
        let Cast { team, karin, joost } = cast();
        let request = TeamRequest {
            device: karin.0.certify(&karin.1).unwrap(),
            name: "Karin de Wit".into(),
            hints: vec!["192.0.2.7:4433".into()],
        };
        let text = request.to_text();
        assert_eq!(
            TeamRequest::from_text(&format!(" {}\n", text.to_uppercase())),
            Ok(request.clone())
        );
        let answer = TeamAnswer {
            team: "Wijkteam Noord".into(),
            device: team.certify(&karin.1).unwrap(),
            colleague: team.certify(&joost.1).unwrap(),
            hints: vec![],
        };
        let back = answer.to_text();
        assert_eq!(TeamAnswer::from_text(&back), Ok(answer.clone()));
        assert!(TeamAnswer::from_text(&text).is_err() && TeamRequest::from_text(&back).is_err());
        for at in (0..text.len()).step_by(7) {
            let mut other = text.clone();
            other.replace_range(at..=at, if &text[at..=at] == "a" { "b" } else { "a" });
            assert!(TeamRequest::from_text(&other).is_err(), "letter {at}");
        }
        let two_teams = TeamAnswer {
            colleague: joost.0.certify(&joost.1).unwrap(),
            ..answer
        };
        assert!(TeamAnswer::from_text(&two_teams.to_text()).is_err());
        let renamed = TeamRequest {
            name: "Karin de Wid".into(),
            ..request.clone()
        };
        assert_eq!(request.code().len(), 12);
        assert_ne!(request.code(), renamed.code());
    }

    #[test]
    fn a_roster_is_the_roots_word_and_no_byte_of_it_can_change() {
        let Cast { team, karin, joost } = cast();
        let member = |one: &DeviceSecrets, name: &str| Member {
            certificate: team.certify(one).unwrap(),
            name: name.into(),
        };
        let members = vec![member(&karin.1, "Karin"), member(&joost.1, "Joost")];
        let roster = Roster::sign(&team, 3, "Noord".into(), members.clone(), vec![joost.1.device()]);
        assert_eq!(roster.verify(), Ok(()));
        let present: Vec<&str> = roster.present().map(|one| one.name.as_str()).collect();
        assert_eq!(present, ["Karin"]);
        let bytes = roster.to_bytes();
        assert_eq!(Roster::from_bytes(&bytes), Ok(roster));
        for at in 1..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 1;
            let held = Roster::from_bytes(&other).map(|read| read.verify());
            assert!(!matches!(held, Ok(Ok(()))), "byte {at} is not covered");
        }
        // Of another root, or with somebody in it whom this root did not certify.
        assert!(
            Roster::sign(&karin.0, 9, "Noord".into(), members, vec![])
                .verify()
                .is_err()
        );
    }

    #[test]
    fn a_greeting_is_of_the_team_and_of_who_is_at_the_other_end() {
        let Cast { team, karin, joost } = cast();
        let greeting = Greeting {
            device: team.certify(&karin.1).unwrap(),
            roster: Some(Roster::sign(&team, 1, "Noord".into(), vec![], vec![])),
            places: vec![(joost.1.device(), vec!["192.0.2.7:4433".into()])],
            covers: vec![Covered {
                dossier: crate::ids::DossierId([4; 32]),
                title: "Het dossier van Lisa".into(),
                residents: vec![(DeviceId([5; 32]), vec!["192.0.2.8:4433".into()])],
            }],
        };
        let bytes = greeting.to_bytes();
        assert!(Greeting::is_one(&bytes));
        assert_eq!(Greeting::from_bytes(&bytes), Ok(greeting.clone()));
        let root = team.principal();
        assert!(greeting.is_of(&root, &karin.1.endpoint()));
        assert!(!greeting.is_of(&root, &joost.1.endpoint()));
        assert!(!greeting.is_of(&karin.0.principal(), &karin.1.endpoint()));
        let personal = Greeting {
            device: karin.0.certify(&karin.1).unwrap(),
            ..greeting
        };
        assert!(!personal.is_of(&root, &karin.1.endpoint()));
    }
}
