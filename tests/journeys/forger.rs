//! A program that does not ask: real keys, real protocol, no manners.

use automerge::{ActorId, AutoCommit, Change, TextEncoding};
use dossier_model::layout::{self, Edit};
use dossier_store::{Chain, Item as Stored, Store, keyfile};
use dossier_trust::chains::Chains;
use dossier_trust::codec::Canonical;
use dossier_trust::consent::{Consent, Entry};
use dossier_trust::epoch::{EpochKey, Wrap};
use dossier_trust::identity::{DeviceSecrets, Random};
use dossier_trust::ids::{CompartmentId, DossierId};
use dossier_trust::item::{Header, Item, Kind, Lane, Open, SignedOpen, Tip};
use dossier_trust::operation::Operation;
use dossier_trust::preflight::{Limits, pack, unpack};
use serde_json::Value;

use crate::world::{PASSPHRASE, Person};

struct Dice(u8);

impl Random for Dice {
    fn fill(&mut self, out: &mut [u8]) {
        for byte in out {
            self.0 = self.0.wrapping_mul(77).wrapping_add(13);
            *byte = self.0;
        }
    }
}

fn read(store: &Store, dossier: DossierId, compartment: CompartmentId) -> (Chains, Vec<Entry>) {
    let (mut chains, mut log) = (Chains::new(), Vec::new());
    for chain in store.chains(&dossier, &compartment).unwrap() {
        chains.open(SignedOpen::from_bytes(&chain.open).unwrap().open);
    }
    let each = |item: dossier_store::ItemRef<'_>| -> Result<(), dossier_store::StoreError> {
        let header = Header::from_bytes(item.header).unwrap();
        chains.add(&header).unwrap();
        if header.kind == Kind::Operation {
            let operation = Operation::from_bytes(item.body.unwrap()).unwrap();
            log.push(Entry {
                position: item.position,
                operation,
            });
        }
        Ok(())
    };
    store.each_item(&dossier, &compartment, None, each).unwrap();
    (chains, log)
}

/// Stops `person`'s program, writes an edit into the plan as if they had the right, and starts it again, offline.
pub async fn write_unasked(person: Person, id: &str, field: &str, value: Value) -> Person {
    let verified = person.ask(dossier_app::contract::Request::Verify);
    let plan = verified["compartments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["section"] == "plan" && one["side"] == "wat")
        .unwrap()
        .clone();
    let dossier = DossierId::from_hex(plan["dossier"].as_str().unwrap()).unwrap();
    let compartment = CompartmentId::from_hex(plan["compartment"].as_str().unwrap()).unwrap();
    let folder = person.stop().await;

    let key = keyfile::open(&folder.path().join("key.age"), PASSPHRASE).unwrap();
    let mut store = Store::open(folder.path(), &key).unwrap();
    let device = DeviceSecrets::from_bytes(&store.meta("device").unwrap().unwrap()).unwrap();
    let (part, part_log) = read(&store, dossier, CompartmentId::DOSSIER);
    let owners = Consent::of_dossier(dossier, &part, &part_log);
    let (chains, log) = read(&store, dossier, compartment);
    let consent = Consent::of_compartment(&owners, &chains, &log);
    let wraps = store
        .loose_of(&dossier, &compartment, 1, Some(device.device().as_bytes()))
        .unwrap();
    let identity = device.wrapping_identity().unwrap();
    let keys: Vec<EpochKey> = wraps
        .iter()
        .map(|wrap| Wrap::from_bytes(&wrap.bytes).unwrap().open(&identity).unwrap())
        .collect();
    let mut doc = AutoCommit::new_with_encoding(TextEncoding::UnicodeCodePoint);
    let each = |item: dossier_store::ItemRef<'_>| -> Result<(), dossier_store::StoreError> {
        let header = Header::from_bytes(item.header).unwrap();
        let plain = keys.iter().find_map(|key| key.open_item(&header, item.body?).ok());
        if let Some(raw) = plain.and_then(|plain| unpack(&plain, &Limits::SUITE_1).ok()) {
            doc.apply_changes([Change::try_from(raw.as_slice()).unwrap()]).unwrap();
        }
        Ok(())
    };
    store
        .each_item(&dossier, &compartment, Some(Lane::Doc.code()), each)
        .unwrap();

    let (grant, _) = consent.grant_for(&device.device()).unwrap();
    let open = Open {
        dossier,
        compartment,
        generation: consent.current_generation().unwrap(),
        lane: Lane::Doc,
        grant,
        device: device.device(),
        nonce: [7; 16],
    };
    let chain = open.chain();
    let signed = open.clone().sign(&device.signing_key());
    doc.set_actor(ActorId::from(chain.0.as_slice()));
    let edit = Edit::Set {
        id: id.into(),
        path: vec![field.into()],
        value,
    };
    let written = layout::apply(&mut doc, &[edit], 0).unwrap().remove(0);
    let plain = pack(&written.bytes);
    let current = consent.current_epoch().unwrap();
    let key = keys.iter().find(|key| key.epoch() == current).unwrap();
    let len = u32::try_from(EpochKey::sealed_len(plain.len())).unwrap();
    let header = Tip::start(chain).next(Kind::Change, current, len);
    let (header, body) = key.seal_item(header, &plain, &mut Dice(3)).unwrap();
    let item = Item::sign(header, body, &device.signing_key());
    store
        .transact::<_, dossier_store::StoreError>(|tx| {
            tx.put_chain(&Chain {
                chain,
                dossier,
                compartment,
                lane: Lane::Doc.code(),
                generation: open.generation,
                device: open.device,
                grant_op: grant.0,
                open: signed.to_bytes(),
            })?;
            tx.put_item(&Stored {
                position: item.position(),
                header: item.header.to_bytes(),
                signature: item.signature,
                body: item.body.clone(),
                arrived_ms: 0,
            })
        })
        .unwrap();
    store.close().unwrap();
    Person::start(folder).await
}
