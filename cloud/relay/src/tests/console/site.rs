//! A site asked from its edge's page: each form counts once, what does not fit is refused, and the answers are shown.

use super::{Browser, encoded, leads_to};
use crate::tests::stage::{Stage, run};
use cloud_admin::role::Role;

#[test]
fn a_site_is_asked_from_its_edges_page_and_its_answers_are_shown() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        stage.account("admin", Role::OrgAdmin, place.0).await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("admin").await;
        let path = format!("/edges/{edge}");
        let page = browser.get(&path).await.expect(200).text;
        assert!(page.contains("Ask this site"), "{page}");
        assert!(!page.contains("Give out a ticket"), "no branch, no services: {page}");
        let example = include_str!("../../../../console/assets/branch.json");
        let branch = format!("version=&body={}", encoded(example));
        leads_to(
            &browser.post(&format!("{path}/queue"), &branch).await,
            &format!("{path}/queue"),
        );

        let page = browser.get(&path).await.expect(200).text;
        assert!(
            page.contains("Give out a ticket") && page.contains("value=\"cash-desk\""),
            "{page}"
        );
        let asked = format!("{path}/ask");
        for (number, (form, name)) in [
            ("do=service&service=cash-desk&open=closed", "queue.service.set"),
            ("do=ticket&service=cash-desk&lang=ru", "queue.issue"),
            ("do=message&urgency=notice&en=Leave&seconds=300", "display.message"),
            ("do=flush", "journal.flush"),
            ("do=export", "journal.export"),
        ]
        .iter()
        .enumerate()
        {
            // Sent twice, it counts once.
            for _ in 0..2 {
                let reply = browser.post(&asked, &format!("once=k{number}&{form}")).await;
                leads_to(&reply, &format!("{path}#site"));
            }
            let listed = browser.get("/commands").await.expect(200).text;
            assert_eq!(listed.matches(name).count(), 1, "{name}: {listed}");
        }
        for form in [
            "do=message&urgency=notice&seconds=300",
            "do=service&service=cash-desk&open=ajar",
            "do=dance",
        ] {
            let reply = browser.post(&asked, &format!("once=k9&{form}")).await;
            assert!(reply.status.is_client_error(), "{form}: {}", reply.status);
        }
        let page = browser.get(&path).await.expect(200).text;
        assert_eq!(page.matches("Waits for the edge.").count(), 4, "{page}");
    });
}
