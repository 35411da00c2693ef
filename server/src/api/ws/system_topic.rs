//! The `system` topic: the machine's load while somebody looks.

use domain::protocol::ServerMessage;

use super::session::Outlet;
use crate::api::state::AppState;
use crate::monitor::host::INTERVAL;

pub(super) async fn serve(state: AppState, outlet: Outlet, sub: u32) {
    // The first figure of CPU use needs a beginning.
    state.host.measure();
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let load = state.host.measure();
        let Ok(gpus) = state.project.dispatcher.look_at_gpus().await else {
            return;
        };
        let message = ServerMessage::SystemLoad {
            sub,
            cpu_percent: load.cpu_percent,
            memory_used_bytes: load.memory_used_bytes,
            memory_total_bytes: load.memory_total_bytes,
            gpus,
        };
        if !outlet.send(message).await {
            return;
        }
    }
}
