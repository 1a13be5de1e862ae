//! Waiting to be told to stop.

use tokio::sync::watch;

/// Returns when the value is true, or when nobody is left to make it so: the server is gone then.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The guard is dropped here, so that it is not held across anything that waits.
    drop(stop.wait_for(|stop| *stop).await);
}
