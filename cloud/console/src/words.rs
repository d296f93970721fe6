//! Every text of the console in one place, English for now: what a translator has to see, and nothing else.

use cloud_store::commands::CommandState;

pub(super) const PRODUCT: &str = "Ostona";
pub(super) const SKIP: &str = "Skip to the content";
pub(super) const HOME: &str = "Sites";
pub(super) const EVENTS: &str = "Events";
pub(super) const COMMANDS: &str = "Commands";
pub(super) const SECURITY: &str = "Security";
pub(super) const SIGN_OUT: &str = "Sign out";
pub(super) const FOOT: &str = "Times are Asia/Tashkent. The doors at your sites do not wait for this page.";

pub(super) const NOWHERE_TITLE: &str = "There is no such page";
pub(super) const NOWHERE: &str = "The address is wrong, or what it showed is gone. Your sites are on the first page.";
pub(super) const REFUSED_TITLE: &str = "That was refused";
pub(super) const BACK_HOME: &str = "Back to your sites";

pub(super) const SIGN_IN: &str = "Sign in";
pub(super) const SIGN_IN_LEAD: &str = "The console of your sites, doors and devices.";
pub(super) const FIRST_SIGN_IN: &str =
    "First time here? Sign in as admin with the one-time password that the relay printed when it started.";
pub(super) const LOGIN: &str = "Login";
pub(super) const PASSWORD: &str = "Password";
pub(super) const CODE: &str = "Six-digit code";
pub(super) const CODE_HINT: &str = "From your authenticator app.";
pub(super) const CODE_NEEDED: &str = "Type your password again, together with the code of your authenticator app.";

pub(super) const CHOOSE_PASSWORD: &str = "Choose your own password";
pub(super) const CHOOSE_PASSWORD_LEAD: &str = "The one you signed in with was made by somebody else and ends here.";
pub(super) const CHANGE_PASSWORD: &str = "Change the password";
pub(super) const CURRENT_PASSWORD: &str = "Password you signed in with";
pub(super) const NEW_PASSWORD: &str = "New password";
pub(super) const NEW_PASSWORD_HINT: &str = "12 characters or more. Three words in a row are easier than signs.";
pub(super) const SAVE: &str = "Save";
pub(super) const PASSWORD_SAVED: &str = "The password is changed. Every other session of yours has ended.";

pub(super) const MFA: &str = "Second factor";
pub(super) const MFA_OFF: &str = "Off";
pub(super) const MFA_ON: &str = "On";
pub(super) const MFA_WHY: &str =
    "Doors open from here. With a six-digit code of your phone, a stolen password alone opens none.";
pub(super) const MFA_BEGIN: &str = "Set up a six-digit code";
pub(super) const MFA_STEP_SECRET: &str = "Add this key to your authenticator app (type: time based):";
pub(super) const MFA_STEP_CODE: &str = "Type the code the app shows now.";
pub(super) const MFA_CONFIRM: &str = "Confirm";
pub(super) const MFA_ASKED: &str = "You are asked for a code at each sign-in.";

pub(super) const HOME_LEAD: &str = "Every edge, whether it can be reached, and what hangs on it.";
pub(super) const ORG: &str = "Organisation";
pub(super) const CHOOSE: &str = "Show";
pub(super) const NAME: &str = "Name";
pub(super) const NO_ORG_TITLE: &str = "Begin with your organisation";
pub(super) const NO_ORG: &str =
    "Sites, devices and people belong to an organisation. Nobody else sees what is in it. What is yours called?";
pub(super) const MAKE_ORG: &str = "Make the organisation";
pub(super) const NO_SITE_TITLE: &str = "Now your first site";
pub(super) const NO_SITE: &str = "A site is one front of house: a branch, a lobby, a gate. What do you call it?";
pub(super) const MAKE_SITE: &str = "Make the site";
pub(super) const ANOTHER_SITE: &str = "Another site";
pub(super) const NO_EDGE_TITLE: &str = "No edge here yet";
pub(super) const NO_EDGE: &str =
    "An edge is the box that runs this site. Make a code, type it in at the box, and it appears here by itself.";
pub(super) const EDGE_NAME: &str = "What is the edge called?";
pub(super) const EDGE_NAME_EXAMPLE: &str = "Front desk";
pub(super) const MAKE_CODE: &str = "Make an enrolment code";
pub(super) const ANOTHER_EDGE: &str = "Enrol another edge";
pub(super) const CODE_TITLE: &str = "Enrolment code";
pub(super) const CODE_LEAD: &str = "It is shown once and good for one edge.";
pub(super) const CODE_STEP_BOX: &str = "In the settings of the box, /etc/ostona/edge.toml, name this cloud:";
pub(super) const CODE_STEP_COMMAND: &str = "Then, on its command line, enrol it and start it again:";
pub(super) const CODE_STEP_WAIT: &str = "Come back here: the edge appears within seconds of enrolling.";
pub(super) const CODE_UNTIL: &str = "Good until";

pub(super) const EDGE: &str = "Edge";
pub(super) const STATE: &str = "State";
pub(super) const LAST_HEARD: &str = "Last heard";
pub(super) const WAITING: &str = "Events waiting";
pub(super) const DEVICES: &str = "Devices";
pub(super) const DEVICE: &str = "Device";
pub(super) const VERSION: &str = "Version";
pub(super) const ONLINE: &str = "Online";
pub(super) const OFFLINE: &str = "Offline";
pub(super) const NEVER: &str = "Not joined yet";
pub(super) const QUARANTINED: &str = "Quarantined";
pub(super) const REVOKED: &str = "Revoked";
pub(super) const UNKNOWN: &str = "–";

pub(super) const QUARANTINE_WHY: &str =
    "The same identity was used twice: a copied card. Neither copy works until somebody has looked.";
pub(super) const RELEASE: &str = "Release from quarantine";
pub(super) const RELEASE_ASK: &str =
    "Whichever card joins next goes on; the other one is quarantined again. Is the right one at the site?";
pub(super) const RELEASE_DO: &str = "Yes, release it";
pub(super) const REVOKE: &str = "Revoke this edge";
pub(super) const REVOKE_ASK: &str = "Its connection closes and its key never works again. The site keeps running, but nothing from it arrives any more.";
pub(super) const REVOKE_DO: &str = "Yes, revoke it for good";
pub(super) const GAPS: &str = "Events that never arrived";
pub(super) const NO_GAPS: &str = "None. Every event of this edge is here.";
pub(super) const GAP_UNEXPLAINED: &str = "not explained yet";
pub(super) const NO_DEVICES_TITLE: &str = "No devices yet";
pub(super) const NO_DEVICES: &str =
    "Register one with POST /api/v1/devices, or let the edge find it: what it discovers is listed here.";

pub(super) const DOORS: &str = "Door";
pub(super) const OPEN_DOOR: &str = "Open door";
pub(super) const OPEN_DO: &str = "Yes, open it now";
pub(super) const OPEN_FAILED: &str = "The request did not get through. Nothing was sent; try again.";
pub(super) const NOT_ALLOWED_TO_OPEN: &str = "Your role does not include opening doors.";
pub(super) const ABOUT_DEVICE: &str = "What the edge says";
pub(super) const EDGE_SILENT: &str = "The edge cannot be reached now: this is its last word.";
pub(super) const LIVE_EVENTS: &str = "Live events";
pub(super) const LIVE_ON: &str = "Live";
pub(super) const LIVE_OFF: &str = "Connecting…";
pub(super) const NO_EVENTS_TITLE: &str = "Nothing has happened yet";
pub(super) const NO_EVENTS: &str = "As soon as a device reports something, it appears here without reloading.";
pub(super) const OLDER: &str = "Older";
pub(super) const TIME: &str = "Time";
pub(super) const WHAT: &str = "What";
pub(super) const DETAILS: &str = "Details";
pub(super) const FILTER: &str = "Filter";
pub(super) const TYPE_HINT: &str = "Type, e.g. access. for all that begin with it";
pub(super) const EVENTS_LEAD: &str = "What devices and people did, newest first.";
pub(super) const COMMANDS_LEAD: &str = "What was asked of devices, and how each ended.";
pub(super) const NO_COMMANDS_TITLE: &str = "Nothing was asked yet";
pub(super) const NO_COMMANDS: &str =
    "Open a device's page and press its button: the command and its outcome appear here.";
pub(super) const ASKED_BY: &str = "Asked by";
pub(super) const TOOK: &str = "Took";

pub(super) fn devices_figure(good: u32, bad: u32) -> String {
    format!("{good} fine, {bad} not")
}
pub(super) fn ago(length: &str) -> String {
    format!("{length} ago")
}
pub(super) fn open_question(device: &str, edge: &str, seconds: u64) -> String {
    format!("Open door 1 of {device} at {edge}? If the edge does not have it within {seconds} s, nothing opens.")
}
pub(super) fn opened_on_behalf(door: u16) -> String {
    format!("Door {door}")
}

/// A command's state in a word.
pub(super) fn command_state(state: CommandState) -> &'static str {
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
pub(super) fn of_command(state: CommandState) -> &'static str {
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

pub(super) const QUEUE: &str = "Queue";
pub(super) const QUEUE_LEAD: &str = "How long people waited and were served, how many gave up, when and where.";
pub(super) const BRANCH: &str = "Branch";
pub(super) const ALL_BRANCHES: &str = "All branches";
pub(super) const STRETCH: &str = "Days";
pub(super) const TODAY: &str = "Today";
pub(super) const SEVEN_DAYS: &str = "7 days";
pub(super) const THIRTY_DAYS: &str = "30 days";
pub(super) const SHOW: &str = "Show";
pub(super) const NO_QUEUE_TITLE: &str = "No tickets yet";
pub(super) const NO_QUEUE: &str =
    "Describe a branch's services and windows on the page of its edge; the first ticket shows up here.";
pub(super) const CUT: &str = "What each line is about";
pub(super) const BY_HOUR: &str = "By hour";
pub(super) const BY_SERVICE: &str = "By service";
pub(super) const BY_OPERATOR: &str = "By operator";
pub(super) const BY_WINDOW: &str = "By window";
pub(super) const BY_SOURCE: &str = "By source";
pub(super) const AS_CSV: &str = "As a CSV file";
pub(super) const CHART: &str = "Tickets given out and people served in each hour; the figures are in the table by hour";
pub(super) const TICKETS: &str = "Tickets";
pub(super) const SERVED: &str = "Served";
pub(super) const ABANDONED: &str = "Gave up";
pub(super) const WAIT_P50: &str = "Wait, half under";
pub(super) const WAIT_P90: &str = "Wait, 9 of 10 under";
pub(super) const SERVE_P50: &str = "Service, half under";
pub(super) const SERVE_P90: &str = "Service, 9 of 10 under";
pub(super) const SCORE: &str = "Score, 1 to 5";
pub(super) const BUSY: &str = "Windows busy";

pub(super) const BRANCH_QUEUE: &str = "Queue of this branch";
pub(super) const BRANCH_QUEUE_LEAD: &str =
    "Services, windows, people, hours and words. While it is published here, the box's own pages only show it.";
pub(super) const BRANCH_BODY: &str = "Description (JSON)";
pub(super) const BRANCH_BODY_HINT: &str =
    "What does not hold together is not published: the reason names the place. Operators' PINs are argon2id hashes.";
pub(super) const PUBLISH: &str = "Publish";
pub(super) const PUBLISHED: &str = "Published";
pub(super) const DEPLOYED: &str = "Deployed";
pub(super) const NOT_PUBLISHED: &str = "Nothing is published yet: what the box was told on the spot is in force.";

pub(super) const BOOKINGS: &str = "Bookings";
pub(super) const BOOKINGS_LEAD: &str = "Agreed times of today and the seven days to come. The box keeps them, and lets their holders in without the internet.";
pub(super) const BOOK: &str = "Agree a time";
pub(super) const SERVICE: &str = "Service";
pub(super) const BOOKING_TIME_HINT: &str = "By the clock on the wall in Tashkent.";
pub(super) const BOOKING_CODE: &str = "The time is agreed. Tell its holder these digits, they are shown only once:";
pub(super) const NO_BOOKINGS_TITLE: &str = "No agreed times";
pub(super) const NO_BOOKINGS: &str = "Whoever has one types six digits at the kiosk and is called at their time.";
