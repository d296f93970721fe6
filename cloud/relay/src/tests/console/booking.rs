//! A time is agreed in the console: the digits are shown once, and never again. It is withdrawn there, too.

use super::{Browser, encoded};
use crate::tests::stage::{NOW, Stage, run};
use cloud_admin::role::Role;
use std::time::Duration;

#[test]
fn a_time_is_agreed_by_a_form_and_its_digits_are_shown_once() {
    run(async {
        let stage = Stage::start();
        let place = stage.org(1).await;
        let edge = stage.edge(place, 1).await;
        stage.account("admin", Role::OrgAdmin, place.0).await;
        let mut browser = Browser::new(&stage);
        browser.sign_in("admin").await;
        let (branch, path) = (format!("/edges/{edge}/queue"), format!("/edges/{edge}/bookings"));
        let before = browser.get(&path).await.expect(200).text;
        assert!(
            before.contains("Nothing is published yet") && before.contains("No agreed times"),
            "{before}"
        );
        let example = include_str!("../../../../console/assets/branch.json");
        browser
            .post(&branch, &format!("version=&body={}", encoded(example)))
            .await
            .expect(303);

        // In an hour, by the wall's clock in Tashkent, as the browser's field gives it.
        let local = NOW.plus(Duration::from_secs(6 * 3600)).to_string();
        let form = format!("service=cash-desk&at={}", encoded(&local[..16]));
        let made = browser.post(&path, &form).await.expect(200).text;
        let digits = made
            .split("only once:")
            .nth(1)
            .and_then(|rest| rest.trim().get(..6))
            .expect("digits");
        assert!(digits.bytes().all(|byte| byte.is_ascii_digit()), "{made}");
        let after = browser.get(&path).await.expect(200).text;
        assert!(after.contains("cash-desk") && !after.contains(digits), "{after}");
        let withdraw = after
            .split("action=\"")
            .filter_map(|rest| rest.split('"').next())
            .find(|action| action.ends_with("/withdraw"))
            .expect("a form that withdraws it");
        browser.post(withdraw, "").await.expect(303);
        let gone = browser.get(&path).await.expect(200).text;
        assert!(gone.contains("No agreed times"), "{gone}");
        browser.post(withdraw, "").await.expect(404);
        let late = browser
            .post(&path, "service=cash-desk&at=2020-01-01T09%3A00")
            .await
            .expect(422)
            .text;
        assert!(late.contains("within the next seven days"), "{late}");
    });
}
