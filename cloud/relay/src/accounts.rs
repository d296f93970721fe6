//! `ostona-cloud account`: people's accounts on the machine itself, for whoever is locked out of the console.
//!
//! Only while the cloud is stopped: the state directory has one owner.

use anyhow::{Context as _, bail};
use cloud_admin::{
    clock::CloudClock,
    offline::{self, OfflineChange},
};
use cloud_relay::settings::Settings;
use cloud_store::{Db, accounts::LoginName};

/// Says who there is.
pub(super) async fn list(settings: &Settings) -> anyhow::Result<()> {
    let store = open(settings)?;
    for account in offline::list(&store).await? {
        let org = account.org.map_or_else(|| "platform".to_owned(), |org| org.to_string());
        let state = account.disabled.map_or("", |_| " disabled");
        crate::say(&format!("{} {} {org}{state}", account.login, account.role.0))?;
    }
    store.close();
    Ok(())
}

/// Changes one, and says the one-time password where there is a new one.
pub(super) async fn change(settings: &Settings, change: &str, login: &str) -> anyhow::Result<()> {
    let change: OfflineChange = change.parse().with_context(|| format!("{change:?}"))?;
    let login: LoginName = login.parse().with_context(|| format!("{login:?}"))?;
    let store = open(settings)?;
    let lifetime = settings.accounts.one_time_passwords();
    let made = offline::apply(&store, &CloudClock::of_machine(), login.clone(), change, lifetime).await?;
    match made {
        Some(password) => crate::say(&format!("one-time password for {login}: {}", password.expose()))?,
        None => crate::say(&format!("{login}: done"))?,
    }
    store.close();
    Ok(())
}

fn open(settings: &Settings) -> anyhow::Result<Db> {
    let dir = settings.dir.display();
    if !settings.dir.join("platform.db").is_file() {
        bail!("there is no cloud's state in {dir}");
    }
    Db::open(&settings.dir).with_context(|| format!("cannot open {dir}; stop the cloud first"))
}
