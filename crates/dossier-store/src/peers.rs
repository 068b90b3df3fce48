//! Other people's devices, what they have, and how they came in.

use dossier_trust::ids::{ChainId, DeviceId, DossierId, EndpointKey, PrincipalId};
use rusqlite::Row;

use crate::{Reader, StoreError, Tx};

/// A device of somebody else, or another one of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The device.
    pub device: DeviceId,
    /// Whose it is.
    pub principal: PrincipalId,
    /// Its key in the network.
    pub endpoint: EndpointKey,
    /// What this profile calls it, whatever the dossier.
    pub name: Option<String>,
    /// Where it was last reached, in the caller's own form.
    pub addresses: Vec<u8>,
    /// When it was last heard.
    pub last_seen_ms: i64,
}

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            fn code(self) -> u8 {
                match self {
                    $(Self::$variant => $code,)*
                }
            }
        }

        impl rusqlite::types::FromSql for $name {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_i64()? {
                    $($code => Ok(Self::$variant),)*
                    other => Err(rusqlite::types::FromSqlError::OutOfRange(other)),
                }
            }
        }
    };
}

states!(
    /// How far an invitation of ours is.
    InvitationState {
        /// Nobody answered yet.
        Open = 0,
        /// Somebody answered; the codes are not compared yet.
        Joined = 1,
        /// Access was given.
        Granted = 2,
        /// The codes differed, or it was taken back: never again.
        Burnt = 3,
        /// Nobody answered in time.
        Expired = 4,
    }
);

states!(
    /// How far an answer of ours to somebody's invitation is.
    JoinState {
        /// No grant yet.
        Waiting = 0,
        /// Access was given.
        Granted = 1,
        /// It was refused, or given up.
        Refused = 2,
    }
);

/// An invitation this profile gave out.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Hash of the ticket.
    pub ticket: [u8; 32],
    /// To which dossier.
    pub dossier: DossierId,
    /// What only the ticket's holder knows, and what derives from it.
    pub secret: Vec<u8>,
    /// What is offered, in the caller's own form.
    pub terms: Vec<u8>,
    /// Until when it may be answered.
    pub expires_ms: i64,
    /// How far it is.
    pub state: InvitationState,
    /// The answer, once there is one.
    pub answer: Option<Vec<u8>>,
}

impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invitation")
            .field("state", &self.state)
            .field("expires_ms", &self.expires_ms)
            .finish()
    }
}

/// An answer this profile gave to somebody's invitation.
#[derive(Clone, PartialEq, Eq)]
pub struct Join {
    /// Hash of the ticket.
    pub ticket: [u8; 32],
    /// To which dossier.
    pub dossier: DossierId,
    /// The ticket, whole.
    pub ticket_bytes: Vec<u8>,
    /// The answer, as it was sent.
    pub join_bytes: Vec<u8>,
    /// How far it is.
    pub state: JoinState,
}

impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Join").field("state", &self.state).finish()
    }
}

fn peer(row: &Row<'_>) -> rusqlite::Result<Peer> {
    Ok(Peer {
        device: DeviceId(row.get(0)?),
        principal: PrincipalId(row.get(1)?),
        endpoint: EndpointKey(row.get(2)?),
        name: row.get(3)?,
        addresses: row.get(4)?,
        last_seen_ms: row.get(5)?,
    })
}

fn invitation(row: &Row<'_>) -> rusqlite::Result<Invitation> {
    Ok(Invitation {
        ticket: row.get(0)?,
        dossier: DossierId(row.get(1)?),
        secret: row.get(2)?,
        terms: row.get(3)?,
        expires_ms: row.get(4)?,
        state: row.get(5)?,
        answer: row.get(6)?,
    })
}

fn join(row: &Row<'_>) -> rusqlite::Result<Join> {
    Ok(Join {
        ticket: row.get(0)?,
        dossier: DossierId(row.get(1)?),
        ticket_bytes: row.get(2)?,
        join_bytes: row.get(3)?,
        state: row.get(4)?,
    })
}

impl Reader {
    /// One peer.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn peer(&self, device: &DeviceId) -> Result<Option<Peer>, StoreError> {
        self.one(
            "SELECT device, principal, endpoint, name, addresses, last_seen_ms FROM peers WHERE device = ?1",
            [device.as_bytes()],
            peer,
        )
    }

    /// All peers, the one heard last first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn peers(&self) -> Result<Vec<Peer>, StoreError> {
        self.all(
            "SELECT device, principal, endpoint, name, addresses, last_seen_ms FROM peers
             ORDER BY last_seen_ms DESC, device",
            [],
            peer,
        )
    }

    /// The devices of one principal.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn peers_of(&self, principal: &PrincipalId) -> Result<Vec<Peer>, StoreError> {
        self.all(
            "SELECT device, principal, endpoint, name, addresses, last_seen_ms FROM peers
             WHERE principal = ?1 ORDER BY device",
            [principal.as_bytes()],
            peer,
        )
    }

    /// Whether this person must never see our network address.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn never_direct(&self, principal: &PrincipalId) -> Result<bool, StoreError> {
        let found = self.one(
            "SELECT 1 FROM never_direct WHERE principal = ?1",
            [principal.as_bytes()],
            |_| Ok(()),
        )?;
        Ok(found.is_some())
    }

    /// Up to which number a device has acknowledged a chain; 0 if never.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delivered(&self, device: &DeviceId, chain: &ChainId) -> Result<u32, StoreError> {
        let n = self.one(
            "SELECT n FROM deliveries WHERE device = ?1 AND chain = ?2",
            (device.as_bytes(), chain.as_bytes()),
            |row| row.get(0),
        )?;
        Ok(n.unwrap_or(0))
    }

    /// Everything a device has acknowledged: chains and up to which number.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn deliveries(&self, device: &DeviceId) -> Result<Vec<(ChainId, u32)>, StoreError> {
        self.all(
            "SELECT chain, n FROM deliveries WHERE device = ?1 ORDER BY chain",
            [device.as_bytes()],
            |row| Ok((ChainId(row.get(0)?), row.get(1)?)),
        )
    }

    /// One invitation, by the hash of its ticket.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn invitation(&self, ticket: &[u8; 32]) -> Result<Option<Invitation>, StoreError> {
        self.one(
            "SELECT ticket, dossier, secret, terms, expires_ms, state, answer FROM invitations WHERE ticket = ?1",
            [ticket],
            invitation,
        )
    }

    /// The invitations to a dossier, the first to expire first.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn invitations(&self, dossier: &DossierId) -> Result<Vec<Invitation>, StoreError> {
        self.all(
            "SELECT ticket, dossier, secret, terms, expires_ms, state, answer FROM invitations
             WHERE dossier = ?1 ORDER BY expires_ms, ticket",
            [dossier.as_bytes()],
            invitation,
        )
    }

    /// One answer of ours, by the hash of the ticket.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn join(&self, ticket: &[u8; 32]) -> Result<Option<Join>, StoreError> {
        self.one(
            "SELECT ticket, dossier, ticket_bytes, join_bytes, state FROM joins WHERE ticket = ?1",
            [ticket],
            join,
        )
    }

    /// All answers of ours.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn joins(&self) -> Result<Vec<Join>, StoreError> {
        self.all(
            "SELECT ticket, dossier, ticket_bytes, join_bytes, state FROM joins ORDER BY ticket",
            [],
            join,
        )
    }
}

impl Tx<'_> {
    /// Keeps a peer, in place of what was known of it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_peer(&self, peer: &Peer) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO peers (device, principal, endpoint, name, addresses, last_seen_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (device) DO UPDATE SET principal = excluded.principal, endpoint = excluded.endpoint,
                 name = excluded.name, addresses = excluded.addresses, last_seen_ms = excluded.last_seen_ms",
            (
                peer.device.as_bytes(),
                peer.principal.as_bytes(),
                peer.endpoint.as_bytes(),
                &peer.name,
                &peer.addresses,
                peer.last_seen_ms,
            ),
        )?;
        Ok(())
    }

    /// Removes a peer and what it acknowledged; says whether it was there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_peer(&self, device: &DeviceId) -> Result<bool, StoreError> {
        self.run("DELETE FROM deliveries WHERE device = ?1", [device.as_bytes()])?;
        Ok(self.run("DELETE FROM peers WHERE device = ?1", [device.as_bytes()])? > 0)
    }

    /// Says whether this person must never see our network address.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn set_never_direct(&self, principal: &PrincipalId, never: bool) -> Result<(), StoreError> {
        let sql = if never {
            "INSERT INTO never_direct (principal) VALUES (?1) ON CONFLICT DO NOTHING"
        } else {
            "DELETE FROM never_direct WHERE principal = ?1"
        };
        self.run(sql, [principal.as_bytes()])?;
        Ok(())
    }

    /// Notes that a device acknowledged a chain up to `n`. A lower number than is known changes nothing:
    /// acknowledgements may come late.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_delivered(&self, device: &DeviceId, chain: &ChainId, n: u32) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO deliveries (device, chain, n) VALUES (?1, ?2, ?3)
             ON CONFLICT (device, chain) DO UPDATE SET n = excluded.n WHERE excluded.n > deliveries.n",
            (device.as_bytes(), chain.as_bytes(), n),
        )?;
        Ok(())
    }

    /// Keeps an invitation, in place of what was known of it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_invitation(&self, invitation: &Invitation) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO invitations (ticket, dossier, secret, terms, expires_ms, state, answer)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (ticket) DO UPDATE SET dossier = excluded.dossier, secret = excluded.secret,
                 terms = excluded.terms, expires_ms = excluded.expires_ms, state = excluded.state,
                 answer = excluded.answer",
            (
                &invitation.ticket,
                invitation.dossier.as_bytes(),
                &invitation.secret,
                &invitation.terms,
                invitation.expires_ms,
                invitation.state.code(),
                &invitation.answer,
            ),
        )?;
        Ok(())
    }

    /// Keeps an answer of ours, in place of what was known of it.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn put_join(&self, join: &Join) -> Result<(), StoreError> {
        self.run(
            "INSERT INTO joins (ticket, dossier, ticket_bytes, join_bytes, state) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (ticket) DO UPDATE SET dossier = excluded.dossier, ticket_bytes = excluded.ticket_bytes,
                 join_bytes = excluded.join_bytes, state = excluded.state",
            (
                &join.ticket,
                join.dossier.as_bytes(),
                &join.ticket_bytes,
                &join.join_bytes,
                join.state.code(),
            ),
        )?;
        Ok(())
    }

    /// Removes an answer of ours; says whether it was there.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn delete_join(&self, ticket: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.run("DELETE FROM joins WHERE ticket = ?1", [ticket])? > 0)
    }
}
