//! Escrow and trading: each call beside the statements that it sends, sent by pgbench in one transaction on the same
//! tables, in the same role and under the same row security.

use bursar_testkit::{TestTenant, rows, sql, tenant_role, trading};

use super::rate;
use crate::Fault;
use crate::baseline::{Length, Own};
use crate::load::plan::{Call, Choice, Estate, Tenant};
use crate::report::row::{Goal, Row, median};
use crate::session::{Load, Series, Session};
use crate::statements::expand;

/// Callers at once of what writes.
const WRITERS: u32 = 32;
/// Callers at once of what reads.
const READERS: u32 = 8;

/// A tenant for one workload.
struct Ground {
    tenants: [Tenant; 1],
    estate: Estate,
    id: String,
    key: String,
}

/// What a workload does on it.
struct Work {
    call: Call,
    callers: u32,
    unit: &'static str,
    baseline: &'static str,
    script: &'static str,
    least: f64,
}

fn work(name: &str) -> Option<Work> {
    let of = |call, callers, unit, baseline, script, least| {
        Some(Work { call, callers, unit, baseline, script, least })
    };
    match name {
        "position_create_c32" => of(
            Call::Propose,
            WRITERS,
            "positions/s",
            "position_create",
            include_str!("../../sql/position_create.sql"),
            0.6,
        ),
        "position_transition_c32" => of(
            Call::Release,
            WRITERS,
            "transitions/s",
            "position_transition",
            include_str!("../../sql/position_transition.sql"),
            0.6,
        ),
        "execution_record_c32" => of(
            Call::Fill,
            WRITERS,
            "fills/s",
            "execution_record",
            include_str!("../../sql/execution_record.sql"),
            0.6,
        ),
        // Twice its time is half its rate.
        "position_list_c8" => of(
            Call::Positions,
            READERS,
            "lists/s",
            "position_list",
            include_str!("../../sql/position_list.sql"),
            0.5,
        ),
        _ => None,
    }
}

pub(super) async fn run(name: &str, session: &Session<'_>) -> Result<Vec<Row>, Fault> {
    let work = work(name).ok_or_else(|| format!("there is no workload {name}"))?;
    let database = session.home.database();
    let ground = Ground::make(name, session).await?;
    let lists = work.call == Call::Positions;
    if lists {
        ground.fill(name, session).await;
    }
    session.cluster.vacuum(database).await;
    session.cluster.checkpoint().await;
    let role = tenant_role(&ground.id);
    let text = expand(work.script)?
        .replace("$tenant", &ground.id)
        .replace("$role", &role)
        .replace("$key", &ground.key)
        .replace("$asset", &ground.estate.asset)
        .replace("$decision", &ground.estate.decision)
        .replace("$institution", &ground.estate.institutions[0])
        .replace("$template", &template(session, &ground.id).await);
    let options = format!("-c role={role} -c app.tenant_id={}", ground.id);
    let options = if lists { options } else { String::new() };
    let own = Own { name: work.baseline, database: crate::run::DATABASE, text, options };
    let load = Load::closed(work.callers, work.call, Choice::Uniform).on(ground.estate.clone());
    let length = Length::Seconds(session.sizes.warm, session.sizes.run);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 1..=session.sizes.rounds {
        if let Some(baseline) = &session.baseline {
            session.progress.say(&format!("{name}: {}, round {round}", own.name));
            theirs.push(baseline.run_own(&own, work.callers, length).await?);
        }
        session.progress.say(&format!("{name}: bursar, round {round}"));
        ours.push(session.load(&ground.tenants, &load).await?);
    }
    let row = rate(name, &Series::of(&ours), work.unit);
    Ok(vec![row.beside(own.name, median(theirs.into_iter())).must(Goal::Ratio(work.least))])
}

impl Ground {
    async fn make(name: &str, session: &Session<'_>) -> Result<Self, Fault> {
        session.progress.say(&format!("{name}: a tenant"));
        let made = TestTenant::new(&session.server.platform).await;
        let url = session.cluster.url(session.home.database());
        sql(&url, &include_str!("../../sql/estate.sql").replace("$tenant", &made.id)).await;
        let decision =
            trading::decision(&made.operator, &trading::strategy(&made.admin).await).await;
        let of = async |query: &str| -> Vec<String> {
            rows(&url, query).await.iter().map(|row| row.get(0)).collect()
        };
        let one =
            async |what: &str| of(&format!("SELECT md5('{what}')::uuid::text")).await.remove(0);
        let all = async |what: &str, from: u32, to: u32| {
            let ids = format!(
                "SELECT md5('{what} ' || n)::uuid::text FROM generate_series({from}, {to}) AS n"
            );
            of(&ids).await
        };
        let estate = Estate {
            asset: one("asset 0").await,
            decision: decision.id,
            positions: all("ours", 0, WRITERS - 1).await,
            payees: all("payee", 1, 1_000).await,
            institutions: all("institution", 0, 99).await,
        };
        let key = of(&format!(
            "SELECT id::text FROM bursar.admin_api_key WHERE tenant_id = '{}' AND role = 'operator'",
            made.id
        ))
        .await
        .remove(0);
        let tenant = Tenant { number: 0, key: made.operator.key_text.clone(), accounts: 2 };
        Ok(Self { tenants: [tenant], estate, id: made.id, key })
    }

    /// Gives it the positions that are listed.
    async fn fill(&self, name: &str, session: &Session<'_>) {
        let count = session.sizes.positions.to_string();
        session.progress.say(&format!("{name}: {count} positions"));
        let text = include_str!("../../sql/positions.sql")
            .replace("$tenant", &self.id)
            .replace("$positions", &count);
        sql(&session.cluster.url(session.home.database()), &text).await;
    }
}

/// The template of the first institution.
async fn template(session: &Session<'_>, tenant: &str) -> String {
    let url = session.cluster.url(session.home.database());
    let query = format!(
        "SELECT id::text FROM bursar.escrow_asset_template WHERE tenant_id = '{tenant}' AND id = md5('template 0')::uuid"
    );
    rows(&url, &query).await[0].get(0)
}
