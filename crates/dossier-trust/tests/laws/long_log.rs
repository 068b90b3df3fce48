//! A consent log as a dossier of many years has it, for whoever measures.

use std::collections::HashMap;

use dossier_trust::chains::Chains;
use dossier_trust::consent::{Consent, Entry};
use dossier_trust::ids::{ChainId, CompartmentId, DeviceId, DossierId, EpochId, GenerationId, PrincipalId};
use dossier_trust::item::{Header, Kind, Lane, Open, Position, Tip};
use dossier_trust::operation::{OpId, Operation, Right, Since};

use crate::cast::{self, LAPTOP, OWNER, PHONE};

/// A log that is being written.
pub struct Log {
    pub chains: Chains,
    pub entries: Vec<Entry>,
    tips: HashMap<DeviceId, Tip>,
    dossier: DossierId,
    compartment: CompartmentId,
}

impl Log {
    pub fn new(dossier: DossierId, compartment: CompartmentId) -> Self {
        Self {
            chains: Chains::new(),
            entries: Vec::new(),
            tips: HashMap::new(),
            dossier,
            compartment,
        }
    }

    pub fn open(&mut self, device: DeviceId, lane: Lane, grant: OpId, generation: GenerationId, nonce: u8) -> ChainId {
        let (dossier, compartment) = (self.dossier, self.compartment);
        self.chains.open(Open {
            dossier,
            compartment,
            generation,
            lane,
            grant,
            device,
            nonce: [nonce; 16],
        })
    }

    pub fn say(&mut self, device: DeviceId, operation: Operation) -> OpId {
        let id = operation.id();
        let tip = match self.tips.get(&device) {
            Some(tip) => *tip,
            None => Tip::start(self.open(device, Lane::Log, OpId::OWNER, GenerationId::default(), 1)),
        };
        let header = Header {
            hash: id.0,
            ..tip.next(Kind::Operation, EpochId::default(), 9)
        };
        self.chains.add(&header).unwrap();
        let position = Position {
            chain: header.chain,
            n: header.n,
            hash: header.item_hash(),
        };
        self.tips.insert(device, position.into());
        self.entries.push(Entry { position, operation });
        id
    }
}

/// The dossier part: a resident with two devices.
pub fn dossier() -> (DossierId, Consent) {
    let genesis = Operation::Genesis {
        root: OWNER,
        recovery: [1; 32],
        salt: [2; 32],
    };
    let id = genesis.starts().unwrap();
    let mut part = Log::new(id, CompartmentId::DOSSIER);
    part.say(LAPTOP, genesis);
    for device in [LAPTOP, PHONE] {
        part.say(
            LAPTOP,
            Operation::Device {
                certificate: cast::certificate(OWNER, device),
                holder: None,
            },
        );
    }
    (id, Consent::of_dossier(id, &part.chains, &part.entries))
}

fn grant(number: usize, right: Right) -> Operation {
    let principal = PrincipalId([40 + (number % 60) as u8; 32]);
    let nonce = (number as u128).to_le_bytes();
    Operation::Grant {
        principal,
        right,
        since: Since::Beginning,
        until: None,
        nonce,
        record: None,
    }
}

/// A thousand operations as a dossier of many years has them.
pub fn long_log(managed: bool) -> (Consent, Log) {
    let (id, dossier) = dossier();
    let mut log = Log::new(id, CompartmentId([7; 32]));
    log.say(
        LAPTOP,
        Operation::Generation {
            parent: GenerationId::default(),
            base: Vec::new(),
            drop: Vec::new(),
        },
    );
    if managed {
        log.say(LAPTOP, grant(1_000_000, Right::Manage));
    }
    let (mut line, mut number, mut denials) = (Vec::new(), 0usize, Vec::new());
    while log.entries.len() < 1_000 {
        let by = if number.is_multiple_of(3) { PHONE } else { LAPTOP };
        number += 1;
        let id = log.say(by, grant(number, Right::Edit));
        if number <= 60 {
            let root = PrincipalId([40 + (number % 60) as u8; 32]);
            let certificate = cast::certificate(root, DeviceId([100 + number as u8; 32]));
            log.say(
                by,
                Operation::Device {
                    certificate,
                    holder: None,
                },
            );
        }
        let place = log.entries.last().unwrap().position;
        log.say(
            by,
            Operation::Pin {
                positions: vec![place],
                snapshot: None,
            },
        );
        if number > 60 {
            denials.push(log.say(
                by,
                Operation::Revoke {
                    grant: id,
                    keep: vec![place],
                },
            ));
            // As the program does: all of them, every time.
            let mut closes = denials.clone();
            closes.sort_unstable();
            let commit = EpochId(grant(number, Right::Read).id().0);
            log.say(
                by,
                Operation::Epoch {
                    parents: line.clone(),
                    closes,
                    commit,
                    back: Vec::new(),
                },
            );
            line = vec![commit];
        }
    }
    (dossier, log)
}

/// One more operation of each kind that is written often.
pub fn one_more(log: &Log, consent: &Consent) -> [Operation; 4] {
    [
        grant(5_000_000, Right::Edit),
        Operation::Pin {
            positions: log.entries.last().map(|entry| entry.position).into_iter().collect(),
            snapshot: None,
        },
        Operation::Revoke {
            grant: grant(7, Right::Edit).id(),
            keep: Vec::new(),
        },
        Operation::Epoch {
            parents: consent.epoch_heads(),
            closes: Vec::new(),
            commit: EpochId([9; 32]),
            back: Vec::new(),
        },
    ]
}
