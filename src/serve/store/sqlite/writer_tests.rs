use std::sync::Arc;

use tokio::sync::Barrier;

use super::*;

/// A writer on a file with one table.
fn writer(folder: &tempfile::TempDir, pragma: &str) -> Arc<Writer> {
    let path = folder.path().join("w.db");
    let db = connect(&path, Mode::Write).expect("a file");
    db.execute_batch("CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, data)").expect("a table");
    db.execute_batch(pragma).expect("a setting");
    Arc::new(Writer::start(db, &path, |_| Ok(false)).expect("a thread"))
}

fn add(data: Vec<u8>) -> impl FnMut(&Connection) -> Result<Id, StoreError> + Send + 'static {
    move |db| db.insert("INSERT INTO events (data) VALUES (?1)", [&data])
}

async fn count(writer: &Writer) -> i64 {
    let count = |db: &Connection| db.one("SELECT count(*) FROM events", [], |row| row.get(0));
    writer.run::<_, StoreError, _>(count).await.expect("a count").unwrap_or_default()
}

type Task<T> = Box<dyn FnMut(&Connection) -> Result<T, StoreError> + Send>;

/// Keeps the thread busy until all of `tasks` wait in its queue, so that they make one group.
async fn as_one_group<T: Send + 'static>(writer: &Arc<Writer>, tasks: Vec<Task<T>>) -> Vec<Result<T, StoreError>> {
    let (release, hold) = std::sync::mpsc::channel::<()>();
    let (started, begun) = oneshot::channel();
    let gate = tokio::spawn({
        let writer = Arc::clone(writer);
        async move {
            let mut started = Some(started);
            let wait = move |_: &Connection| {
                // Where one of the group fails, this is done a second time.
                if let Some(started) = started.take() {
                    let _ = started.send(());
                    let _ = hold.recv();
                }
                Ok::<_, StoreError>(())
            };
            writer.run(wait).await
        }
    });
    begun.await.expect("begun");
    let barrier = Arc::new(Barrier::new(tasks.len() + 1));
    let running: Vec<_> = tasks
        .into_iter()
        .map(|task| {
            let (writer, barrier) = (Arc::clone(writer), Arc::clone(&barrier));
            tokio::spawn(async move {
                let answer = writer.run(task);
                barrier.wait().await;
                answer.await
            })
        })
        .collect();
    barrier.wait().await;
    // Each has its turn to hand its work in before the gate opens.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    release.send(()).expect("held");
    let _ = gate.await.expect("the gate");
    let mut answers = Vec::new();
    for each in running {
        answers.push(each.await.expect("a task"));
    }
    answers
}

#[tokio::test]
async fn one_that_fails_takes_nothing_from_its_group() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder, "");
    let fails = |db: &Connection| {
        db.insert("INSERT INTO events (data) VALUES (1)", [])?;
        Err::<Id, _>(StoreError::Internal("no".to_owned()))
    };
    let panics = |db: &Connection| {
        db.insert("INSERT INTO events (data) VALUES (1)", [])?;
        panic!("in a write")
    };
    let answers = as_one_group(
        &writer,
        vec![Box::new(add(vec![1])), Box::new(fails), Box::new(add(vec![2])), Box::new(panics), Box::new(add(vec![3]))],
    )
    .await;
    let good: Vec<bool> = answers.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, false, true, false, true]);
    // What is written anew is told anew: each was given the row that is there.
    let mut ids: Vec<Id> = answers.into_iter().filter_map(Result::ok).collect();
    ids.sort_unstable();
    let kept = |db: &Connection| db.all("SELECT seq FROM events ORDER BY seq", [], |row| row.get::<_, Id>(0));
    assert_eq!(writer.run::<_, StoreError, _>(kept).await.expect("rows"), ids);
    assert_eq!(count(&writer).await, 3);
    assert!(*writer.newest_event().borrow() >= 3);
}

#[tokio::test]
async fn a_full_disk_fails_what_does_not_fit_and_what_fits_later_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder, "PRAGMA max_page_count = 20");
    writer.run(add(vec![0; 10])).await.expect("it fits");
    let answers = as_one_group(
        &writer,
        vec![Box::new(add(vec![1; 10])), Box::new(add(vec![2; 1 << 20])), Box::new(add(vec![3; 10]))],
    )
    .await;
    let written = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(matches!(&answers[1], Err(StoreError::Unavailable(_))), "{answers:?}");
    assert_eq!(count(&writer).await, 1 + i64::try_from(written).expect("few"), "what was acknowledged, no more");
    writer.run(add(vec![4; 10])).await.expect("well again");
}

#[tokio::test]
async fn what_was_handed_in_before_a_stop_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let writer = writer(&folder, "");
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let writer = Arc::clone(&writer);
            tokio::spawn(async move { writer.run(add(vec![1])).await.is_ok() })
        })
        .collect();
    tokio::task::yield_now().await;
    writer.stop().await;
    let mut written = 0;
    for each in waiting {
        written += i64::from(each.await.expect("a task"));
    }
    let path = folder.path().join("w.db");
    let kept: i64 = Connection::open(path)
        .expect("the file")
        .query_row("SELECT count(*) FROM events", [], |row| row.get(0))
        .expect("rows");
    assert_eq!(kept, written);
    assert!(matches!(writer.run(add(vec![1])).await, Err(StoreError::Unavailable(_))));
}
