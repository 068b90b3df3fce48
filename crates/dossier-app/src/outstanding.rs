//! Invitations that are out: showing them again, and taking them back.

use dossier_exchange::demo::AccessEntry;
use dossier_store::{Invitation, InvitationState};
use dossier_trust::codec::Canonical;
use dossier_trust::ids::{DossierId, ItemHash};
use dossier_trust::invitation::{Join, Ticket};
use qrcode::{Color, QrCode};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::clock::{rfc3339, stored_ms};
use crate::contract::{Event, Fault, FaultCode, PersonRef, ScopeView};
use crate::home::Home;
use crate::invitation::{offered, scope_view, scopes_of_entry};
use crate::replica::Dossier;
use crate::replica::content::{Card, Terms};

/// One invitation with everything that it offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct InvitationCard {
    /// Name of the ticket (hex).
    pub id: String,
    /// For whom: person id inside the dossier.
    pub person: String,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// Last day of access.
    pub until: Option<String>,
    /// What is offered.
    pub scopes: Vec<ScopeView>,
    /// open, joined, granted, burnt, expired.
    pub state: String,
    /// Until when it may be answered, RFC 3339.
    pub expires: String,
    /// The ticket as letters and digits, for as long as it may be answered.
    pub ticket: Option<String>,
    /// The same as a QR code: one text a row, `1` is dark. Empty without a ticket.
    pub qr: Vec<String>,
    /// Who answered and waits for the resident.
    pub joiner: Option<JoinerView>,
}

/// What somebody who answered says of themselves. Not proven before the codes were compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JoinerView {
    /// Name.
    pub name: String,
    /// Organisation.
    pub organisation: Option<String>,
    /// Function.
    pub function: Option<String>,
    /// The team in whose name they answer: access is then given to all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub team: Option<String>,
}

/// What a family that was brought along says of somebody's access: nothing was given, it can be offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ProposalView {
    /// Person id inside the dossier.
    pub person: String,
    /// Name, if this dossier has one.
    pub name: Option<String>,
    /// Role.
    pub role: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// Last day.
    pub until: Option<String>,
    /// What would be offered.
    pub scopes: Vec<ScopeView>,
    /// Only what is about these people; none: no such restriction.
    pub only_about: Option<Vec<PersonRef>>,
}

/// Answer to [`Request::Confirm`](crate::contract::Request::Confirm).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Confirmed {
    /// Person id inside the dossier.
    pub person: String,
}

impl Home {
    /// Every invitation that was made here; the one that can be answered longest comes first.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for whoever lets nobody in.
    pub fn invitations(&mut self, id: &DossierId) -> Result<Vec<InvitationCard>, Fault> {
        self.admits(id)?;
        let now = stored_ms(self.now_ms());
        let mut held = self.store.invitations(id)?;
        held.sort_by_key(|one| std::cmp::Reverse((one.expires_ms, one.ticket)));
        let dossier = self.dossier(id)?;
        held.iter().map(|one| card(dossier, one, now)).collect()
    }

    /// What the access table of a family that was brought along proposes, for whoever has a living entry there.
    ///
    /// # Errors
    /// [`FaultCode::NotAllowed`] for whoever lets nobody in.
    pub fn proposals(&mut self, id: &DossierId) -> Result<Vec<ProposalView>, Fault> {
        self.admits(id)?;
        let dossier = self.dossier(id)?;
        let view = dossier.view();
        let entries = view
            .of_kind("access")
            .filter_map(|item| AccessEntry::read(&item.fields));
        let proposals = entries.filter(|entry| !entry.is_closed()).map(|entry| {
            let only_about = dossier.named_about(entry.only_about.as_deref());
            let scopes = scopes_of_entry(&entry);
            ProposalView {
                name: view.name(&entry.person_id).map(str::to_owned),
                scopes: scopes
                    .iter()
                    .map(|scope| scope_view(scope, only_about.as_ref()))
                    .collect(),
                only_about,
                person: entry.person_id,
                role: entry.role,
                purpose: entry.purpose,
                until: entry.until,
            }
        });
        Ok(proposals.collect())
    }

    /// Withdraws an invitation, or turns away whoever answered it: nobody can use it after this.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`]; [`FaultCode::NotAllowed`] for whoever lets nobody in; [`FaultCode::Invalid`] when
    /// access was given already: that ends by [`Self::revoke`].
    pub(crate) fn end_invitation(&mut self, id: &DossierId, ticket: &str) -> Result<(), Fault> {
        self.admits(id)?;
        let unknown = || Fault::not_found("ticket");
        let name = ItemHash::from_hex(ticket).map_err(|_| unknown())?;
        let held = self.store.invitation(&name.0)?.filter(|held| held.dossier == *id);
        let held = held.ok_or_else(unknown)?;
        if held.state == InvitationState::Granted {
            return Err(Fault::invalid("granted"));
        }
        self.burn(&Ticket::from_bytes(&held.secret)?)?;
        self.tell(Event::Joined {
            ticket: ticket.to_owned(),
            person: None,
        });
        Ok(())
    }

    fn admits(&mut self, id: &DossierId) -> Result<(), Fault> {
        let me = self.me()?.id();
        if self.dossier(id)?.may_admit(&me) {
            Ok(())
        } else {
            Err(Fault::new(FaultCode::NotAllowed))
        }
    }
}

/// open, joined, granted, burnt, expired.
pub(crate) fn state_word(held: &Invitation, now_ms: i64) -> &'static str {
    match held.state {
        InvitationState::Open if held.expires_ms >= now_ms => "open",
        InvitationState::Open | InvitationState::Expired => "expired",
        InvitationState::Joined => "joined",
        InvitationState::Granted => "granted",
        InvitationState::Burnt => "burnt",
    }
}

fn card(dossier: &Dossier, held: &Invitation, now_ms: i64) -> Result<InvitationCard, Fault> {
    let terms: Terms = serde_json::from_slice(&held.terms).map_err(|_| Fault::internal("terms"))?;
    let state = state_word(held, now_ms);
    let open = state == "open";
    let ticket = if open {
        Some(Ticket::from_bytes(&held.secret)?.to_text())
    } else {
        None
    };
    let answer = held
        .answer
        .as_deref()
        .filter(|_| held.state == InvitationState::Joined)
        .and_then(|bytes| Join::from_bytes(bytes).ok());
    let joiner = answer.map(|join| {
        let said: Card = serde_json::from_slice(&join.card).unwrap_or_default();
        JoinerView {
            name: said.name,
            organisation: said.organisation,
            function: said.function,
            team: said.team,
        }
    });
    let about = dossier.named_about(terms.only_about.as_deref());
    let scopes = offered(&terms, about.as_ref());
    Ok(InvitationCard {
        id: ItemHash(held.ticket).to_hex(),
        person: terms.person,
        name: terms.name,
        role: terms.role,
        purpose: terms.purpose,
        until: terms.until,
        scopes,
        state: state.to_owned(),
        expires: rfc3339(u64::try_from(held.expires_ms).unwrap_or(0)),
        qr: ticket.as_deref().map(qr).transpose()?.unwrap_or_default(),
        ticket,
        joiner,
    })
}

pub(crate) fn qr(ticket: &str) -> Result<Vec<String>, Fault> {
    // Capital letters and digits alone make a code with far fewer blocks; tickets read the same either way.
    let code = QrCode::new(ticket.to_ascii_uppercase()).map_err(|_| Fault::internal("qr"))?;
    let rows = code.to_colors();
    let rows = rows.chunks(code.width()).map(|row| {
        row.iter()
            .map(|block| if *block == Color::Dark { '1' } else { '0' })
            .collect()
    });
    Ok(rows.collect())
}
