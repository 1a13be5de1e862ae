//! Replies that can be replayed: every mutation's, under its request id.

use bursar_domain::{Error, Result};
use bursar_proto::{
    admin::v1 as admin, escrow::v1 as escrow, ledger::v1 as ledger, trading::v1 as trading,
};
use bursar_store::Outcome;
use tonic::Response;

/// A reply with the field `replayed`.
pub(crate) trait Replayable {
    /// Marks it as the reply of an earlier call.
    fn set_replayed(&mut self);
}

macro_rules! replayable {
    ($($reply:ty,)*) => {$(
        impl Replayable for $reply {
            fn set_replayed(&mut self) {
                self.replayed = true;
            }
        }
    )*
        /// Full names of the messages above, for the test that none is missing.
        #[cfg(test)]
        const REPLAYABLE: &[&str] = &[$(stringify!($reply)),*];
    };
}

replayable! {
    admin::CreateApiKeyResponse,
    admin::RotateApiKeyResponse,
    admin::RevokeApiKeyResponse,
    admin::CreateTenantResponse,
    admin::UpdateTenantResponse,
    admin::SuspendTenantResponse,
    admin::ResumeTenantResponse,
    admin::DeleteTenantResponse,
    ledger::CreateAssetResponse,
    ledger::CreateAccountResponse,
    ledger::BatchCreateAccountsResponse,
    ledger::UpdateAccountResponse,
    ledger::CloseAccountResponse,
    ledger::ReopenAccountResponse,
    ledger::ClosePeriodResponse,
    ledger::CreateTransferResponse,
    ledger::PostTransferResponse,
    ledger::VoidTransferResponse,
    ledger::PostTransfersResponse,
    ledger::VoidTransfersResponse,
    ledger::ReverseTransferResponse,
    escrow::CreatePositionResponse,
    escrow::TransitionPositionResponse,
    trading::CreateStrategyResponse,
    trading::UpdateStrategyResponse,
    trading::EnableStrategyResponse,
    trading::DisableStrategyResponse,
    trading::CreateDecisionResponse,
    trading::RecordExecutedResponse,
    trading::CancelDecisionResponse,
    trading::RecordExecutionResponse,
    trading::RecordReviewResponse,
    trading::AdvanceCursorResponse,
    trading::ForceCursorResponse,
    escrow::CreateAssetResponse,
    escrow::UpdateAssetResponse,
    escrow::CreateAssetTemplateResponse,
    escrow::UpdateAssetTemplateResponse,
    escrow::CreateInstitutionResponse,
    escrow::UpdateInstitutionResponse,
    escrow::SetInstitutionPolicyResponse,
}

/// The reply of a mutation: made by `fresh` now, or read back from what an earlier call left.
pub(crate) fn reply<T, R>(outcome: Outcome<T>, fresh: impl FnOnce(T) -> R) -> Result<Response<R>>
where
    R: prost::Message + Default + Replayable,
{
    match outcome {
        Outcome::Fresh(value) => Ok(Response::new(fresh(value))),
        Outcome::Replayed(bytes) => {
            let mut reply = R::decode(bytes.as_slice()).map_err(|error| {
                Error::Internal(format!("a stored reply cannot be decoded: {error}"))
            })?;
            reply.set_replayed();
            Ok(Response::new(reply))
        }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_reflect::DescriptorPool;

    use super::*;

    #[test]
    fn no_reply_is_missing() {
        let pool = DescriptorPool::decode(bursar_proto::DESCRIPTOR_SET).unwrap();
        let mut contract: Vec<String> = pool
            .services()
            .flat_map(|service| service.methods().map(|method| method.output()).collect::<Vec<_>>())
            .filter(|reply| reply.get_field_by_name("replayed").is_some())
            .map(|reply| {
                format!("{}::{}", reply.package_name().split('.').nth(1).unwrap(), reply.name())
            })
            .collect();
        contract.sort();
        let mut listed: Vec<String> = REPLAYABLE.iter().map(|name| name.replace(' ', "")).collect();
        listed.sort();
        assert_eq!(listed, contract);
    }

    #[test]
    fn a_replay_is_marked() {
        let first = admin::RevokeApiKeyResponse {
            api_key: Some(admin::ApiKey::default()),
            replayed: false,
        };
        let fresh = reply(Outcome::Fresh(first.clone()), |first| first).unwrap().into_inner();
        assert_eq!(fresh, first);
        let again: Outcome<()> = Outcome::Replayed(first.encode_to_vec());
        let again = reply(again, |()| first.clone()).unwrap().into_inner();
        assert_eq!(again, admin::RevokeApiKeyResponse { replayed: true, ..first.clone() });
        let broken: Outcome<()> = Outcome::Replayed(vec![0xff]);
        assert!(matches!(reply(broken, |()| first), Err(Error::Internal(_))));
    }
}
