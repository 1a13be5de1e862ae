//! The schema goes up and down, always to the same text, and says what it does. Going down drops the tables with what is
//! in them, by design: it is the operator's last resort, asked for by name, and backups are what keeps data.

use std::time::Duration;

use bursar_migrations::{
    Error, Migration, Progress, Runner, State, bootstrap, dump, first_platform_key, latest_version,
    steps,
};
use bursar_testkit::{Database, Server, app_password};
use uuid::Uuid;

const COMMITTED: &str = include_str!("../../../../migrations/schema.sql");

async fn runner(database: &Database) -> Runner {
    Runner::connect(&database.admin_url).await.unwrap()
}

async fn up(database: &Database) {
    let mut runner = runner(database).await;
    runner.up(None, &mut |_| {}).await.unwrap();
    runner.close().await;
}

async fn status(database: &Database) -> Vec<Migration> {
    let mut runner = runner(database).await;
    let status = runner.status().await.unwrap();
    runner.close().await;
    status
}

async fn text(database: &Database) -> String {
    dump(&database.admin_url).await.unwrap()
}

async fn schemas(database: &Database) -> Vec<String> {
    let query = "SELECT nspname::text FROM pg_namespace
                 WHERE nspname IN ('bursar', 'tenancy') OR nspname ~ '^tenant_' ORDER BY nspname";
    database.rows(query).await.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn up_down_and_up_give_the_committed_schema() {
    let database = Database::empty().await;
    assert!(schemas(&database).await.is_empty());
    assert!(status(&database).await.iter().all(|migration| migration.state == State::Pending));
    up(&database).await;
    let first = text(&database).await;
    assert!(
        first == COMMITTED,
        "migrations/schema.sql is old: run `bursar migrate schema > migrations/schema.sql`"
    );
    assert!(
        status(&database)
            .await
            .iter()
            .all(|migration| matches!(migration.state, State::Applied(_)))
    );

    let mut runner = runner(&database).await;
    let reverted = runner.down(0, &mut |_| {}).await.unwrap();
    assert_eq!(
        reverted.iter().map(|step| step.version).collect::<Vec<_>>(),
        versions().rev().collect::<Vec<_>>()
    );
    assert!(schemas(&database).await.is_empty());
    let pending = runner.status().await.unwrap();
    assert_eq!(pending.len(), steps().len());
    assert!(pending.iter().all(|migration| migration.state == State::Pending), "{pending:?}");

    let applied = runner.up(None, &mut |_| {}).await.unwrap();
    assert_eq!(
        applied.iter().map(|step| step.version).collect::<Vec<_>>(),
        versions().collect::<Vec<_>>()
    );
    assert_eq!(text(&database).await, first);
    // Nothing to do is no error.
    assert!(runner.up(None, &mut |_| {}).await.unwrap().is_empty());
    runner.close().await;
}

fn versions() -> impl DoubleEndedIterator<Item = i64> {
    steps().iter().map(|step| step.version)
}

/// One step at a time, each way, every state in between reached from both sides with the same text.
#[tokio::test]
async fn every_step_reverts_what_it_applied() {
    let database = Database::empty().await;
    let mut runner = runner(&database).await;
    let mut texts = vec![text(&database).await];
    for version in versions() {
        runner.up(Some(version), &mut |_| {}).await.unwrap();
        texts.push(text(&database).await);
    }
    for version in versions().rev() {
        assert_eq!(Some(text(&database).await), texts.pop());
        let below = versions().rev().find(|lower| *lower < version).unwrap_or(0);
        runner.down(below, &mut |_| {}).await.unwrap();
    }
    assert_eq!(Some(text(&database).await), texts.pop());
    runner.close().await;
}

#[tokio::test]
async fn drift_is_visible() {
    let database = Database::migrated().await;
    assert_eq!(text(&database).await, COMMITTED);
    for (drift, undo, shown) in [
        (
            "ALTER TABLE bursar.ledger_account ADD COLUMN market_cap_rank integer",
            "ALTER TABLE bursar.ledger_account DROP COLUMN market_cap_rank",
            "market_cap_rank integer",
        ),
        (
            "GRANT DELETE ON bursar.audit_event TO bursar_tenant",
            "REVOKE DELETE ON bursar.audit_event FROM bursar_tenant",
            "GRANT DELETE, INSERT, SELECT ON bursar.audit_event",
        ),
        (
            "ALTER TABLE bursar.audit_event DISABLE TRIGGER append_only",
            "ALTER TABLE bursar.audit_event ENABLE TRIGGER append_only",
            "DISABLE TRIGGER append_only",
        ),
        (
            "CREATE POLICY hole ON bursar.ledger_transfer USING (true)",
            "DROP POLICY hole ON bursar.ledger_transfer",
            "CREATE POLICY hole",
        ),
    ] {
        database.sql(drift).await;
        let drifted = text(&database).await;
        assert!(drifted != COMMITTED && drifted.contains(shown), "{drift}");
        database.sql(undo).await;
        assert_eq!(text(&database).await, COMMITTED, "{undo}");
    }
}

#[tokio::test]
async fn what_the_dump_cannot_say_it_refuses() {
    let database = Database::migrated().await;
    database.sql("CREATE VIEW bursar.ledger_extra AS SELECT 1 AS one").await;
    let error = dump(&database.admin_url).await.unwrap_err();
    assert!(
        matches!(error, Error::NotDumpable(_))
            && error.to_string().contains("view bursar.ledger_extra"),
        "{error}"
    );
}

#[tokio::test]
async fn a_changed_migration_is_told_and_stops_the_run() {
    let database = Database::migrated().await;
    let version = latest_version();
    database
        .sql(&format!("UPDATE migration.applied SET checksum = 'other' WHERE version = {version}"))
        .await;
    let last = status(&database).await.pop().unwrap();
    assert!(matches!(last.state, State::Changed(_)) && last.version == version, "{last:?}");
    let mut runner = runner(&database).await;
    let (up, down) = (
        runner.up(None, &mut |_| {}).await.unwrap_err(),
        runner.down(0, &mut |_| {}).await.unwrap_err(),
    );
    for error in [up, down] {
        assert!(matches!(&error, Error::Changed { version: v, .. } if *v == version), "{error}");
        assert!(error.to_string().contains("write a new migration"), "{error}");
    }
    runner.close().await;
    assert_eq!(text(&database).await, COMMITTED);
}

#[tokio::test]
async fn a_migration_of_a_later_version_is_told_and_stops_the_run() {
    let database = Database::migrated().await;
    database
        .sql(
            "INSERT INTO migration.applied (version, description, installed_on, success, checksum, execution_time)
             VALUES (20990101000000, 'future', now(), true, 'x', 1)",
        )
        .await;
    let last = status(&database).await.pop().unwrap();
    assert!(matches!(last.state, State::Unknown(_)) && last.name == "future", "{last:?}");
    let mut runner = runner(&database).await;
    let error = runner.up(None, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Unknown(20_990_101_000_000)), "{error}");
    let error = runner.down(0, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, Error::Unknown(20_990_101_000_000)), "{error}");
    runner.close().await;
    // The server itself runs on a newer schema: the version before must go on while the next is rolled out.
    Server::start_on(database, &[]).await.stop().await;
}

#[tokio::test]
async fn only_known_versions_can_be_asked_for() {
    let database = Database::empty().await;
    let mut runner = runner(&database).await;
    for error in [
        runner.up(Some(99), &mut |_| {}).await.unwrap_err(),
        runner.down(99, &mut |_| {}).await.unwrap_err(),
        runner.plan_up(Some(99)).await.unwrap_err(),
        runner.plan_down(99).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::NoSuchVersion(99)), "{error}");
    }
    assert!(schemas(&database).await.is_empty());
    let planned = runner.plan_up(Some(steps()[1].version)).await.unwrap();
    assert_eq!(planned, steps()[..2].iter().collect::<Vec<_>>());
    assert!(runner.plan_down(0).await.unwrap().is_empty());
    assert!(schemas(&database).await.is_empty(), "it is only planned");
    runner.close().await;
}

#[tokio::test]
async fn a_held_lock_is_waited_for_in_short_steps() {
    let database = Database::empty().await;
    let mut runner = runner(&database).await;
    runner.up(Some(steps()[1].version), &mut |_| {}).await.unwrap();
    let busy = database.connect().await;
    busy.batch_execute("BEGIN; LOCK TABLE bursar.admin_tenant IN ACCESS EXCLUSIVE MODE")
        .await
        .unwrap();
    let release = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(4)).await;
        busy.batch_execute("COMMIT").await.unwrap();
    });
    let mut messages = Vec::new();
    let step = steps()[2].version;
    runner.up(Some(step), &mut |progress| messages.push(progress)).await.unwrap();
    release.await.unwrap();
    let told: Vec<_> = messages
        .iter()
        .map(|progress| match progress {
            Progress::Applying(step) => ("applying", step.version, 0),
            Progress::Waiting(step, attempt) => ("waiting", step.version, *attempt),
            Progress::Applied(step, _) => ("applied", step.version, 0),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(told, [("applying", step, 0), ("waiting", step, 1), ("applied", step, 0)]);
    runner.close().await;
}

#[tokio::test]
async fn a_failed_step_leaves_nothing_behind() {
    let database = Database::empty().await;
    let mut runner = runner(&database).await;
    runner.up(Some(steps()[0].version), &mut |_| {}).await.unwrap();
    let before = text(&database).await;
    // A table of that name in the way, of another shape: the step fails half-way.
    database.sql("CREATE TABLE bursar.audit_event (id integer); ALTER TABLE bursar.audit_event OWNER TO bursar_owner").await;
    let error = runner.up(None, &mut |_| {}).await.unwrap_err();
    assert!(
        matches!(&error, Error::Failed { version, .. } if *version == steps()[1].version),
        "{error}"
    );
    database.sql("DROP TABLE bursar.audit_event").await;
    assert_eq!(text(&database).await, before);
    runner.up(None, &mut |_| {}).await.unwrap();
    assert_eq!(text(&database).await, COMMITTED);
    runner.close().await;
}

#[tokio::test]
async fn a_second_bootstrap_changes_nothing() {
    let database = Database::bare().await;
    let first = bootstrap(&database.admin_url, &app_password()).await.unwrap();
    assert!(
        first.changes.iter().any(|change| change.contains(&format!("CREATE on {}", database.name))),
        "{first:?}"
    );
    assert!(first.warnings.is_empty(), "{first:?}");
    let second = bootstrap(&database.admin_url, &app_password()).await.unwrap();
    assert_eq!(second.changes, [""; 0]);
    assert_eq!(second.warnings, [""; 0]);
}

#[tokio::test]
async fn databases_of_one_cluster_are_made_in_parallel() {
    let made: Vec<_> = (0..4)
        .map(|_| {
            tokio::spawn(async {
                let database = Database::bare().await;
                bootstrap(&database.admin_url, &app_password()).await.unwrap();
                up(&database).await;
                text(&database).await
            })
        })
        .collect();
    for made in made {
        assert_eq!(made.await.unwrap(), COMMITTED);
    }
}

#[tokio::test]
async fn two_runs_on_one_database_take_turns() {
    let database = Database::empty().await;
    let (mut one, mut two) = (runner(&database).await, runner(&database).await);
    let mut nothing = |_| {};
    let mut nothing_either = |_| {};
    let (a, b) = tokio::join!(one.up(None, &mut nothing), two.up(None, &mut nothing_either));
    let mut applied = [a.unwrap().len(), b.unwrap().len()];
    applied.sort_unstable();
    assert_eq!(applied, [0, steps().len()]);
    assert_eq!(text(&database).await, COMMITTED);
}

#[tokio::test]
async fn a_tenants_views_come_back() {
    let mut server = Server::start().await;
    let tenant = server.tenant().await;
    server.stop().await;
    let views = async || {
        let query = format!(
            "SELECT c.relname::text, c.relacl::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE n.nspname = 'tenant_{}' AND c.relkind = 'v' ORDER BY 1",
            tenant.id.replace('-', "")
        );
        let rows = server.database.rows(&query).await;
        rows.iter().map(|row| (row.get(0), row.get(1))).collect::<Vec<(String, String)>>()
    };
    let before = views().await;
    let names: Vec<_> = before.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, crate::tenancy::VIEWS);
    let mut runner = runner(&server.database).await;
    runner.down(steps()[1].version, &mut |_| {}).await.unwrap();
    assert_eq!(views().await.len(), 1, "only the tables that are left have views");
    runner.up(None, &mut |_| {}).await.unwrap();
    runner.close().await;
    assert_eq!(views().await, before);
    assert_eq!(text(&server.database).await, COMMITTED);
}

#[tokio::test]
async fn the_first_platform_key_is_given_once() {
    let database = Database::migrated().await;
    let give = async |id: Uuid| {
        first_platform_key(&database.admin_url, id, "first", &[7; 32]).await.unwrap()
    };
    let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
    assert!(give(one).await);
    assert!(!give(two).await);
    let keys = database.rows("SELECT id::text, role FROM bursar.admin_api_key").await;
    let keys: Vec<(String, String)> = keys.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(keys, [(one.to_string(), "platform".to_owned())]);
    // A revoked or expired key opens nothing, so another may follow it.
    database.sql("UPDATE bursar.admin_api_key SET revoked_at = now()").await;
    assert!(give(two).await);
    database.sql("UPDATE bursar.admin_api_key SET expires_at = now() - interval '1 second'").await;
    assert!(give(Uuid::now_v7()).await);
    assert!(!give(Uuid::now_v7()).await);
}
