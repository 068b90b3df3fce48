//! Who plays in the histories. Certificates are unsigned here: the verdict works on what was verified before.

use dossier_trust::identity::Certificate;
use dossier_trust::ids::{DeviceId, EndpointKey, PrincipalId};

/// The resident.
pub const OWNER: PrincipalId = PrincipalId([101; 32]);
/// A person with one device.
pub const ANNA: PrincipalId = PrincipalId([102; 32]);
/// A team with two.
pub const TEAM: PrincipalId = PrincipalId([103; 32]);
/// A representative.
pub const PARENT: PrincipalId = PrincipalId([104; 32]);
/// Another.
pub const MENTOR: PrincipalId = PrincipalId([105; 32]);
/// Whoever comes later, or claims what is not theirs.
pub const BORIS: PrincipalId = PrincipalId([106; 32]);

/// The resident's laptop.
pub const LAPTOP: DeviceId = DeviceId([1; 32]);
/// The resident's phone.
pub const PHONE: DeviceId = DeviceId([2; 32]);
/// The resident's tablet.
pub const TABLET: DeviceId = DeviceId([3; 32]);
/// Anna's.
pub const ANNAS: DeviceId = DeviceId([4; 32]);
/// The team's first.
pub const TEAM_1: DeviceId = DeviceId([5; 32]);
/// The team's second.
pub const TEAM_2: DeviceId = DeviceId([6; 32]);
/// The representative's.
pub const PARENTS: DeviceId = DeviceId([7; 32]);
/// The other representative's.
pub const MENTORS: DeviceId = DeviceId([8; 32]);
/// Boris's.
pub const BORISES: DeviceId = DeviceId([9; 32]);
/// Nobody's: no root certified it.
pub const STRANGER: DeviceId = DeviceId([10; 32]);

/// A root signing for itself.
pub fn root_of(principal: PrincipalId) -> DeviceId {
    DeviceId(principal.0)
}

/// Everybody who signs anything, with the principal they belong to.
pub const PLAYERS: [(DeviceId, Option<PrincipalId>); 14] = [
    (LAPTOP, Some(OWNER)),
    (PHONE, Some(OWNER)),
    (TABLET, Some(OWNER)),
    (ANNAS, Some(ANNA)),
    (TEAM_1, Some(TEAM)),
    (TEAM_2, Some(TEAM)),
    (PARENTS, Some(PARENT)),
    (MENTORS, Some(MENTOR)),
    (BORISES, Some(BORIS)),
    (STRANGER, None),
    (DeviceId(OWNER.0), Some(OWNER)),
    (DeviceId(ANNA.0), Some(ANNA)),
    (DeviceId(TEAM.0), Some(TEAM)),
    (DeviceId(BORIS.0), Some(BORIS)),
];

/// A root's claim that a device is its own.
pub fn certificate(root: PrincipalId, device: DeviceId) -> Certificate {
    Certificate {
        root,
        device,
        wrapping: device.0,
        endpoint: EndpointKey(device.0),
        signature: [0; 64],
    }
}
