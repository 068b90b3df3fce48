//! The generators of changes from the trust crate's tests, under the name and with the dice that they know.

#[path = "../../../crates/dossier-trust/tests/preflight/honest.rs"]
mod honest;
#[path = "../../../crates/dossier-trust/tests/preflight/unknown.rs"]
pub mod unknown;

use automerge::ActorId;
use dossier_trust::preflight::Limits;

use crate::dice::Dice;
use crate::writer;

const LIMITS: Limits = Limits::SUITE_1;

/// What the tests beside the generators ask for; they do not run here.
fn cases() -> u64 {
    0
}

fn actor(number: usize, dice: &mut Dice) -> ActorId {
    // Different by construction: two authors with one name are no case of their own here.
    let mut bytes = [dice.below(256) as u8; 32];
    bytes[31] = number as u8;
    ActorId::from(&bytes[..])
}
