//! The least that a durable post can be: one insert, and a commit that it shares with what waits beside it. Called
//! by threads it tells what the disk allows, and behind HTTP what the machine does.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use axum::{extract::State, http::StatusCode};
use tokio::sync::oneshot;

use super::{corpus, load::Failure, plain::serve_plain};

type Done = Box<dyn FnOnce() + Send>;

/// A text, and whom to tell once it is on the disk.
type Order = (String, Done);

/// Starts the thread that writes; it gives how much it wrote once nobody can order any more.
fn writer(file: &Path) -> Result<(mpsc::Sender<Order>, JoinHandle<rusqlite::Result<u64>>), Failure> {
    let db = rusqlite::Connection::open(file)?;
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE messages (id INTEGER PRIMARY KEY, text TEXT)",
    )?;
    let (orders, inbox) = mpsc::channel::<Order>();
    let thread = std::thread::spawn(move || {
        let mut count = 0;
        while let Ok(first) = inbox.recv() {
            let group: Vec<_> = std::iter::once(first).chain(inbox.try_iter()).collect();
            db.execute_batch("BEGIN IMMEDIATE")?;
            for (text, _) in &group {
                db.prepare_cached("INSERT INTO messages (text) VALUES (?1)")?.execute([text])?;
            }
            db.execute_batch("COMMIT")?;
            count += group.len() as u64;
            for (_, done) in group {
                done();
            }
        }
        Ok(count)
    });
    Ok((orders, thread))
}

/// Commits a second, with `many` callers that wait for one each.
pub fn group_commit(file: &Path, many: usize, round: Duration) -> Result<f64, Failure> {
    let (orders, writer) = writer(file)?;
    let start = Instant::now();
    let callers: Vec<_> = (0_u64..)
        .take(many)
        .map(|caller| {
            let orders = orders.clone();
            std::thread::spawn(move || {
                for number in (caller..).step_by(many) {
                    let (done, wait) = mpsc::channel();
                    let tell = move || done.send(()).unwrap_or_default();
                    if start.elapsed() > round || orders.send((corpus::message(number), Box::new(tell))).is_err() {
                        break;
                    }
                    let _ = wait.recv();
                }
            })
        })
        .collect();
    drop(orders);
    for caller in callers {
        caller.join().map_err(|_| "a caller panicked")?;
    }
    let elapsed = start.elapsed().as_secs_f64();
    let count = writer.join().map_err(|_| "the writer panicked")??;
    #[allow(clippy::cast_precision_loss)]
    Ok(count as f64 / elapsed)
}

/// Takes the body of every `POST` for a text, and sends it back once it is on the disk.
pub async fn serve_bare(file: &Path) -> Result<(), Failure> {
    let (orders, _) = writer(file)?;
    let post = |State(orders): State<Arc<mpsc::Sender<Order>>>, body: String| async move {
        let (done, written) = oneshot::channel();
        let tell = move || done.send(()).unwrap_or_default();
        let sent = orders.send((body.clone(), Box::new(tell))).is_ok();
        if sent && written.await.is_ok() {
            (StatusCode::CREATED, body)
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, String::new())
        }
    };
    serve_plain(axum::Router::new().fallback(post).with_state(Arc::new(orders))).await
}
