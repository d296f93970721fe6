//! From the queue's view to the picture: what screens show of it. Nothing is rendered.

use super::branch_snapshot::{BranchSnapshot, CalledTicket, Opening, QueueRow, ServiceState, TicketView, WindowState};
use edge_kernel::AppView;
use edge_queue::{Desk, Moment, Queue, QueueSetup, ServiceStatus, State, Ticket, TicketPhase};
use protocol::{SpotId, fact::OperatorState, id::TicketId};
use std::collections::BTreeMap;

/// Calls a display may show.
const CALLS: usize = 16;
/// Tickets a desk sees in the order it would call them.
const UPCOMING: usize = 40;
/// Tickets in waiting lists at most.
const ROWS: usize = 400;

/// Everything screens show but what lies beside the queue. `watched`: tickets somebody looks at.
pub(super) fn view(view: &AppView<Queue>, now: Moment, watched: &[TicketId]) -> BranchSnapshot {
    let (queue, setup) = (&*view.state, &*view.setup);
    let worked = window_tallies(queue);
    let open = queue.open();
    let waits = open.iter().filter(|ticket| ticket.state.window().is_none());
    BranchSnapshot {
        moment: now,
        branch: setup.branch.clone(),
        called: queue
            .calls()
            .take(CALLS)
            .map(|call| called(queue, setup, call))
            .collect(),
        services: services(queue, setup, now),
        windows: queue
            .windows()
            .map(|(window, desk)| {
                (
                    window.clone(),
                    window_state(queue, setup, window, desk, worked.get(window).copied()),
                )
            })
            .collect(),
        rows: waits.take(ROWS).map(|ticket| (ticket.id, row(ticket, now))).collect(),
        watched_tickets: watched
            .iter()
            .filter_map(|id| Some((*id, ticket_view(queue, setup, queue.ticket(id)?))))
            .collect(),
        ..BranchSnapshot::default()
    }
}

/// One ticket as its holder sees it.
pub(crate) fn ticket_view(queue: &Queue, setup: &QueueSetup, ticket: &Ticket) -> TicketView {
    let window = ticket.state.window();
    let known = window.and_then(|window| setup.branch.as_ref()?.window(window));
    TicketView {
        ahead: queue.position(&ticket.id),
        wait: queue.estimate_of(setup, &ticket.id),
        window: known.map(|window| window.number),
        ticket: ticket.clone(),
    }
}

fn called(queue: &Queue, setup: &QueueSetup, call: &edge_queue::TicketCall) -> CalledTicket {
    let window = setup.branch.as_ref().and_then(|branch| branch.window(&call.window));
    CalledTicket {
        ticket: call.ticket,
        number: call.number,
        window: call.window_number,
        arrow: window.and_then(|window| window.arrow),
        phase: queue.ticket(&call.ticket).map_or(TicketPhase::Done, Ticket::phase),
        at: call.at,
    }
}

fn services(queue: &Queue, setup: &QueueSetup, now: Moment) -> Vec<ServiceState> {
    let services = setup.branch.iter().flat_map(|branch| &branch.draft().services);
    let standing = |service: &protocol::queue::Service| ServiceState {
        id: service.id.clone(),
        waiting: queue.waiting(&service.id),
        windows: queue.open_windows(setup, &service.id),
        wait: queue.estimate(setup, &service.id),
        open: match queue.status(setup, &service.id, now) {
            ServiceStatus::Open => Opening::Now,
            ServiceStatus::Closed { opens_at } => Opening::At(opens_at),
        },
    };
    services.map(standing).collect()
}

fn window_state(
    queue: &Queue,
    setup: &QueueSetup,
    window: &SpotId,
    desk: &Desk,
    worked: Option<WindowTally>,
) -> WindowState {
    let upcoming = queue.upcoming(setup, window, UPCOMING);
    let worked = worked.unwrap_or_default();
    WindowState {
        operator: desk.operator,
        pause: match desk.state {
            OperatorState::Ready => None,
            OperatorState::Break | OperatorState::Closed => Some(desk.reason.clone().unwrap_or_default()),
        },
        since: desk.since,
        ticket: queue.at_window(window).cloned(),
        holder: None,
        order: upcoming.into_iter().map(|ticket| ticket.id).collect(),
        served: worked.served,
        average_s: worked.serve_s.checked_div(worked.served.into()),
    }
}

fn row(ticket: &Ticket, now: Moment) -> QueueRow {
    QueueRow {
        ticket: ticket.id,
        number: ticket.number,
        service: ticket.service.clone(),
        source: ticket.source,
        phase: ticket.phase(),
        issued_at: ticket.issued_at,
        waited_ms: ticket.waited_ms(now.at),
        until: match ticket.state {
            State::Held { until } | State::NoShow { until } => Some(until),
            State::Waiting | State::Called { .. } | State::Serving { .. } | State::Ended { .. } => None,
        },
    }
}

/// What a window did today.
#[derive(Debug, Clone, Copy, Default)]
struct WindowTally {
    served: u32,
    serve_s: u64,
}

/// By window, from the visits of today.
fn window_tallies(queue: &Queue) -> BTreeMap<SpotId, WindowTally> {
    let mut worked = BTreeMap::<SpotId, WindowTally>::new();
    for period in queue.ended().flat_map(|ticket| &ticket.periods) {
        if period.state == TicketPhase::Serving
            && let (Some(window), Some(to)) = (&period.spot, period.to)
        {
            let window = worked.entry(window.clone()).or_default();
            window.served += 1;
            window.serve_s += to.since(period.from).as_secs();
        }
    }
    worked
}
