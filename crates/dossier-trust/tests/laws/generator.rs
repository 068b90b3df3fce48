//! Random histories: devices that know part of what was signed, sign more, and tell one another now and then.

use std::collections::{BTreeMap, BTreeSet};

use dossier_trust::ids::{ChainId, DeviceId, EpochId, GenerationId, ItemHash, PrincipalId};
use dossier_trust::item::{Lane, Position};
use dossier_trust::operation::{Back, EraseAt, OpId, Operation, Right, Since};

use crate::Dice;
use crate::cast::{self, ANNA, ANNAS, BORIS, BORISES, LAPTOP, MENTOR, MENTORS, OWNER, PARENT, PARENTS, PHONE, PLAYERS};
use crate::cast::{TABLET, TEAM, TEAM_1, TEAM_2};
use crate::held::Held;
use crate::world::{Fault, Mask, World, numbers};

/// An epoch that an honest program made: what it knew, and for whom it wrapped the key.
#[derive(Clone)]
pub struct Wrapped {
    pub epoch: EpochId,
    pub knew: Mask,
    pub readers: BTreeSet<([u8; 32], [u8; 32])>,
}

/// Keys that an honest program gave somebody who needed them, and what it knew.
#[derive(Clone)]
pub struct Given {
    pub knew: Mask,
    pub reader: PrincipalId,
    pub keys: BTreeSet<EpochId>,
}

#[derive(Clone)]
pub struct History {
    pub world: World,
    pub wrapped: Vec<Wrapped>,
    pub given: Vec<Given>,
    /// What each player knows at the end.
    pub known: Vec<Mask>,
}

struct Chain {
    open: usize,
    items: Vec<usize>,
}

struct Making {
    world: World,
    wrapped: Vec<Wrapped>,
    given: Vec<Given>,
    known: Vec<Mask>,
    chains: Vec<(usize, Chain)>,
    dice: Dice,
    /// In some histories nearly everybody is hostile or broken; in most only now and then somebody is.
    wild: bool,
    care: Care,
}

/// What programs heed that make epochs and hand out keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Everything.
    Full,
    /// Every key of before lies under the next.
    EveryParent,
    /// Everybody is given every key.
    EveryKey,
}

/// One history. Equal seeds make equal histories.
pub fn history(seed: u64) -> History {
    history_of(Dice::new(seed), seed % 4 == 3)
}

/// The history that these dice make.
pub fn history_of(dice: Dice, wild: bool) -> History {
    let mut making = Making::begin(dice, wild, Care::Full);
    let steps = 24 + making.dice.below(46);
    for _ in 0..steps {
        if making.world.things.len() > 116 {
            break;
        }
        making.step();
    }
    making.done()
}

/// A history of the resident's devices alone, mostly apart: they let people in, two of them from now on only, and out
/// again, and make epochs.
pub fn history_of_breaks(seed: u64, care: Care) -> History {
    let mut making = Making::begin(Dice::new(seed), false, care);
    for (root, device) in [(BORIS, BORISES), (MENTOR, MENTORS)] {
        let certificate = cast::certificate(root, device);
        making.say(
            0,
            false,
            Operation::Device {
                certificate,
                holder: None,
            },
        );
    }
    for player in 0..3 {
        making.known[player] = making.world.all();
    }
    for _ in 0..40 {
        if making.world.things.len() > 116 {
            break;
        }
        let player = making.dice.below(3);
        match making.dice.below(10) {
            0..3 => making.listen(player),
            3..5 => {
                let to = [BORIS, MENTOR, ANNA, TEAM][making.dice.below(4)];
                let mut grant = making.grant(to, Right::Edit);
                if let Operation::Grant { since, .. } = &mut grant {
                    *since = if [BORIS, MENTOR].contains(&to) {
                        Since::Now
                    } else {
                        Since::Beginning
                    };
                }
                making.say(player, false, grant);
            }
            5 => making.revoke(player),
            6..9 => making.epoch(player),
            _ => making.write(player, Lane::Doc),
        }
    }
    making.done()
}

impl Making {
    /// Nobody did anything yet but the resident's laptop, which founded dossier and compartment.
    fn begin(dice: Dice, wild: bool, care: Care) -> Self {
        let mut making = Self {
            world: World::new(),
            wrapped: Vec::new(),
            given: Vec::new(),
            known: vec![0; PLAYERS.len()],
            chains: Vec::new(),
            dice,
            wild,
            care,
        };
        making.found();
        making
    }

    fn done(self) -> History {
        History {
            world: self.world,
            wrapped: self.wrapped,
            given: self.given,
            known: self.known,
        }
    }

    /// The resident's laptop starts dossier and compartment and lets people in.
    fn found(&mut self) {
        let part = Chain {
            open: 0,
            items: vec![1],
        };
        self.chains.push((0, part));
        for device in [LAPTOP, PHONE, TABLET] {
            if device != TABLET || self.dice.percent(90) {
                self.say(
                    0,
                    true,
                    Operation::Device {
                        certificate: cast::certificate(OWNER, device),
                        holder: None,
                    },
                );
            }
        }
        let first = Operation::Generation {
            parent: GenerationId::default(),
            base: Vec::new(),
            drop: Vec::new(),
        };
        self.say(0, false, first);
        for (root, device) in [
            (ANNA, ANNAS),
            (TEAM, TEAM_1),
            (TEAM, TEAM_2),
            (PARENT, PARENTS),
            (MENTOR, MENTORS),
        ] {
            if self.dice.percent(93) {
                self.say(
                    0,
                    false,
                    Operation::Device {
                        certificate: cast::certificate(root, device),
                        holder: None,
                    },
                );
            }
        }
        for (principal, right) in [(ANNA, Right::Edit), (TEAM, Right::Edit), (PARENT, Right::Manage)] {
            let right = if self.dice.percent(80) { right } else { self.right() };
            if self.dice.percent(85) {
                let grant = self.grant(principal, right);
                self.say(0, false, grant);
            }
        }
        if self.dice.percent(40) {
            let grant = self.grant(MENTOR, Right::Manage);
            self.say(0, false, grant);
        }
        self.known[0] = self.world.all();
        self.epoch(0);
        for player in 1..PLAYERS.len() {
            if self.dice.percent(90) {
                self.known[player] = self.world.all();
            }
        }
    }

    fn right(&mut self) -> Right {
        [
            Right::Relay,
            Right::Read,
            Right::Append,
            Right::Edit,
            Right::Edit,
            Right::Manage,
        ][self.dice.below(6)]
    }

    fn grant(&mut self, principal: PrincipalId, right: Right) -> Operation {
        let salt = self.world.salt();
        let nonce = u128::from(salt).to_le_bytes();
        let since = if salt % 5 < 2 { Since::Now } else { Since::Beginning };
        Operation::Grant {
            principal,
            right,
            since,
            until: None,
            nonce,
            record: None,
        }
    }

    fn step(&mut self) {
        // Mostly those who have something to do here.
        let anybody = if self.wild { 15 } else { 4 };
        let player = if self.dice.percent(anybody) {
            self.dice.below(PLAYERS.len())
        } else {
            self.dice.below(8)
        };
        let may_operate = self.wild || !(3..=9).contains(&player) || self.dice.percent(25);
        match self.dice.below(100) {
            0..26 => self.listen(player),
            26..64 => self.write(player, Lane::Doc),
            64..76 => self.write(player, Lane::Rec),
            _ if may_operate => self.operate(player),
            _ => self.listen(player),
        }
    }

    fn listen(&mut self, player: usize) {
        let from = self.known[self.dice.below(PLAYERS.len())];
        // Things get lost, come late, or come twice.
        let part = match self.dice.below(4) {
            0 => from & u128::from(self.dice.next()) & !self.known[player],
            1 => from & (u128::from(self.dice.next()) << 64 | u128::from(self.dice.next())),
            _ => from,
        };
        self.known[player] = self.world.rooted(self.known[player] | part);
    }

    /// The player's chain for this, a new one now and then.
    fn chain(&mut self, player: usize, part: bool, lane: Lane) -> usize {
        let (device, principal) = PLAYERS[player];
        let known = self.known[player];
        let grants: Vec<OpId> = numbers(known)
            .filter(|x| match self.world.things[*x].operation() {
                Some(Operation::Grant { principal: to, .. }) => Some(*to) == principal || self.dice.percent(3),
                _ => false,
            })
            .map(|x| self.world.ids[x])
            .collect();
        let owns = principal == Some(OWNER);
        let hostile = self.dice.percent(if self.wild { 6 } else { 1 });
        let grant = if owns != hostile || part {
            OpId::OWNER
        } else {
            self.dice.pick(&grants).copied().unwrap_or_default()
        };
        let generation = self.generation(known);
        let fits = |world: &World, chain: &Chain| {
            let open = &world.things[chain.open].open;
            open.device == device
                && open.lane == lane
                && world.things[chain.open].is_part() == part
                && open.grant == grant
                && (lane != Lane::Doc || open.generation == generation)
        };
        let held: Vec<usize> = (0..self.chains.len())
            .filter(|at| self.chains[*at].0 == player && fits(&self.world, &self.chains[*at].1))
            .collect();
        if let Some(at) = self.dice.pick(&held).copied()
            && !self.dice.percent(4)
        {
            return at;
        }
        let open = self.world.open(device, part, lane, grant, generation);
        self.known[player] |= 1 << open;
        self.chains.push((
            player,
            Chain {
                open,
                items: Vec::new(),
            },
        ));
        self.chains.len() - 1
    }

    fn generation(&mut self, known: Mask) -> GenerationId {
        let all: Vec<GenerationId> = numbers(known)
            .filter(|x| matches!(self.world.things[*x].operation(), Some(Operation::Generation { .. })))
            .map(|x| GenerationId(self.world.ids[x].0))
            .collect();
        if self.dice.percent(70) {
            all.last()
        } else {
            self.dice.pick(&all)
        }
        .copied()
        .unwrap_or_default()
    }

    /// What the next item follows: the last one, unless its author forks the chain.
    fn before(&mut self, at: usize) -> usize {
        let fork = self.dice.percent(if self.wild { 9 } else { 5 });
        let chain = &self.chains[at].1;
        match chain.items.last() {
            Some(_) if fork => {
                let back = self.dice.below(chain.items.len() + 1);
                back.checked_sub(1).map_or(chain.open, |back| chain.items[back])
            }
            Some(last) => *last,
            None => chain.open,
        }
    }

    fn put(&mut self, player: usize, at: usize, thing: usize) {
        self.known[player] |= self.world.things[thing].below;
        self.chains[at].1.items.push(thing);
    }

    fn say(&mut self, player: usize, part: bool, operation: Operation) {
        let at = self.chain(player, part, Lane::Log);
        let before = self.before(at);
        let thing = self.world.operation(before, operation);
        self.put(player, at, thing);
    }

    fn write(&mut self, player: usize, lane: Lane) {
        let at = self.chain(player, false, lane);
        let (device, principal) = PLAYERS[player];
        let nobody = self.world.things[self.chains[at].1.open].open.grant == OpId::OWNER && principal != Some(OWNER);
        if (nobody || principal.is_some_and(|root| cast::root_of(root) == device)) && !self.dice.percent(5) {
            return;
        }
        let before = self.before(at);
        if lane == Lane::Rec {
            let thing = self.world.record(before);
            return self.put(player, at, thing);
        }
        let known: Vec<usize> = numbers(self.known[player])
            .filter(|x| self.world.things[*x].change().is_some())
            .collect();
        let thing = match self.dice.below(100) {
            0..2 => self.world.sealed(before),
            // A sibling with the very same change, or anybody's.
            2..4 => match self.dice.pick(&known).copied() {
                Some(other) => self.world.copy(before, other),
                None => self.world.change(before, &[], true, Fault::None),
            },
            4..6 => {
                let fault = [Fault::StartOp, Fault::Sequence, Fault::Actor][self.dice.below(3)];
                self.world.change(before, &[], true, fault)
            }
            6..7 => self.world.change(before, &[], false, Fault::None),
            7..35 => {
                let some: Vec<usize> = (0..2).filter_map(|_| self.dice.pick(&known).copied()).collect();
                self.world.change(before, &some, true, Fault::None)
            }
            _ => {
                let heads: Vec<usize> = known
                    .iter()
                    .copied()
                    .filter(|x| {
                        let hash = self.world.things[*x].change().unwrap().hash();
                        !known
                            .iter()
                            .any(|y| self.world.things[*y].change().unwrap().deps().contains(&hash))
                    })
                    .collect();
                self.world.change(before, &heads, true, Fault::None)
            }
        };
        self.put(player, at, thing);
        // Two forms of one item: a sibling with the same change, ground or not.
        if self.dice.percent(3) {
            let twin = self.world.copy(before, thing);
            self.put(player, at, twin);
        }
    }

    /// Positions in chains of whom it is about, as far as the player knows them, and sometimes further.
    fn keep(&mut self, player: usize, of: impl Fn(&World, usize) -> bool) -> Vec<Position> {
        let scope = if self.dice.percent(85) {
            self.known[player]
        } else {
            self.world.all()
        };
        let theirs: Vec<usize> = numbers(scope)
            .filter(|x| self.world.things[*x].item.is_some() && of(&self.world, *x))
            .collect();
        let mut keep = Vec::new();
        match self.dice.below(3) {
            0 => {}
            1 => keep.extend(self.dice.pick(&theirs).map(|x| self.world.position(*x))),
            _ => {
                for x in &theirs {
                    if self.dice.percent(60) {
                        keep.push(self.world.position(*x));
                    }
                }
            }
        }
        keep.sort_unstable();
        keep.dedup();
        keep
    }

    fn operate(&mut self, player: usize) {
        let known = self.known[player];
        let principals = [ANNA, TEAM, PARENT, MENTOR, BORIS, OWNER];
        let what = self.dice.below(100);
        // Somebody who would end things thinks better of it.
        if !self.wild && (16..50).contains(&what) && self.dice.percent(55) {
            return self.write(player, Lane::Doc);
        }
        match what {
            0..16 => {
                let to = principals[self.dice.below(6)];
                let right = self.right();
                let grant = self.grant(to, right);
                self.say(player, false, grant);
            }
            16..36 => self.revoke(player),
            36..50 => self.cut(player),
            50..65 => {
                let positions = self.keep(player, |world, x| !world.things[x].is_part());
                self.say(
                    player,
                    false,
                    Operation::Pin {
                        positions,
                        snapshot: None,
                    },
                );
            }
            65..69 => {
                let (parent, base) = if self.dice.percent(60) {
                    self.document(known)
                } else {
                    let base = self.keep(player, |world, x| world.things[x].open.lane == Lane::Doc);
                    (self.generation(known), base)
                };
                let mut drop: Vec<ItemHash> = base.iter().map(|at| at.hash).collect();
                drop.retain(|_| self.dice.percent(30));
                drop.sort_unstable();
                self.say(player, false, Operation::Generation { parent, base, drop });
            }
            69..82 => self.epoch(player),
            82..89 => {
                let records: Vec<ItemHash> = numbers(known)
                    .filter(|x| {
                        self.world.things[*x].open.lane == Lane::Rec
                            || self.world.things[*x].position().is_some_and(|at| at.n == 1)
                    })
                    .filter_map(|x| Some(self.world.things[x].position()?.hash))
                    .collect();
                if let Some(item) = self.dice.pick(&records).copied() {
                    let at = if self.dice.percent(70) {
                        EraseAt::All
                    } else {
                        EraseAt::Others
                    };
                    self.say(player, false, Operation::Erase { item, at });
                }
            }
            89..94 => {
                let root = principals[self.dice.below(6)];
                let device = [ANNAS, TEAM_2, BORISES, TABLET, PHONE][self.dice.below(5)];
                let operation = Operation::Device {
                    certificate: cast::certificate(root, device),
                    holder: None,
                };
                let part = self.dice.percent(30);
                self.say(player, part, operation);
            }
            _ => {
                // Somebody's operation once more.
                let operations: Vec<usize> = numbers(known)
                    .filter(|x| *x > 1 && self.world.things[*x].operation().is_some())
                    .collect();
                if let Some(again) = self.dice.pick(&operations).copied() {
                    let operation = self.world.things[again].operation().unwrap().clone();
                    self.say(player, self.world.things[again].is_part(), operation);
                }
            }
        }
    }

    /// The current generation by what somebody knows, and where its chains end.
    fn document(&self, known: Mask) -> (GenerationId, Vec<Position>) {
        let held = Held::take(&self.world, &numbers(known).collect::<Vec<_>>());
        let verdict = held.judged(&self.world).verdict;
        let mut ends: BTreeMap<ChainId, Position> = BTreeMap::new();
        for (at, _) in verdict.document() {
            let end = ends.entry(at.chain).or_insert(*at);
            *end = (*end).max(*at);
        }
        let mut ends: Vec<Position> = ends.into_values().collect();
        ends.sort_unstable();
        (verdict.generation().unwrap_or_default(), ends)
    }

    fn revoke(&mut self, player: usize) {
        let scope = if self.dice.percent(90) {
            self.known[player]
        } else {
            self.world.all()
        };
        let grants: Vec<OpId> = numbers(scope)
            .filter(|x| matches!(self.world.things[*x].operation(), Some(Operation::Grant { .. })))
            .map(|x| self.world.ids[x])
            .collect();
        let grant = if self.dice.percent(3) {
            Some(OpId::OWNER)
        } else {
            self.dice.pick(&grants).copied()
        };
        if let Some(grant) = grant {
            let keep = self.keep(player, |world, x| world.things[x].open.grant == grant);
            self.say(player, false, Operation::Revoke { grant, keep });
        }
    }

    fn cut(&mut self, player: usize) {
        // A root mostly cuts what is its own.
        let (device, principal) = PLAYERS[player];
        let own: Vec<DeviceId> = PLAYERS
            .iter()
            .filter(|(other, of)| *of == principal && *other != device)
            .map(|(other, _)| *other)
            .collect();
        let target = if self.dice.percent(50) {
            self.dice.pick(&own).copied()
        } else {
            None
        };
        let target = target.unwrap_or(PLAYERS[self.dice.below(PLAYERS.len())].0);
        if self.dice.percent(40) {
            let keep = self.keep(player, |world, x| {
                world.things[x].is_part() && world.things[x].open.device == target
            });
            self.say(player, true, Operation::Cut { device: target, keep });
            if self.dice.percent(40) {
                return;
            }
        }
        let keep = self.keep(player, |world, x| {
            !world.things[x].is_part() && world.things[x].open.device == target
        });
        self.say(player, false, Operation::Cut { device: target, keep });
    }

    fn epoch(&mut self, player: usize) {
        let known = self.known[player];
        let held = Held::take(&self.world, &numbers(known).collect::<Vec<_>>());
        let consent = held.consent(&self.world);
        let honest = self.dice.percent(85);
        let mut salt = [0; 32];
        salt[..4].copy_from_slice(&self.world.salt().to_le_bytes());
        let mut commit = EpochId(salt);
        let heads: Vec<EpochId> = consent
            .epoch_heads()
            .into_iter()
            .filter(|head| consent.knows_closes_of(head))
            .collect();
        let all: Vec<EpochId> = consent.epochs().map(|(id, _)| *id).collect();
        let mut back = Vec::new();
        let (parents, closes) = if honest {
            let closes = consent.open_denials(&heads).into_iter().collect();
            let every = self.care == Care::EveryParent;
            let under = heads.iter().filter(|head| every || consent.may_lie_under_next(head));
            back.extend(under.map(|parent| Back {
                parent: *parent,
                sealed: [0; 72],
            }));
            (heads, closes)
        } else {
            if self.dice.percent(20) {
                commit = self.dice.pick(&all).copied().unwrap_or(commit);
            }
            let parents = all
                .into_iter()
                .filter(|parent| *parent < commit && self.dice.percent(50))
                .collect();
            let closes = consent
                .denials_of_reading()
                .iter()
                .filter(|_| self.dice.percent(60))
                .copied()
                .collect();
            (parents, closes)
        };
        if honest {
            let readers = consent.reader_devices().map(|one| (one.root.0, one.device.0)).collect();
            self.wrapped.push(Wrapped {
                epoch: commit,
                knew: known,
                readers,
            });
        }
        self.say(
            player,
            false,
            Operation::Epoch {
                parents,
                closes,
                commit,
                back,
            },
        );
        if honest {
            self.give_keys(player);
        }
    }

    /// Everybody who reads is given what they miss, by what somebody knows who has every key.
    fn give_keys(&mut self, player: usize) {
        let knew = self.known[player];
        let held = Held::take(&self.world, &numbers(knew).collect::<Vec<_>>());
        let consent = held.consent(&self.world);
        let readers: BTreeSet<PrincipalId> = consent.reader_devices().map(|one| one.root).collect();
        for reader in readers {
            let keys = if self.care == Care::EveryKey {
                consent.epochs().map(|(epoch, _)| *epoch).collect()
            } else {
                consent.keys_for(&reader, |_| true, |_, _| true)
            };
            self.given.push(Given { knew, reader, keys });
        }
    }
}
