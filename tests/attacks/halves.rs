//! What is said in two steps, of which somebody hears one.

use dossier_trust::item::Lane;
use dossier_trust::operation::{OpId, Operation, Right};

use crate::denied::let_in;
use crate::stage::{GOAL, KARINS_GOAL, Stage, see, until};
use crate::world::find;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_that_ended_and_begins_again_brings_back_what_was_let_go_of() {
    let stage = Stage::set().await;
    let karin = stage.arrive("karin").await;
    let phone = stage.forger("phone");
    let (plan, hers) = (stage.section("plan"), stage.certificate("karin"));
    let log = phone.open(plan, Lane::Log, OpId::OWNER);
    let end = Operation::Revoke {
        grant: phone.grant_of(plan, hers),
        keep: phone.tips_of(plan, hers.device),
    };
    let end = phone.operation(log, end);
    stage.visit(&phone, "karin").await;
    until(&[&karin], || match find(&karin.show(), "g-1") {
        Some(_) => Err("Karin lets go of the plan".into()),
        None => Ok(()),
    })
    .await;
    // The other half comes in another conversation.
    phone.operation(log, let_in(&hers.root, Right::Edit, 7));
    let readers = ["lisa", "phone", "karin", "jeroen", "ria", "tim"].map(|who| stage.certificate(who));
    phone.rotate(log, vec![end], &readers);
    stage.visit(&phone, "karin").await;
    see(&[&karin], "g-1", "title", GOAL).await;
    // What she wrote herself as well.
    see(&[&karin], "g-2", "title", KARINS_GOAL).await;
}
