//! Transfers.

mod create_transfer {
    use bursar_proto::ledger::v1::{BalanceRule, CreateTransferRequest};
    use bursar_testkit::{Server, balance, new_account, new_transfer};

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let from = new_account(&tenant.operator, "EUR", BalanceRule::Unlimited).await;
        let to = new_account(&tenant.operator, "EUR", BalanceRule::DebitsMustNotExceedCredits).await;
        let transfer = new_transfer(&from, &to, "12.50");
        let request = CreateTransferRequest { transfer: Some(transfer), validate_only: false };
        let first = tenant.operator.transfers().create_transfer(request.clone()).await.unwrap().into_inner();
        let posted = first.transfer.clone().unwrap();
        assert_eq!(posted.debit_balance.as_ref().unwrap().posted, "-12.5");
        assert_eq!(posted.credit_balance.as_ref().unwrap().posted, "12.5");
        let second = tenant.operator.transfers().create_transfer(request).await.unwrap().into_inner();
        assert!(second.replayed && !first.replayed);
        assert_eq!(second.transfer, first.transfer);
        assert_eq!(balance(&tenant.viewer, &to).await.posted, "12.5");
    }
}
