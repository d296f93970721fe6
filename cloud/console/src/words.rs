//! Every text of the console in one place, English for now: what a translator has to see, and nothing else.

use cloud_admin::role::Role;
use cloud_store::commands::CommandState;
use protocol::{
    Lang,
    command::{Action, SiteAction},
};

pub(crate) const PRODUCT: &str = "Ostona";
pub(crate) const SKIP: &str = "Skip to the content";
pub(crate) const HOME: &str = "Sites";
pub(crate) const EVENTS: &str = "Events";
pub(crate) const COMMANDS: &str = "Commands";
pub(crate) const SECURITY: &str = "Security";
pub(crate) const SIGN_OUT: &str = "Sign out";
pub(crate) const FOOT: &str = "Times are Asia/Tashkent. The doors at your sites do not wait for this page.";

/// The organisation's share of the disk is used up.
pub(crate) fn storage_full(used: u64, quota: u64) -> String {
    format!(
        "The storage of this organisation is full: {used} of {quota} MiB. Its edges keep their events and try again; \
         nothing new is shown here until there is room. Ask whoever runs the cloud for a larger share, or for older events to be deleted."
    )
}
/// It soon will be.
pub(crate) fn storage_nearly_full(used: u64, quota: u64) -> String {
    format!(
        "The storage of this organisation is nearly full: {used} of {quota} MiB. Ask whoever runs the cloud for a larger share."
    )
}

pub(crate) const NOWHERE_TITLE: &str = "There is no such page";
pub(crate) const NOWHERE: &str = "The address is wrong, or what it showed is gone. Your sites are on the first page.";
pub(crate) const REFUSED_TITLE: &str = "That was refused";
pub(crate) const BACK_HOME: &str = "Back to your sites";

pub(crate) const SIGN_IN: &str = "Sign in";
pub(crate) const SIGN_IN_LEAD: &str = "The console of your sites, doors and devices.";
pub(crate) const FIRST_SIGN_IN: &str =
    "First time here? Sign in as admin with the one-time password that the relay printed when it started.";
pub(crate) const LOGIN: &str = "Login";
pub(crate) const PASSWORD: &str = "Password";
pub(crate) const CODE: &str = "Six-digit code";
pub(crate) const CODE_HINT: &str = "From your authenticator app.";
pub(crate) const CODE_NEEDED: &str = "Type your password again, together with the code of your authenticator app.";

pub(crate) const CHOOSE_PASSWORD: &str = "Choose your own password";
pub(crate) const CHOOSE_PASSWORD_LEAD: &str = "The one you signed in with was made by somebody else and ends here.";
pub(crate) const CHANGE_PASSWORD: &str = "Change the password";
pub(crate) const CURRENT_PASSWORD: &str = "Password you signed in with";
pub(crate) const NEW_PASSWORD: &str = "New password";
pub(crate) const NEW_PASSWORD_HINT: &str = "12 characters or more. Three words in a row are easier than signs.";
pub(crate) const SAVE: &str = "Save";
pub(crate) const PASSWORD_SAVED: &str = "The password is changed. Every other session of yours has ended.";

pub(crate) const MFA: &str = "Second factor";
pub(crate) const MFA_OFF: &str = "Off";
pub(crate) const MFA_ON: &str = "On";
pub(crate) const MFA_WHY: &str =
    "Doors open from here. With a six-digit code of your phone, a stolen password alone opens none.";
pub(crate) const MFA_BEGIN: &str = "Set up a six-digit code";
pub(crate) const MFA_STEP_SECRET: &str = "Add this key to your authenticator app (type: time based):";
pub(crate) const MFA_STEP_CODE: &str = "Type the code the app shows now.";
pub(crate) const MFA_CONFIRM: &str = "Confirm";
pub(crate) const MFA_ASKED: &str = "You are asked for a code at each sign-in.";

pub(crate) const HOME_LEAD: &str = "Every edge, whether it can be reached, and what hangs on it.";
pub(crate) const ORG: &str = "Organisation";
pub(crate) const CHOOSE: &str = "Show";
pub(crate) const NAME: &str = "Name";
pub(crate) const NO_ORG_TITLE: &str = "Begin with your organisation";
pub(crate) const NO_ORG: &str =
    "Sites, devices and people belong to an organisation. Nobody else sees what is in it. What is yours called?";
pub(crate) const MAKE_ORG: &str = "Make the organisation";
pub(crate) const NO_SITE_TITLE: &str = "Now your first site";
pub(crate) const NO_SITE: &str = "A site is one front of house: a branch, a lobby, a gate. What do you call it?";
pub(crate) const MAKE_SITE: &str = "Make the site";
pub(crate) const ANOTHER_SITE: &str = "Another site";
pub(crate) const NO_EDGE_TITLE: &str = "No edge here yet";
pub(crate) const NO_EDGE: &str =
    "An edge is the box that runs this site. Make a code, type it in at the box, and it appears here by itself.";
pub(crate) const EDGE_NAME: &str = "What is the edge called?";
pub(crate) const EDGE_NAME_EXAMPLE: &str = "Front desk";
pub(crate) const MAKE_CODE: &str = "Make an enrolment code";
pub(crate) const ANOTHER_EDGE: &str = "Enrol another edge";
pub(crate) const CODE_TITLE: &str = "Enrolment code";
pub(crate) const CODE_LEAD: &str = "It is shown once and good for one edge.";
pub(crate) const CODE_STEP_BOX: &str = "In the settings of the box, /etc/ostona/edge.toml, name this cloud:";
pub(crate) const CODE_STEP_COMMAND: &str = "Then, on its command line, enrol it and start it again:";
pub(crate) const CODE_STEP_WAIT: &str = "Come back here: the edge appears within seconds of enrolling.";
pub(crate) const CODE_UNTIL: &str = "Good until";

pub(crate) const EDGE: &str = "Edge";
pub(crate) const STATE: &str = "State";
pub(crate) const LAST_HEARD: &str = "Last heard";
pub(crate) const WAITING: &str = "Events waiting";
pub(crate) const DEVICES: &str = "Devices";
pub(crate) const DEVICE: &str = "Device";
pub(crate) const VERSION: &str = "Version";
pub(crate) const ONLINE: &str = "Online";
pub(crate) const OFFLINE: &str = "Offline";
pub(crate) const NEVER: &str = "Not joined yet";
pub(crate) const QUARANTINED: &str = "Quarantined";
pub(crate) const REVOKED: &str = "Revoked";
pub(crate) const RELEASED: &str = "Released";
pub(crate) const RELEASED_WHY: &str =
    "Somebody has looked. The next card that joins goes on; it asks by itself every few minutes.";
pub(crate) const UNKNOWN: &str = "–";

pub(crate) const QUARANTINE_WHY: &str =
    "The same identity was used twice: a copied card. Neither copy works until somebody has looked.";
pub(crate) const RELEASE: &str = "Release from quarantine";
pub(crate) const RELEASE_ASK: &str =
    "Whichever card joins next goes on; the other one is quarantined again. Is the right one at the site?";
pub(crate) const RELEASE_DO: &str = "Yes, release it";
pub(crate) const RELEASE_ALL: &str = "Release all of them";
pub(crate) const RELEASE_ALL_ASK: &str = "For a cloud that was restored from a copy. Each edge's next join is taken once; a second card with the same identity is quarantined again.";
pub(crate) const RELEASE_ALL_DO: &str = "Yes, release all";
pub(crate) const REVOKE: &str = "Revoke this edge";
pub(crate) const REVOKE_ASK: &str = "Its connection closes and its key never works again. The site keeps running, but nothing from it arrives any more.";
pub(crate) const REVOKE_DO: &str = "Yes, revoke it for good";
pub(crate) const PEOPLE: &str = "People";
pub(crate) const PEOPLE_LEAD: &str = "Who may sign in, and as what. Every change signs the person out everywhere.";
pub(crate) const PEOPLE_OF_PLATFORM: &str = "Those who run the platform";
pub(crate) const ROLE: &str = "Role";
/// What somebody is.
pub(crate) const fn role(role: Role) -> &'static str {
    match role {
        Role::PlatformAdmin => "Platform administrator",
        Role::OrgAdmin => "Administrator",
        Role::Security => "Security",
        Role::Hr => "Personnel",
        Role::Lead => "Department lead",
        Role::SiteAdmin => "Site administrator",
        Role::Operator => "Operator",
        Role::Guard => "Guard",
        Role::Host => "Host",
        Role::Developer => "Developer",
        Role::Viewer => "Viewer",
        Role::Installer => "Installer",
    }
}
pub(crate) const ROLE_UNKNOWN: &str = "Choose one of the roles.";
pub(crate) const CHANGE_ROLE: &str = "Change role";
pub(crate) const LAST_SIGN_IN: &str = "Last sign-in";
pub(crate) const CHANGE: &str = "Change";
pub(crate) const CHANGES: &str = "Changes";
pub(crate) const NEW_LOGIN: &str = "Login of somebody new";
pub(crate) const ADD_PERSON: &str = "Add and make a one-time password";
pub(crate) const ACCOUNT_DISABLED: &str = "Disabled";
pub(crate) const ACCOUNT_EXPIRED: &str = "One-time password expired";
pub(crate) const ACCOUNT_ONE_TIME: &str = "Has a one-time password";
pub(crate) const ACCOUNT_NO_MFA: &str = "Password only";
pub(crate) const ACCOUNT_GOOD: &str = "Password and code";
pub(crate) const RESET_PASSWORD: &str = "Reset the password";
pub(crate) const RESET_PASSWORD_ASK: &str = "The password in force stops working; a one-time password is shown once.";
pub(crate) const RESET_MFA: &str = "Take the six-digit code away";
pub(crate) const RESET_MFA_ASK: &str = "For a lost phone: the password alone is enough until another one is set up.";
pub(crate) const END_SESSIONS: &str = "Sign out everywhere";
pub(crate) const END_SESSIONS_ASK: &str = "Browsers and programs have to sign in again.";
pub(crate) const DISABLE: &str = "Disable";
pub(crate) const DISABLE_ASK: &str = "The person cannot sign in until somebody enables the account again.";
pub(crate) const ENABLE: &str = "Enable";
pub(crate) const ENABLE_ASK: &str = "The person can sign in again, with the password they had.";
pub(crate) const DELETE: &str = "Delete";
pub(crate) const DELETE_ASK: &str = "The account is gone for good; what it did stays in the audit.";
pub(crate) const ONE_TIME_TITLE: &str = "One-time password";
pub(crate) const ONE_TIME_LEAD: &str = "Shown once. It is good for choosing another password, and for nothing else.";
pub(crate) const BACK_PEOPLE: &str = "Back to the people";
pub(crate) const GAPS: &str = "Events that never arrived";
pub(crate) const NO_GAPS: &str = "None. Every event of this edge is here.";
pub(crate) const GAP_UNEXPLAINED: &str = "not explained yet";
pub(crate) const NO_DEVICES_TITLE: &str = "No devices yet";
pub(crate) const NO_DEVICES: &str =
    "Register one with POST /api/v1/devices, or let the edge find it: what it discovers is listed here.";

pub(crate) const DOORS: &str = "Door";
pub(crate) const OPEN_DOOR: &str = "Open door";
pub(crate) const OPEN_DO: &str = "Yes, open it now";
pub(crate) const OPEN_FAILED: &str = "The request did not get through. Nothing was sent; try again.";
pub(crate) const NOT_ALLOWED_TO_OPEN: &str = "Your role does not include opening doors.";
pub(crate) const ABOUT_DEVICE: &str = "What the edge says";
pub(crate) const EDGE_SILENT: &str = "The edge cannot be reached now: this is its last word.";
pub(crate) const LIVE_EVENTS: &str = "Live events";
pub(crate) const LIVE_ON: &str = "Live";
pub(crate) const LIVE_OFF: &str = "Connecting…";
pub(crate) const NO_EVENTS_TITLE: &str = "Nothing has happened yet";
pub(crate) const NO_EVENTS: &str = "As soon as a device reports something, it appears here without reloading.";
pub(crate) const OLDER: &str = "Older";
pub(crate) const TIME: &str = "Time";
pub(crate) const WHAT: &str = "What";
pub(crate) const DETAILS: &str = "Details";
pub(crate) const FILTER: &str = "Filter";
pub(crate) const TYPE_HINT: &str = "Type, e.g. access. for all that begin with it";
pub(crate) const EVENTS_LEAD: &str = "What devices and people did, newest first.";
pub(crate) const COMMANDS_LEAD: &str = "What was asked of devices, and how each ended.";
pub(crate) const NO_COMMANDS_TITLE: &str = "Nothing was asked yet";
pub(crate) const NO_COMMANDS: &str =
    "Open a device's page and press its button: the command and its outcome appear here.";
pub(crate) const ASKED_BY: &str = "Asked by";
pub(crate) const TOOK: &str = "Took";

pub(crate) fn quarantined_figure(count: usize) -> String {
    match count {
        1 => "1 edge is in quarantine: its identity was used twice.".to_owned(),
        more => format!("{more} edges are in quarantine: their identities were used twice."),
    }
}
pub(crate) fn devices_figure(good: u32, bad: u32) -> String {
    format!("{good} fine, {bad} not")
}
pub(crate) fn ago(length: &str) -> String {
    format!("{length} ago")
}
pub(crate) fn open_question(device: &str, edge: &str, seconds: u64) -> String {
    format!("Open door 1 of {device} at {edge}? If the edge does not have it within {seconds} s, nothing opens.")
}
pub(crate) fn opened_on_behalf(door: u16) -> String {
    format!("Door {door}")
}

/// A command's state in a word.
pub(crate) fn command_state(state: CommandState) -> &'static str {
    match state {
        CommandState::Queued => "Waiting",
        CommandState::Sent => "Sent",
        CommandState::Accepted => "Taken on",
        CommandState::Running => "Running",
        CommandState::Ok => "Done",
        CommandState::Failed => "Failed",
        CommandState::Expired => "Expired",
        CommandState::Rejected => "Refused",
    }
}

/// A command's state in a sentence.
pub(crate) fn of_command(state: CommandState) -> &'static str {
    match state {
        CommandState::Queued => "Waits for the edge.",
        CommandState::Sent => "On its way to the edge.",
        CommandState::Accepted => "The edge has it on disk.",
        CommandState::Running => "The edge is talking to the device.",
        CommandState::Ok => "Carried out, and the device said so.",
        CommandState::Failed => "Tried, but it failed or was not answered. It is not tried again.",
        CommandState::Expired => "Too late, so it was not carried out.",
        CommandState::Rejected => "Refused, so it was not carried out.",
    }
}

pub(crate) const QUEUE: &str = "Queue";
pub(crate) const QUEUE_LEAD: &str = "How long people waited and were served, how many gave up, when and where.";
pub(crate) const BRANCH: &str = "Branch";
pub(crate) const ALL_BRANCHES: &str = "All branches";
pub(crate) const STRETCH: &str = "Days";
pub(crate) const TODAY: &str = "Today";
pub(crate) const SEVEN_DAYS: &str = "7 days";
pub(crate) const THIRTY_DAYS: &str = "30 days";
pub(crate) const SHOW: &str = "Show";
pub(crate) const NO_QUEUE_TITLE: &str = "No tickets yet";
pub(crate) const NO_QUEUE: &str =
    "Describe a branch's services and windows on the page of its edge; the first ticket shows up here.";
pub(crate) const CUT: &str = "What each line is about";
pub(crate) const BY_HOUR: &str = "By hour";
pub(crate) const BY_SERVICE: &str = "By service";
pub(crate) const BY_OPERATOR: &str = "By operator";
pub(crate) const BY_WINDOW: &str = "By window";
pub(crate) const BY_SOURCE: &str = "By source";
pub(crate) const AS_CSV: &str = "As a CSV file";
pub(crate) const CHART: &str = "Tickets given out and people served in each hour; the figures are in the table by hour";
pub(crate) const TICKETS: &str = "Tickets";
pub(crate) const SERVED: &str = "Served";
pub(crate) const ABANDONED: &str = "Gave up";
pub(crate) const WAIT_P50: &str = "Wait, half under";
pub(crate) const WAIT_P90: &str = "Wait, 9 of 10 under";
pub(crate) const SERVE_P50: &str = "Service, half under";
pub(crate) const SERVE_P90: &str = "Service, 9 of 10 under";
pub(crate) const SCORE: &str = "Score, 1 to 5";
pub(crate) const BUSY: &str = "Windows busy";

pub(crate) const BRANCH_QUEUE: &str = "Queue of this branch";
pub(crate) const BRANCH_QUEUE_LEAD: &str =
    "Services, windows, people, hours and words. While it is published here, the box's own pages only show it.";
pub(crate) const BRANCH_BODY: &str = "Description (JSON)";
pub(crate) const BRANCH_BODY_HINT: &str =
    "What does not hold together is not published: the reason names the place. Operators' PINs are argon2id hashes.";
pub(crate) const PUBLISH: &str = "Publish";
pub(crate) const PUBLISHED: &str = "Published";
pub(crate) const DEPLOYED: &str = "Deployed";
pub(crate) const NOT_PUBLISHED: &str = "Nothing is published yet: what the box was told on the spot is in force.";

pub(crate) const BOOKINGS: &str = "Bookings";
pub(crate) const BOOKINGS_LEAD: &str = "Agreed times of today and the seven days to come. The box keeps them, and lets their holders in without the internet.";
pub(crate) const BOOK: &str = "Agree a time";
pub(crate) const SERVICE: &str = "Service";
pub(crate) const BOOKING_TIME_HINT: &str = "By the clock on the wall in Tashkent.";
pub(crate) const BOOKING_CODE: &str = "The time is agreed. Tell its holder these digits, they are shown only once:";
pub(crate) const WITHDRAW: &str = "Withdraw";
pub(crate) const WITHDRAW_ASK: &str = "Its six digits let nobody in any more. They cannot be given again.";
pub(crate) const WITHDRAW_DO: &str = "Withdraw this time";
pub(crate) const NO_BOOKINGS_TITLE: &str = "No agreed times";
pub(crate) const NO_BOOKINGS: &str = "Whoever has one types six digits at the kiosk and is called at their time.";

pub(crate) const ASK_SITE: &str = "Ask this site";
pub(crate) const MESSAGE: &str = "Show a text on every display";
pub(crate) const MESSAGE_ASK: &str = "It stands on every display of this site until its time is over; a new one replaces it. Type it in one language at least.";
pub(crate) const MESSAGE_TYPED: &str = "The text is given in one language at least, with 1 to 200 characters.";
pub(crate) const MESSAGE_DO: &str = "Show it now";
pub(crate) const SHOWN_FOR: &str = "Shown for";
pub(crate) const SHOWN_WHERE: &str = "Where it stands";
pub(crate) const SHOWN_AT_FOOT: &str = "At the foot, below the calls";
pub(crate) const SHOWN_OVER_ALL: &str = "Over everything: an emergency";
pub(crate) const FROM_NOW_ON: &str = "From now on, until midnight";
pub(crate) const SERVICE_CLOSED: &str = "Closed";
pub(crate) const SERVICE_OPEN: &str = "Open";
pub(crate) const SERVICE_BY_HOURS: &str = "By its hours";
pub(crate) const SERVICE_SET: &str = "Set the service";
pub(crate) const LANGUAGE: &str = "Language";
pub(crate) const TICKET_ISSUE: &str = "Give out a ticket";
pub(crate) const SEND_NOW: &str = "Send what waits now";
pub(crate) const WRITE_EXPORT: &str = "Write an export file on the box";

/// What a language is called.
pub(crate) const fn language(lang: Lang) -> &'static str {
    match lang {
        Lang::UzLatn => "Uzbek (Latin)",
        Lang::UzCyrl => "Uzbek (Cyrillic)",
        Lang::Ru => "Russian",
        Lang::En => "English",
    }
}

/// Which language a text is in.
pub(crate) fn text_in(lang: Lang) -> String {
    format!("In {}", language(lang))
}

/// What a site was asked.
pub(crate) fn site_action(action: &Action) -> &'static str {
    if let Action::Site(action) = action {
        match action {
            SiteAction::DisplayMessage { .. } => MESSAGE,
            SiteAction::QueueServiceSet { .. } => SERVICE_SET,
            SiteAction::QueueIssue { .. } => TICKET_ISSUE,
            SiteAction::QueueCancel { .. } => "A ticket was given up",
            SiteAction::QueueDelay { .. } => "A ticket was moved back",
            SiteAction::QueueFeedback { .. } => "A visit was judged",
        }
    } else if *action == (Action::JournalExport {}) {
        WRITE_EXPORT
    } else {
        SEND_NOW
    }
}
