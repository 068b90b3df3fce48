//! Pieces of the words that are wrong: by accident, or because somebody who keeps one wishes it so.

use dossier_app::contract::{FaultCode, Request};
use dossier_app::recovery::Restore;
use dossier_trust::codec::{Canonical, DecodeError, Reader, Writer};
use dossier_trust::invitation::{checked_text, read_checked_text};
use serde_json::Value;

use crate::world::Person;

/// A share as its holder can change it: any bytes, with a checksum that holds.
#[derive(Clone)]
struct Raw(Vec<u8>);

impl Canonical for Raw {
    fn encode(&self, out: &mut Writer) {
        out.fixed(&self.0);
    }

    fn decode(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let left = input.left();
        Ok(Self(input.take(left)?.to_vec()))
    }
}

impl Raw {
    fn of(text: &str) -> Self {
        read_checked_text("ks1", text).unwrap()
    }

    fn text(&self) -> String {
        checked_text("ks1", self.0.clone())
    }

    /// With one byte different: counted from the start, or from the end when negative.
    fn with(&self, at: isize, bit: u8) -> String {
        let mut other = self.clone();
        let len = other.0.len();
        let at = if at < 0 {
            len - at.unsigned_abs()
        } else {
            at.unsigned_abs()
        };
        other.0[at] ^= bit;
        other.text()
    }
}

fn split(person: &Person) -> Vec<String> {
    let made = person.ask(Request::RecoverySplit { needed: 3, count: 5 });
    let shares = made["shares"].as_array().unwrap();
    shares.iter().map(|share| share.as_str().unwrap().to_owned()).collect()
}

fn restore(shares: &[&str]) -> (Person, Result<Value, dossier_app::contract::Fault>) {
    let nobody = Person::nobody();
    let answer = nobody.app.request(Request::Restore(Restore {
        shares: shares.iter().map(|share| String::from(*share).into()).collect(),
        ..Restore::default()
    }));
    (nobody, answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attack_43_a_bad_share_never_gives_a_wrong_key() {
    let lisa = Person::new("Lisa Verhagen");
    let own = lisa.ask(Request::Status)["profile"]["person"].clone();
    let shares = split(&lisa);
    let [a, b, c, d, e] = shares.each_ref_array();
    let earlier = split(&lisa);
    let others = split(&Person::new("Iemand anders"));
    let raw = Raw::of(b);
    // The value is at the end, its number before it; how many are needed stands after suite, set and person.
    let (value, number, needed) = (raw.with(-1, 1), raw.with(-33, 7), raw.with(21, 1));
    let consistent = vouched(b);
    let mut letters: Vec<char> = b.chars().collect();
    let at = (40..).find(|at| letters[*at] != letters[at + 1]).unwrap();
    letters.swap(at, at + 1);
    let swapped: String = letters.iter().collect();
    // Within the value: what comes before it is the same in both, or would make it the other one.
    let spliced = format!("{}{}", &b[..100], &c[100..]);
    let cases: Vec<(&str, Vec<&str>, &str)> = vec![
        ("two letters swapped", vec![a, &swapped, c], "bad_share:2"),
        ("halves of two shares", vec![a, &spliced, c], "bad_share:2"),
        ("a letter short", vec![&a[..a.len() - 1], b, c], "bad_share:1"),
        ("another value, checksum and all", vec![a, &value, c], "bad_share:2"),
        ("another number", vec![a, c, &number, d], "bad_share:3"),
        ("fewer needed", vec![a, &needed, c], "foreign_share:2"),
        (
            "another value that it vouches for itself",
            vec![a, c, &consistent],
            "foreign_share:3",
        ),
        ("one of an earlier split", vec![a, b, &earlier[2]], "foreign_share:3"),
        ("one of somebody else", vec![&others[0], b, c], "foreign_share:1"),
        ("two sets mixed", vec![a, b, &earlier[2], &earlier[3]], "mixed_shares"),
        ("too few", vec![d, e], "few_shares:3"),
        ("the same one three times", vec![a, a, a], "few_shares:3"),
        ("words of a ticket", vec![a, "kt1abcdefgh", c], "bad_share:2"),
    ];
    for (what, given, why) in cases {
        let (nobody, answer) = restore(&given);
        let fault = answer.expect_err(what);
        assert_eq!(
            (fault.code, fault.detail.as_deref()),
            (FaultCode::InputRefused, Some(why)),
            "{what}"
        );
        assert_eq!(
            std::fs::read_dir(nobody.folder.path()).unwrap().count(),
            0,
            "{what} left something"
        );
    }
    // All who are needed lie together, each known to the others: what comes out is not Lisa's, and is refused.
    let conspiring: Vec<String> = [a, b, c].map(conspire).to_vec();
    let given: Vec<&str> = conspiring.iter().map(String::as_str).collect();
    let fault = restore(&given).1.unwrap_err();
    assert_eq!(fault.detail.as_deref(), Some("wrong_shares"));
    // One bad share among more than enough is named, and without it the rest is enough.
    assert_eq!(
        restore(&[a, &value, c, d]).1.unwrap_err().detail.as_deref(),
        Some("bad_share:2")
    );
    for given in [[a, c, d], [b, c, e], [e, d, a]] {
        let (_nobody, answer) = restore(&given);
        assert_eq!(answer.unwrap()["profile"]["person"], own);
    }
}

fn digest(share: &Raw, number: u8, value: &[u8]) -> Vec<u8> {
    let bytes = [b"keukentafel/share/1".as_slice(), &share.0[1..5], &[number], value].concat();
    dossier_trust::ids::blake3(&bytes)[..4].to_vec()
}

/// Where a share says what the share of this number should be.
fn known(number: u8) -> std::ops::Range<usize> {
    let at = 23 + usize::from(number - 1) * 4;
    at..at + 4
}

/// Another value, which the share itself says is right.
fn vouched(share: &str) -> String {
    let mut raw = Raw::of(share);
    let (len, mut value) = (raw.0.len(), [0; 32]);
    let number = raw.0[len - 33];
    value.copy_from_slice(&raw.0[len - 32..]);
    value[0] ^= 1;
    raw.0[len - 32..].copy_from_slice(&value);
    let digest = digest(&raw, number, &value);
    raw.0[known(number)].copy_from_slice(&digest);
    raw.text()
}

/// A value that the holders agreed on, and all of them say so.
fn conspire(share: &str) -> String {
    let mut raw = Raw::of(share);
    let len = raw.0.len();
    let number = raw.0[len - 33];
    let agreed = |number: u8| [number.wrapping_mul(17); 32];
    raw.0[len - 32..].copy_from_slice(&agreed(number));
    for other in 1..=5u8 {
        let digest = digest(&raw, other, &agreed(other));
        raw.0[known(other)].copy_from_slice(&digest);
    }
    raw.text()
}

/// Five texts by name.
trait Five {
    fn each_ref_array(&self) -> [&str; 5];
}

impl Five for Vec<String> {
    fn each_ref_array(&self) -> [&str; 5] {
        std::array::from_fn(|at| self[at].as_str())
    }
}
