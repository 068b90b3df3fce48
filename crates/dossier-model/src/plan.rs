//! The plan: goals in order of priority, each with its actions.

use serde_json::Value;

use crate::moment;
use crate::view::{Dossier, ShownItem};

/// One action.
#[derive(Debug, Clone, PartialEq)]
pub struct Action<'d> {
    /// The item.
    pub item: &'d ShownItem,
    /// Goal it belongs to, as written.
    pub goal_id: Option<&'d str>,
    /// What will be done.
    pub text: &'d str,
    /// Person ids.
    pub who: Vec<&'d str>,
    /// Day, as written.
    pub due: Option<&'d str>,
    /// open, gepland, bezig, klaar, gestopt; `open` when not said.
    pub status: &'d str,
}

impl Action<'_> {
    /// Done or given up.
    #[must_use]
    pub fn closed(&self) -> bool {
        matches!(self.status, "klaar" | "gestopt")
    }
}

/// One goal.
#[derive(Debug, Clone, PartialEq)]
pub struct Goal<'d> {
    /// The item.
    pub item: &'d ShownItem,
    /// Title in own words.
    pub title: &'d str,
    /// Why it matters.
    pub why: Option<&'d str>,
    /// How one can see that it is reached.
    pub measure: Option<&'d str>,
    /// Life domain.
    pub domain: Option<&'d str>,
    /// nieuw, bezig, gehaald, gestopt; `nieuw` when not said.
    pub status: &'d str,
    /// 1 is first.
    pub priority: Option<u32>,
    /// Day, as written.
    pub target_date: Option<&'d str>,
    /// Its actions, in order of position.
    pub actions: Vec<Action<'d>>,
}

/// The whole plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview<'d> {
    /// The plan itself.
    pub plan: Option<&'d ShownItem>,
    /// Goals by priority, then position.
    pub goals: Vec<Goal<'d>>,
    /// Actions that belong to no goal that this reader sees.
    pub loose: Vec<Action<'d>>,
}

/// Reads the plan.
#[must_use]
pub fn overview(dossier: &Dossier) -> Overview<'_> {
    let mut goals: Vec<Goal<'_>> = dossier.of_kind("goals").map(goal).collect();
    goals.sort_by_key(|goal| goal.priority.unwrap_or(u32::MAX));
    let mut loose = Vec::new();
    for action in actions(dossier) {
        let home = goals.iter_mut().find(|goal| {
            action
                .goal_id
                .is_some_and(|id| goal.item.id == id || goal.item.text("id") == Some(id))
        });
        match home {
            Some(goal) => goal.actions.push(action),
            None => loose.push(action),
        }
    }
    Overview {
        plan: dossier.of_kind("plan").next(),
        goals,
        loose,
    }
}

/// All actions, in order of position.
#[must_use]
pub fn actions(dossier: &Dossier) -> Vec<Action<'_>> {
    dossier.of_kind("actions").map(action).collect()
}

/// The open actions of one person: the earliest due first, those without a date last.
#[must_use]
pub fn open_actions_of<'d>(dossier: &'d Dossier, person: &str) -> Vec<Action<'d>> {
    let mut mine: Vec<Action<'d>> = actions(dossier)
        .into_iter()
        .filter(|action| !action.closed() && action.who.contains(&person))
        .collect();
    mine.sort_by_key(|action| action.due.and_then(moment::day).unwrap_or(i64::MAX));
    mine
}

fn action(item: &ShownItem) -> Action<'_> {
    Action {
        item,
        goal_id: item.text("goal_id"),
        text: item.text("text").unwrap_or_default(),
        who: item.texts("who"),
        due: item.text("due"),
        status: item.text("status").unwrap_or("open"),
    }
}

fn goal(item: &ShownItem) -> Goal<'_> {
    let priority = item.fields.get("priority").and_then(Value::as_u64);
    Goal {
        item,
        title: item.text("title").unwrap_or_default(),
        why: item.text("why"),
        measure: item.text("measure"),
        domain: item.text("domain"),
        status: item.text("status").unwrap_or("nieuw"),
        priority: priority.and_then(|priority| u32::try_from(priority).ok()),
        target_date: item.text("target_date"),
        actions: Vec::new(),
    }
}
