//! Eight words in the place of a ticket: shown by the resident, typed by the invited.

use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::Duration;

use dossier_sync::driver::Handout;
use dossier_trust::ids::ItemHash;
use dossier_trust::invitation::Ticket;
pub use dossier_trust::words::COUNT;
use dossier_trust::words::{TicketWords, WordsError};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::App;
use crate::contract::{Fault, FaultCode};

/// Words are for people who talk to each other now.
const VALID: Duration = Duration::from_secs(30 * 60);

/// Answer to [`Request::TicketWords`](crate::contract::Request::TicketWords).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TicketWordsView {
    /// The eight words, in order (BIP-39, English list).
    pub words: Vec<String>,
    /// Where the program hands out the ticket, for an invited program that cannot find it by itself.
    pub addresses: Vec<String>,
    /// Minutes for which they work; they work once.
    pub minutes: u32,
}

/// Answer to [`Request::FetchTicket`](crate::contract::Request::FetchTicket).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FetchedTicket {
    /// The ticket, as letters and digits.
    pub ticket: String,
}

/// A ticket that is being handed out.
pub(crate) struct OnOffer {
    view: TicketWordsView,
    handout: Handout,
}

impl App {
    /// Words for an invitation that can still be answered: those of a moment ago while they work, else new ones.
    ///
    /// # Errors
    /// [`FaultCode::NotFound`] for an invitation that is over; [`FaultCode::Invalid`] while offline.
    pub(crate) fn ticket_words(&self, dossier: Option<&str>, id: &str) -> Result<TicketWordsView, Fault> {
        let inner = self.inner();
        let unknown = || Fault::not_found("ticket");
        let ticket = inner.with_home(|home| {
            let dossier = home.named(dossier)?;
            let cards = home.invitations(&dossier)?;
            let card = cards.into_iter().find(|card| card.id == id).ok_or_else(unknown)?;
            Ok(Ticket::from_text(&card.ticket.ok_or_else(unknown)?)?)
        })?;
        {
            let offers = inner.on_offer.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(held) = offers.get(id).filter(|held| !held.handout.is_over()) {
                return Ok(held.view.clone());
            }
        }
        let (words, sealed) = inner.with_home(|home| {
            let mut random = home.random;
            let words = TicketWords::draw(&mut random);
            let sealed = words.seal(&ticket, &mut random)?;
            Ok((words, sealed))
        })?;
        let handout = Self::wait_for(async {
            let network = self.network().await?;
            let handed = network.hand_out(&words.endpoint(), words.knock(), sealed, VALID).await;
            handed.map_err(|_| Fault::new(FaultCode::NotReachable))
        })?;
        let view = TicketWordsView {
            words: words.words().into_iter().map(str::to_owned).collect(),
            addresses: handout.addresses().iter().map(ToString::to_string).collect(),
            minutes: u32::try_from(VALID.as_secs() / 60).unwrap_or(u32::MAX),
        };
        let offer = OnOffer {
            view: view.clone(),
            handout,
        };
        let name = ItemHash(ticket.hash()).to_hex();
        inner
            .on_offer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(name, offer);
        Ok(view)
    }

    /// The ticket behind eight words.
    ///
    /// # Errors
    /// [`FaultCode::InputRefused`] about `words_count`, `words_unknown` with the place of the word, or `words_other`;
    /// [`FaultCode::NotReachable`] when nobody hands out a ticket under these words.
    pub(crate) fn fetch_ticket(&self, words: &str, hints: &[String]) -> Result<FetchedTicket, Fault> {
        let refused = |word: String| Fault::about(FaultCode::InputRefused, word);
        let words = TicketWords::read(words).map_err(|error| {
            refused(match error {
                WordsError::Count => "words_count".to_owned(),
                WordsError::Unknown(place) => format!("words_unknown {place}"),
                WordsError::Checksum => "words_other".to_owned(),
            })
        })?;
        let hints: Vec<SocketAddr> = hints.iter().filter_map(|hint| hint.parse().ok()).collect();
        let sealed = Self::wait_for(async {
            let network = self.network().await?;
            let fetched = network.fetch(&words.endpoint(), &words.knock(), &hints).await;
            fetched.map_err(|_| Fault::new(FaultCode::NotReachable))
        })?;
        let ticket = words.open(&sealed)?;
        Ok(FetchedTicket {
            ticket: ticket.to_text(),
        })
    }
}
