//! A full journal: who still gets in, and who is still served.

use super::{
    branch_box::{BranchBox, PASSWORD},
    open_branch::OpenBranch,
};
use edge_kernel::{Port, Refusal};
use protocol::{Actor, Fact, fact::Audit};

/// Records until nothing more is taken.
async fn fill(port: &Port) {
    let audit = Audit {
        action: "test.filled".into(),
        entity: None,
        detail: Some("x".repeat(4 << 10)),
    };
    loop {
        let actor = Actor::Account { id: "admin".into() };
        match port.record(actor, vec![Fact::Audited(audit.clone()).into()]).await {
            Ok(()) => {}
            Err(Refusal::Full { .. }) => return,
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn whoever_waits_is_served_and_nobody_new_is_taken() {
    let branch = OpenBranch::open().await;
    let desk = branch.desk("w1", 1).await;
    branch.ticket("cash", "one").await;
    branch.ticket("cash", "two").await;
    assert!(branch.act(&desk, "act=call_next").await.starts_with('✔'));
    fill(&branch.port).await;
    for act in ["arrived", "finish", "call_next", "arrived", "finish", "sign_out"] {
        let told = branch.act(&desk, &format!("act={act}")).await;
        assert!(told.starts_with('✔'), "{act}: {told}");
    }
    let desk = branch.desk("w2", 2).await;
    let told = branch.act(&desk, "act=walk_in&service=cash").await;
    assert!(told.starts_with('✖'), "{told}");
}

#[tokio::test]
async fn the_administrator_gets_in() {
    let branch_box = BranchBox::new().await;
    branch_box.claimed().await;
    fill(&branch_box.port).await;
    let mut admin = branch_box.browser();
    let answer = admin.send("/admin/sign-in", &[("password", PASSWORD)]).await;
    assert_eq!(answer.header("location"), "/admin", "{}", answer.body);
}
