//! The words in pieces, for people one trusts: some of them together give the words back, fewer give nothing.
//!
//! Every share names the others by a digest, so that a wrong one among them is found out and named; and the whole set
//! names whose it is, so that what comes out is that person's words or nothing.

use std::collections::BTreeMap;

use blahaj::{Share as Point, Sharks};
use dossier_trust::codec::{Canonical, DecodeError, Reader, Writer};
use dossier_trust::identity::{Random, RootSecret};
use dossier_trust::ids::blake3;
use dossier_trust::invitation::{checked_text, read_checked_text};
use dossier_trust::item::SUITE;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use zeroize::{Zeroize, Zeroizing};

use crate::contract::{Fault, FaultCode, Passphrase};

const PREFIX: &str = "ks1";
/// More would be a list that nobody keeps.
const MAX_SHARES: u8 = 16;

/// Answer to [`Request::RecoverySplit`](crate::contract::Request::RecoverySplit).
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SharesMade {
    /// How many of them give the words back.
    pub needed: u8,
    /// Each for another person, as letters and digits.
    pub shares: Vec<String>,
}

/// One piece.
#[derive(Clone)]
struct Share {
    /// Names the set: drawn when the words were split.
    set: [u8; 4],
    /// Names the person, and proves what comes out.
    of: [u8; 16],
    needed: u8,
    /// Digest of every share of the set, by its number less one.
    all: Vec<[u8; 4]>,
    number: u8,
    value: Zeroizing<[u8; 32]>,
}

impl Share {
    fn digest(&self) -> [u8; 4] {
        let mut out = Writer::new();
        out.fixed(b"keukentafel/share/1")
            .fixed(&self.set)
            .u8(self.number)
            .fixed(self.value.as_slice());
        first(&Zeroizing::new(out.finish()))
    }

    /// What all shares of one set have in common.
    fn set(&self) -> ([u8; 4], [u8; 16], u8, Vec<[u8; 4]>) {
        (self.set, self.of, self.needed, self.all.clone())
    }

    /// It is the share that the others know by its number.
    fn is_listed(&self) -> bool {
        let place = usize::from(self.number).checked_sub(1);
        place.and_then(|place| self.all.get(place)) == Some(&self.digest())
    }

    fn point(&self) -> Result<Point, Fault> {
        let bytes = Zeroizing::new([&[self.number], self.value.as_slice()].concat());
        Point::try_from(bytes.as_slice()).map_err(|_| Fault::internal("share"))
    }
}

fn first<const N: usize>(bytes: &[u8]) -> [u8; N] {
    blake3(bytes).first_chunk::<N>().copied().unwrap_or([0; N])
}

fn person(root: &RootSecret) -> [u8; 16] {
    first(&[b"keukentafel/share/1/of".as_slice(), &root.principal().0].concat())
}

impl Canonical for Share {
    fn encode(&self, out: &mut Writer) {
        out.u8(SUITE).fixed(&self.set).fixed(&self.of).u8(self.needed);
        out.list(&self.all, |out, digest| {
            out.fixed(digest);
        });
        out.u8(self.number).fixed(self.value.as_slice());
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        if input.u8()? != SUITE {
            return Err(DecodeError::UnknownSuite);
        }
        Ok(Self {
            set: input.fixed()?,
            of: input.fixed()?,
            needed: input.u8()?,
            all: input.list(usize::from(MAX_SHARES), Reader::fixed)?,
            number: input.u8()?,
            value: Zeroizing::new(input.fixed()?),
        })
    }
}

/// Splits the words into `count` shares of which `needed` give them back.
///
/// # Errors
/// [`FaultCode::Invalid`] unless 2 ≤ `needed` ≤ `count` ≤ 16: a single share would be the words themselves.
pub(crate) fn split(root: &RootSecret, needed: u8, count: u8, random: &mut dyn Random) -> Result<SharesMade, Fault> {
    if needed < 2 || needed > count || count > MAX_SHARES {
        return Err(Fault::invalid("shares"));
    }
    let mut set = [0; 4];
    random.fill(&mut set);
    let of = person(root);
    let mut shares = Vec::new();
    for point in Sharks(needed).dealer(root.entropy()).take(usize::from(count)) {
        let mut bytes: Vec<u8> = (&point).into();
        let (number, value) = bytes.split_first().ok_or_else(|| Fault::internal("share"))?;
        shares.push(Share {
            set,
            of,
            needed,
            all: Vec::new(),
            number: *number,
            value: Zeroizing::new(value.try_into().map_err(|_| Fault::internal("share"))?),
        });
        bytes.zeroize();
    }
    let all: Vec<[u8; 4]> = shares.iter().map(Share::digest).collect();
    let texts = shares.into_iter().map(|share| {
        let share = Share {
            all: all.clone(),
            ..share
        };
        checked_text(PREFIX, share.to_bytes())
    });
    Ok(SharesMade {
        needed,
        shares: texts.collect(),
    })
}

/// Puts shares together again.
///
/// # Errors
/// [`FaultCode::InputRefused`]: `bad_share:N` for the N-th that was given, which has a wrong letter or is not what the
/// others know it to be; `foreign_share:N` for one of another set; `mixed_shares` when no set has a majority;
/// `few_shares:N` when N are needed; `wrong_shares` when what comes out is not that person's.
pub(crate) fn join(texts: &[Passphrase]) -> Result<RootSecret, Fault> {
    let refused = |why: String| Fault::about(FaultCode::InputRefused, why);
    let mut shares = Vec::new();
    for (at, text) in (1..).zip(texts) {
        let share: Share = read_checked_text(PREFIX, text.as_str()).map_err(|_| refused(format!("bad_share:{at}")))?;
        shares.push((at, share));
    }
    let mut sets: BTreeMap<_, usize> = BTreeMap::new();
    for (_, share) in &shares {
        *sets.entry(share.set()).or_default() += 1;
    }
    let most = sets.values().max().copied().unwrap_or_default();
    let mut largest = sets.iter().filter(|(_, count)| **count == most);
    let (Some((ours, _)), None) = (largest.next(), largest.next()) else {
        return Err(refused("mixed_shares".into()));
    };
    let mut points: BTreeMap<u8, Point> = BTreeMap::new();
    for (at, share) in &shares {
        if share.set() != *ours {
            return Err(refused(format!("foreign_share:{at}")));
        }
        if !share.is_listed() {
            return Err(refused(format!("bad_share:{at}")));
        }
        points.insert(share.number, share.point()?);
    }
    let (_, of, needed, _) = ours;
    if points.len() < usize::from(*needed) || *needed < 2 {
        return Err(refused(format!("few_shares:{needed}")));
    }
    let wrong = || refused("wrong_shares".into());
    let entropy = Zeroizing::new(Sharks(*needed).recover(points.values()).map_err(|_| wrong())?);
    let root = RootSecret::from_entropy(entropy.as_slice().try_into().map_err(|_| wrong())?);
    if person(&root) == *of { Ok(root) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::home::SystemRandom;

    #[test]
    fn any_that_are_enough_give_the_words_back_and_fewer_give_nothing() {
        let root = RootSecret::from_entropy([9; 32]);
        let made = split(&root, 3, 5, &mut SystemRandom).unwrap();
        assert_eq!(made.shares.len(), 5);
        for left_out in 0..5 {
            for other in 0..left_out {
                let some: Vec<Passphrase> = (0..5)
                    .filter(|at| *at != left_out && *at != other)
                    .map(|at| made.shares[at].clone().into())
                    .collect();
                assert_eq!(join(&some).unwrap().entropy(), root.entropy());
            }
        }
        let given = |at: usize| Passphrase::from(made.shares[at].clone());
        let few = join(&[given(0), given(1)]).err().unwrap();
        assert_eq!(few.detail.as_deref(), Some("few_shares:3"));
        let same = [given(0), given(0), given(0)];
        assert_eq!(join(&same).err().unwrap().detail.as_deref(), Some("few_shares:3"));
        for (needed, count) in [(0, 3), (1, 3), (4, 3), (2, 17)] {
            assert!(split(&root, needed, count, &mut SystemRandom).is_err());
        }
    }
}
