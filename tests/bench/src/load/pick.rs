//! Which accounts and what amount a call has.

use bursar_testkit::Random;

use super::plan::{Choice, Plan, account_id};
use super::zipf::Zipf;

/// Minor units in the largest amount.
const MAX_MINOR: usize = 1_000;

/// Texts that are made once and then only copied.
pub(super) struct Texts {
    accounts: Vec<Vec<String>>,
    amounts: Vec<String>,
    choice: Choice,
    zipf: Zipf,
}

/// Two accounts of one tenant and an amount.
pub(super) struct Pick<'a> {
    /// Which tenant of the plan.
    pub(super) tenant: usize,
    /// Id of the account to debit.
    pub(super) debit: &'a str,
    /// Id of the account to credit.
    pub(super) credit: &'a str,
    /// How much, as a decimal.
    pub(super) amount: &'a str,
}

impl Texts {
    pub(super) fn of(plan: &Plan) -> Self {
        let ids = |tenant: &super::plan::Tenant| {
            let id = |number| account_id(plan.world_seed, tenant.number, number).to_string();
            (1..=tenant.accounts).map(id).collect()
        };
        let amount = |minor: usize| format!("{}.{:02}", minor / 100, minor % 100);
        Self {
            accounts: plan.tenants.iter().map(ids).collect(),
            amounts: (1..=MAX_MINOR).map(amount).collect(),
            choice: plan.choice,
            zipf: Zipf::over(plan.tenants[0].accounts),
        }
    }

    /// What the next transfer has.
    pub(super) fn pick(&self, random: &mut Random) -> Pick<'_> {
        let tenant = if self.accounts.len() == 1 { 0 } else { random.below(self.accounts.len()) };
        let accounts = &self.accounts[tenant];
        let debit = self.place(accounts.len(), random);
        let (debit, credit) = match self.choice {
            Choice::Hot => (1 + random.below(accounts.len() - 1), 0),
            Choice::Uniform | Choice::Zipf => (debit, self.place(accounts.len(), random)),
        };
        // The scripts of pgbench take the next account too.
        let credit = if credit == debit { (debit + 1) % accounts.len() } else { credit };
        let (debit, credit) = (&accounts[debit], &accounts[credit]);
        Pick { tenant, debit, credit, amount: &self.amounts[random.below(MAX_MINOR)] }
    }

    fn place(&self, accounts: usize, random: &mut Random) -> usize {
        match self.choice {
            Choice::Zipf => self.zipf.rank(random.unit()) as usize - 1,
            Choice::Uniform | Choice::Hot => random.below(accounts),
        }
    }
}
