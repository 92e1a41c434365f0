//! Connections to one SQLite file, and its schema.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, TransactionBehavior, config::DbConfig};

use crate::serve::store::OpenError;

/// How long a write waits for another process (`admin`, a backup) before it gives up.
const BUSY: Duration = Duration::from_secs(5);
/// "csgn": tells our files from other programs'.
const APPLICATION_ID: i32 = 0x6373_676e;
/// Bytes of the log past which it is copied into the file, and to which it is cut when it starts anew.
pub const LOG_LENGTH: u32 = 8 << 20;
/// Statements that a connection keeps prepared.
const STATEMENTS: usize = 256;

/// The schema, step by step; a step's place in the list, from 1, is its version.
const MIGRATIONS: [(&str, &str); 3] = [
    ("0001_base", include_str!("../../../../assets/migrations/sqlite/0001_base.sql")),
    ("0002_search", include_str!("../../../../assets/migrations/sqlite/0002_search.sql")),
    ("0003_plans", include_str!("../../../../assets/migrations/sqlite/0003_plans.sql")),
];

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Read,
    Write,
}

/// Opens one more connection to a file whose schema is up to date.
///
/// # Errors
/// When the file cannot be opened.
pub fn connect(path: &Path, mode: Mode) -> rusqlite::Result<Connection> {
    let create = if mode == Mode::Write { OpenFlags::SQLITE_OPEN_CREATE } else { OpenFlags::empty() };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(STATEMENTS);
    // Else SQLite prepares a statement anew for every set of values, in case they make another plan better.
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    db.pragma_update(None, "temp_store", "MEMORY")?;
    match mode {
        Mode::Read => {
            db.pragma_update(None, "query_only", true)?;
            db.pragma_update(None, "cache_size", -32_000)?;
        }
        Mode::Write => {
            db.pragma_update(None, "cache_size", -32_000)?;
            // Only where the thread for it cannot keep up.
            db.pragma_update(None, "wal_autocheckpoint", 20_000)?;
            db.pragma_update(None, "journal_size_limit", LOG_LENGTH)?;
        }
    }
    Ok(db)
}

/// Opens the writing connection and brings the schema up to date.
///
/// # Errors
/// See [`OpenError`].
pub fn open(path: &Path) -> Result<Connection, OpenError> {
    let shown = path.display().to_string();
    let cannot = |error: rusqlite::Error| OpenError::CannotOpen { path: shown.clone(), reason: plain(&error) };
    let mut db = connect(path, Mode::Write).map_err(cannot)?;
    let known = MIGRATIONS.len();
    let found = version(&db).map_err(cannot)?;
    if found > known {
        return Err(OpenError::Newer { path: shown, found, known });
    }
    if is_foreign(&db, found).map_err(cannot)? {
        let reason = "the file belongs to another program".to_owned();
        return Err(OpenError::CannotOpen { path: shown, reason });
    }
    // The first that changes the file: only now is it known to be ours.
    db.pragma_update(None, "journal_mode", "WAL").map_err(cannot)?;
    if found < known {
        migrate(&mut db).map_err(cannot)?;
    }
    Ok(db)
}

fn version(db: &Connection) -> rusqlite::Result<usize> {
    db.query_row("PRAGMA user_version", [], |row| row.get::<_, u32>(0)).map(|version| version as usize)
}

/// Whether the file holds another program's tables.
fn is_foreign(db: &Connection, version: usize) -> rusqlite::Result<bool> {
    let application: i32 = db.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    Ok(application != APPLICATION_ID && (version > 0 || tables > 0))
}

/// Takes the steps that are missing, all in one transaction; what another process took meanwhile is not
/// taken again.
fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    let step = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for (_, sql) in MIGRATIONS.iter().skip(version(&step)?) {
        step.execute_batch(sql)?;
    }
    step.pragma_update(None, "application_id", APPLICATION_ID)?;
    step.pragma_update(None, "user_version", MIGRATIONS.len())?;
    step.commit()
}

/// An error in words for a person, without SQL.
fn plain(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => failure.to_string(),
        _ => "the database library reported an error".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_in_the_folder_is_a_step_in_order() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/migrations/sqlite");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the folder")
            .map(|file| file.expect("a file").file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        let steps: Vec<String> = MIGRATIONS.iter().map(|(name, _)| format!("{name}.sql")).collect();
        assert_eq!(files, steps);
        for (place, (name, _)) in MIGRATIONS.iter().enumerate() {
            assert!(name.starts_with(&format!("{:04}_", place + 1)), "{name}");
        }
    }

    #[test]
    fn a_file_of_any_earlier_version_is_brought_up_to_date() {
        let folder = tempfile::tempdir().expect("a folder");
        for taken in 1..MIGRATIONS.len() {
            let path = folder.path().join(format!("{taken}.db"));
            let earlier = Connection::open(&path).expect("a file");
            for (_, sql) in MIGRATIONS.iter().take(taken) {
                earlier.execute_batch(sql).expect("a step");
            }
            earlier.pragma_update(None, "application_id", APPLICATION_ID).expect("an id");
            earlier.pragma_update(None, "user_version", taken).expect("a version");
            drop(earlier);
            assert_eq!(version(&open(&path).expect("an upgrade")).expect("a version"), MIGRATIONS.len());
        }
    }

    #[test]
    fn other_values_do_not_make_a_statement_be_prepared_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = open(&folder.path().join("s.db")).expect("a file");
        let sql = "SELECT t.id FROM tokens t JOIN users u ON u.id = t.user_id
            WHERE t.hash = ?1 AND (t.expires_at IS NULL OR t.expires_at > ?2)";
        let mut statement = db.prepare(sql).expect("a statement");
        for value in 0..5 {
            assert!(!statement.exists([value, value]).expect("an answer"));
            statement.clear_bindings();
        }
        assert_eq!(statement.get_status(rusqlite::StatementStatus::RePrepare), 0);
    }
}
