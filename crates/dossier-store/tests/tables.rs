//! What is kept comes back as it was, in the order that was promised, once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)] // a failed test may panic

mod family;

use dossier_store::*;
use dossier_trust::ids::*;
use family::*;

fn store() -> (tempfile::TempDir, Store) {
    let home = tempfile::tempdir().unwrap();
    let store = Store::create(home.path(), &key(1)).unwrap();
    (home, store)
}

fn place() -> (DossierId, CompartmentId) {
    (DossierId(id(1)), CompartmentId(id(1)))
}

#[test]
fn values_and_dossiers() {
    let (_home, mut store) = store();
    write(&mut store, |tx| {
        tx.set_meta("b%_", b"1")?;
        tx.set_meta("b%_x", b"")?;
        tx.set_meta("bcd", b"3")?;
        tx.set_meta("b%_", b"2")?;
        tx.put_dossier(&dossier(2))?;
        tx.put_dossier(&dossier(1))?;
        tx.put_dossier(&Dossier {
            own: false,
            closed_ms: Some(-4),
            ..dossier(2)
        })
    });
    assert_eq!(store.meta("b%_").unwrap().unwrap().as_slice(), b"2");
    assert_eq!(store.meta_names("b%_").unwrap(), ["b%_", "b%_x"]);
    assert!(store.meta("x").unwrap().is_none());
    assert!(write(&mut store, |tx| tx.delete_meta("bcd")));
    assert!(!write(&mut store, |tx| tx.delete_meta("bcd")));
    let second = Dossier {
        own: false,
        closed_ms: Some(-4),
        ..dossier(2)
    };
    assert_eq!(store.dossiers().unwrap(), [dossier(1), second.clone()]);
    assert_eq!(store.dossier(&second.dossier).unwrap(), Some(second));
}

#[test]
fn items_of_a_forked_chain() {
    let (_home, mut store) = store();
    let (d, c) = place();
    write(&mut store, |tx| {
        assert!(tx.put_chain(&chain(1, 1, 1))?);
        assert!(!tx.put_chain(&chain(1, 1, 1))?);
        tx.put_chain(&chain(3, 1, 1))?;
        tx.put_chain(&chain(2, 1, 1))?;
        tx.put_chain(&chain(4, 1, 2))?;
        tx.put_chain(&chain(5, 2, 1))?;
        for n in [3, 1, 2] {
            assert!(tx.put_item(&item(1, n, 1))?);
        }
        assert!(tx.put_item(&item(1, 3, 2))?);
        assert!(!tx.put_item(&item(1, 3, 2))?, "again adds nothing");
        tx.put_item(&item(2, 1, 1))?;
        tx.put_item(&item(5, 1, 1))?;
        Ok(())
    });
    assert_eq!(store.compartments(&d).unwrap(), [c, CompartmentId(id(2))]);
    // Lanes 0, 1, 2 are those of chains 3, 1, 2.
    assert_eq!(
        store.chains(&d, &c).unwrap(),
        [chain(3, 1, 1), chain(1, 1, 1), chain(2, 1, 1)]
    );
    assert_eq!(store.chain(&ChainId(id(5))).unwrap(), Some(chain(5, 2, 1)));
    assert_eq!(store.chain(&ChainId(id(6))).unwrap(), None);

    let one = ChainId(id(1));
    assert_eq!(store.items_at(&one, 3).unwrap(), [item(1, 3, 1), item(1, 3, 2)]);
    assert_eq!(store.items_at(&one, 4).unwrap(), []);
    assert_eq!(store.item(&item(1, 3, 2).position).unwrap(), Some(item(1, 3, 2)));
    assert_eq!(store.items_from(&one, 2, 2).unwrap(), [item(1, 2, 1), item(1, 3, 1)]);
    assert_eq!(store.count_items(&d, &c).unwrap(), 5);
    assert_eq!(
        store.tip(&one).unwrap(),
        [item(1, 3, 1).position, item(1, 3, 2).position]
    );
    assert_eq!(store.tip(&ChainId(id(3))).unwrap(), []);
    assert_eq!(
        store.tips(&d, &c).unwrap(),
        [item(1, 3, 1).position, item(1, 3, 2).position, item(2, 1, 1).position]
    );

    let walk = |lane| {
        let mut seen = Vec::new();
        store
            .each_item::<StoreError>(&d, &c, lane, |item| {
                seen.push(Item {
                    position: item.position,
                    header: item.header.to_vec(),
                    signature: *item.signature,
                    body: item.body.map(<[u8]>::to_vec),
                    arrived_ms: item.arrived_ms,
                });
                Ok(())
            })
            .unwrap();
        seen
    };
    let of_one = [item(1, 1, 1), item(1, 2, 1), item(1, 3, 1), item(1, 3, 2)];
    assert_eq!(walk(Some(1)), of_one);
    assert_eq!(walk(None), [&of_one[..], &[item(2, 1, 1)]].concat());
    let stopped = store.each_item(&d, &c, None, |_| Err(StoreError::Full));
    assert_eq!(stopped, Err(StoreError::Full));
}

#[test]
fn an_erased_body_does_not_come_back_by_accident() {
    let (_home, mut store) = store();
    let first = item(1, 1, 1);
    write(&mut store, |tx| {
        tx.put_chain(&chain(1, 1, 1))?;
        tx.put_item(&first)?;
        assert!(tx.drop_body(&first.position)?);
        assert!(!tx.drop_body(&first.position)?);
        assert!(!tx.put_item(&first)?);
        Ok(())
    });
    let erased = Item {
        body: None,
        ..first.clone()
    };
    assert_eq!(store.item(&first.position).unwrap(), Some(erased));
    write(&mut store, |tx| {
        assert!(tx.fill_body(&first.position, b"later")?);
        assert!(!tx.fill_body(&first.position, b"again")?);
        assert!(!tx.fill_body(&item(1, 2, 1).position, b"nobody")?);
        Ok(())
    });
    assert_eq!(
        store.item(&first.position).unwrap().unwrap().body.as_deref(),
        Some(&b"later"[..])
    );
}

#[test]
fn wraps_and_receipts() {
    let (_home, mut store) = store();
    let (d, c) = place();
    write(&mut store, |tx| {
        for (n, kind, about) in [(1, 1, 7), (2, 1, 8), (3, 2, 7)] {
            assert!(tx.put_loose(&loose(n, 1, 1, kind, about))?);
        }
        assert!(!tx.put_loose(&loose(1, 1, 1, 1, 7))?);
        tx.put_loose(&loose(4, 1, 2, 1, 7))?;
        Ok(())
    });
    assert_eq!(
        store.loose_of(&d, &c, 1, None).unwrap(),
        [loose(1, 1, 1, 1, 7), loose(2, 1, 1, 1, 8)]
    );
    assert_eq!(store.loose_of(&d, &c, 1, Some(&id(8))).unwrap(), [loose(2, 1, 1, 1, 8)]);
    assert_eq!(store.loose_ids(&d, &c, None).unwrap(), [id(1), id(2), id(3)]);
    assert_eq!(store.loose_ids(&d, &c, Some(2)).unwrap(), [id(3)]);
    assert!(write(&mut store, |tx| tx.delete_loose(&id(3))));
    assert_eq!(store.loose(&id(3)).unwrap(), None);
    assert_eq!(store.loose(&id(2)).unwrap(), Some(loose(2, 1, 1, 1, 8)));
}

#[test]
fn keys_documents_and_records() {
    let (_home, mut store) = store();
    let (d, c) = place();
    let other = CompartmentId(id(2));
    let (g0, g1) = (GenerationId(id(0)), GenerationId(id(1)));
    let large = Document {
        saved: (0..6_000_000_u32).map(|n| (n % 251) as u8).collect(),
        shown: vec![1, 2, 3],
        upto: vec![1],
        changes: u32::MAX,
    };
    let small = Document {
        saved: vec![],
        shown: vec![],
        upto: vec![2],
        changes: 0,
    };
    write(&mut store, |tx| {
        assert!(tx.put_epoch_key(&d, &c, &EpochId(id(2)), &id(22))?);
        assert!(tx.put_epoch_key(&d, &c, &EpochId(id(1)), &id(11))?);
        assert!(!tx.put_epoch_key(&d, &c, &EpochId(id(1)), &id(99))?);
        tx.put_epoch_key(&d, &other, &EpochId(id(1)), &id(33))?;
        tx.put_document(&d, &c, &g0, &small)?;
        tx.put_document(&d, &c, &g0, &large)?;
        tx.put_document(&d, &c, &g1, &small)?;
        tx.put_document(&d, &other, &g1, &small)?;
        tx.put_opened(&ItemHash(id(1)), &d, &c, b"oud")?;
        tx.put_opened(&ItemHash(id(1)), &d, &c, b"nieuw")?;
        tx.put_opened(&ItemHash(id(2)), &d, &other, b"elders")
    });
    assert_eq!(
        **store.epoch_key(&d, &c, &EpochId(id(1))).unwrap().as_ref().unwrap(),
        id(11)
    );
    let epochs: Vec<_> = store
        .epoch_keys(&d, &c)
        .unwrap()
        .into_iter()
        .map(|(epoch, key)| (epoch.0, *key))
        .collect();
    assert_eq!(epochs, [(id(1), id(11)), (id(2), id(22))]);
    assert!(store.document(&d, &c, &g0).unwrap() == Some(large));
    assert_eq!(store.document(&d, &c, &g1).unwrap(), Some(small));
    assert_eq!(store.opened(&ItemHash(id(1))).unwrap().unwrap(), b"nieuw");
    assert_eq!(
        store.opened_of(&d, &other).unwrap(),
        [(ItemHash(id(2)), b"elders".to_vec())]
    );

    write(&mut store, |tx| {
        tx.delete_epoch_keys(&d, &c)?;
        tx.delete_documents(&d, Some(&c))?;
        tx.delete_opened_of(&d, Some(&c))
    });
    assert!(store.epoch_keys(&d, &c).unwrap().is_empty());
    assert_eq!(store.epoch_keys(&d, &other).unwrap().len(), 1);
    assert!(store.document(&d, &c, &g0).unwrap().is_none());
    assert!(store.document(&d, &c, &g1).unwrap().is_none());
    assert!(store.document(&d, &other, &g1).unwrap().is_some());
    assert!(store.opened(&ItemHash(id(1))).unwrap().is_none());
    write(&mut store, |tx| {
        tx.delete_documents(&d, None)?;
        assert!(tx.delete_opened(&ItemHash(id(2)))?);
        tx.delete_opened_of(&d, None)
    });
    assert!(store.document(&d, &other, &g1).unwrap().is_none());
}

#[test]
fn peers_and_deliveries() {
    let (_home, mut store) = store();
    let peer = |seed: u8, seen| Peer {
        device: DeviceId(id(seed)),
        principal: PrincipalId(id(seed / 2)),
        endpoint: EndpointKey(id(seed)),
        name: (seed > 2).then(|| "Karin".into()),
        addresses: vec![seed],
        last_seen_ms: seen,
    };
    let (device, one, two) = (DeviceId(id(2)), ChainId(id(1)), ChainId(id(2)));
    write(&mut store, |tx| {
        tx.put_peer(&peer(2, 5))?;
        tx.put_peer(&peer(3, 9))?;
        tx.put_peer(&peer(4, 7))?;
        tx.put_peer(&peer(2, 8))?;
        tx.put_delivered(&device, &two, 4)?;
        tx.put_delivered(&device, &one, 7)?;
        tx.put_delivered(&device, &one, 3)?;
        tx.set_never_direct(&PrincipalId(id(1)), true)?;
        tx.set_never_direct(&PrincipalId(id(1)), true)
    });
    assert_eq!(store.peers().unwrap(), [peer(3, 9), peer(2, 8), peer(4, 7)]);
    assert_eq!(store.peers_of(&PrincipalId(id(1))).unwrap(), [peer(2, 8), peer(3, 9)]);
    assert_eq!(store.peer(&device).unwrap(), Some(peer(2, 8)));
    assert_eq!(
        store.delivered(&device, &one).unwrap(),
        7,
        "a late acknowledgement takes nothing back"
    );
    assert_eq!(store.delivered(&DeviceId(id(3)), &one).unwrap(), 0);
    assert_eq!(store.deliveries(&device).unwrap(), [(one, 7), (two, 4)]);
    assert!(store.never_direct(&PrincipalId(id(1))).unwrap());
    assert!(!store.never_direct(&PrincipalId(id(2))).unwrap());
    write(&mut store, |tx| {
        tx.set_never_direct(&PrincipalId(id(1)), false)?;
        assert!(tx.delete_peer(&device)?);
        assert!(!tx.delete_peer(&device)?);
        Ok(())
    });
    assert!(!store.never_direct(&PrincipalId(id(1))).unwrap());
    assert!(store.deliveries(&device).unwrap().is_empty());
}

#[test]
fn invitations_and_answers() {
    let (_home, mut store) = store();
    let (d, _) = place();
    use InvitationState::{Burnt, Expired, Granted, Joined, Open};
    let invitation = |seed: u8, state| Invitation {
        ticket: id(seed),
        dossier: d,
        secret: vec![seed],
        terms: vec![],
        expires_ms: 100 - i64::from(seed),
        state,
        answer: (state != Open).then(|| vec![1, 2]),
    };
    for (seed, state) in (1..).zip([Open, Joined, Granted, Burnt, Expired]) {
        write(&mut store, |tx| {
            tx.put_invitation(&invitation(seed, Open))?;
            tx.put_invitation(&invitation(seed, state))
        });
        assert_eq!(store.invitation(&id(seed)).unwrap(), Some(invitation(seed, state)));
    }
    let order: Vec<_> = store
        .invitations(&d)
        .unwrap()
        .into_iter()
        .map(|found| found.ticket[0])
        .collect();
    assert_eq!(order, [5, 4, 3, 2, 1]);
    assert_eq!(store.invitation(&id(9)).unwrap(), None);

    let join = |seed: u8, state| Join {
        ticket: id(seed),
        dossier: d,
        ticket_bytes: vec![seed],
        join_bytes: vec![7; 9],
        state,
    };
    for (seed, state) in (1..).zip([JoinState::Waiting, JoinState::Granted, JoinState::Refused]) {
        write(&mut store, |tx| tx.put_join(&join(seed, state)));
        assert_eq!(store.join(&id(seed)).unwrap(), Some(join(seed, state)));
    }
    assert!(write(&mut store, |tx| tx.delete_join(&id(2))));
    assert_eq!(store.joins().unwrap().len(), 2);
}

#[test]
fn log_debts_and_undo() {
    let (home, mut store) = store();
    let (d, c) = place();
    let other = DossierId(id(2));
    write(&mut store, |tx| {
        tx.add_activity(30, &d, b"{\"a\":1}")?;
        tx.add_activity(10, &other, b"{}")?;
        tx.add_activity(20, &d, b"{\"a\":2}")
    });
    let events = |dossier, since| -> Vec<i64> {
        store
            .activity(dossier, since)
            .unwrap()
            .into_iter()
            .map(|line| line.at_ms)
            .collect()
    };
    assert_eq!(events(None, i64::MIN), [30, 20, 10]);
    assert_eq!(events(Some(&d), 0), [30, 20]);
    assert_eq!(events(Some(&d), 30), [30]);
    assert_eq!(write(&mut store, |tx| tx.delete_activity_before(20)), 1);

    let owed = |kind, detail: &[u8]| Owed {
        dossier: d,
        compartment: c,
        kind,
        detail: detail.to_vec(),
    };
    write(&mut store, |tx| {
        assert!(tx.owe(&owed(2, b"b"))?);
        assert!(tx.owe(&owed(1, b"a"))?);
        assert!(!tx.owe(&owed(1, b"a"))?);
        for n in 0..10_u8 {
            tx.push_step(&d, Way::Back, &[n], 3)?;
            tx.push_step(&d, Way::Forth, &[n + 100], 2)?;
        }
        tx.push_step(&other, Way::Back, b"x", 3)
    });
    drop(store);
    let mut store = Store::open(home.path(), &key(1)).unwrap();
    assert_eq!(store.owed(Some(&d)).unwrap(), [owed(1, b"a"), owed(2, b"b")]);
    assert!(store.owed(Some(&other)).unwrap().is_empty());
    assert!(write(&mut store, |tx| tx.pay(&owed(1, b"a"))));
    assert!(!write(&mut store, |tx| tx.pay(&owed(1, b"a"))));
    assert_eq!(store.owed(None).unwrap(), [owed(2, b"b")]);
    assert_eq!(store.count_steps(&d, Way::Back).unwrap(), 3);
    assert_eq!(store.last_step(&d, Way::Back).unwrap(), Some(vec![9]));
    let popped: Vec<_> = (0..4)
        .map(|_| write(&mut store, |tx| tx.pop_step(&d, Way::Back)))
        .collect();
    assert_eq!(popped, [Some(vec![9]), Some(vec![8]), Some(vec![7]), None]);
    assert_eq!(store.last_step(&d, Way::Forth).unwrap(), Some(vec![109]));
    assert_eq!(write(&mut store, |tx| tx.clear_steps(&d, Way::Forth)), 2);
    assert_eq!(store.count_steps(&d, Way::Forth).unwrap(), 0);
    assert_eq!(store.count_steps(&other, Way::Back).unwrap(), 1);
}
