//! Cursors: named marks of progress.

use bursar_proto::trading::v1::{
    AdvanceCursorRequest, Cursor, ForceCursorRequest, GetCursorRequest, ListCursorsRequest,
};
use bursar_testkit::{Caller, Server, assert_hidden, event, id, invalid, ok, refused};
use tonic::{Code, Status};

async fn try_get(caller: &Caller, name: &str) -> Result<Cursor, Status> {
    let reply = caller.cursors().get_cursor(GetCursorRequest { name: name.into() }).await?;
    Ok(reply.into_inner().cursor.unwrap())
}

fn advance(name: &str, expected_position: i64, position: i64) -> AdvanceCursorRequest {
    let name = name.into();
    AdvanceCursorRequest {
        request_id: id(),
        name,
        expected_position,
        position,
        validate_only: false,
    }
}

fn force(name: &str, position: i64) -> ForceCursorRequest {
    let (name, reason) = (name.into(), "replay".into());
    ForceCursorRequest { request_id: id(), name, position, reason, validate_only: false }
}

async fn moved(caller: &Caller, name: &str, from: i64, to: i64) -> Cursor {
    ok(caller.cursors().advance_cursor(advance(name, from, to)).await).cursor.unwrap()
}

mod get_cursor {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        refused(try_get(&tenant.viewer, "fills").await, Code::NotFound, "RESOURCE_NOT_FOUND");
        let made = moved(&tenant.operator, "fills", 0, i64::MAX).await;
        assert_eq!(made.position, i64::MAX);
        assert_eq!(try_get(&tenant.viewer, "fills").await.unwrap(), made);
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        moved(&theirs.operator, "theirs", 0, 5).await;
        let foreign = (try_get(&ours.viewer, "theirs").await, "theirs");
        assert_hidden(foreign, (try_get(&ours.viewer, "absent").await, "absent"));
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        for bad in ["", "a b", "a\0"] {
            invalid(try_get(&tenant.viewer, bad).await, &["name"]);
        }
    }
}

mod advance_cursor {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let request = advance("fills", 0, 7);
        let first = ok(tenant.operator.cursors().advance_cursor(request.clone()).await);
        let cursor = first.cursor.clone().unwrap();
        assert_eq!((cursor.position, cursor.forced), (7, false));
        assert!(ok(tenant.operator.cursors().advance_cursor(request.clone()).await).replayed);
        event(&tenant, ("cursor", "fills"), "cursor.advance", &request.request_id).await;
        for stale in [0, 6, 8] {
            let outcome =
                tenant.operator.cursors().advance_cursor(advance("fills", stale, 9)).await;
            let fault = refused(outcome, Code::Aborted, "ETAG_MISMATCH");
            assert_eq!(fault.meta("current_etag"), "7");
        }
        let never = tenant.operator.cursors().advance_cursor(advance("other", 3, 4)).await;
        assert_eq!(refused(never, Code::Aborted, "ETAG_MISMATCH").meta("current_etag"), "0");
        assert_eq!(moved(&tenant.operator, "fills", 7, 8).await.created_at, cursor.created_at);
    }

    #[tokio::test]
    async fn of_many_at_once_one_wins_each_step() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        for step in 0..3 {
            let calls: Vec<_> = (0..8)
                .map(|_| {
                    let operator = tenant.operator.clone();
                    let request = advance("race", step, step + 1);
                    tokio::spawn(async move { operator.cursors().advance_cursor(request).await })
                })
                .collect();
            let mut won = 0;
            for call in calls {
                match call.await.unwrap() {
                    Ok(_) => won += 1,
                    lost => drop(refused(lost, Code::Aborted, "ETAG_MISMATCH")),
                }
            }
            assert_eq!(won, 1);
        }
        assert_eq!(try_get(&tenant.viewer, "race").await.unwrap().position, 3);
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        moved(&theirs.operator, "same", 0, 50).await;
        assert_eq!(moved(&ours.operator, "same", 0, 1).await.position, 1);
        assert_eq!(try_get(&theirs.viewer, "same").await.unwrap().position, 50);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let cursors = || tenant.operator.cursors();
        let bad =
            AdvanceCursorRequest { expected_position: -1, position: -1, ..Default::default() };
        let fields = ["request_id", "name", "expected_position", "position"];
        invalid(cursors().advance_cursor(bad).await, &fields);
        for (expected, position) in [(0, 0), (5, 5), (5, 4)] {
            invalid(
                cursors().advance_cursor(advance("c", expected, position)).await,
                &["position"],
            );
        }
    }
}

mod force_cursor {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        moved(&tenant.operator, "fills", 0, 9).await;
        let request = force("fills", 2);
        let back = ok(tenant.admin.cursors().force_cursor(request.clone()).await);
        let cursor = back.cursor.unwrap();
        assert_eq!((cursor.position, cursor.forced, back.previous_position), (2, true, 9));
        assert_eq!(cursor.reason, "replay");
        let event = event(&tenant, ("cursor", "fills"), "cursor.force", &request.request_id).await;
        assert!(format!("{:?}", event.payload).contains("replay"));
        assert!(ok(tenant.admin.cursors().force_cursor(request).await).replayed);
        let on = moved(&tenant.operator, "fills", 2, 3).await;
        assert_eq!((on.forced, on.reason.as_str()), (false, ""));
        let new = ok(tenant.admin.cursors().force_cursor(force("new", 0)).await);
        assert_eq!((new.cursor.unwrap().position, new.previous_position), (0, 0));
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        moved(&theirs.operator, "same", 0, 50).await;
        ok(ours.admin.cursors().force_cursor(force("same", 1)).await);
        assert_eq!(try_get(&theirs.viewer, "same").await.unwrap().position, 50);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = ForceCursorRequest { position: -1, reason: " ".into(), ..Default::default() };
        let fields = ["request_id", "name", "position", "reason"];
        invalid(tenant.admin.cursors().force_cursor(bad).await, &fields);
    }
}

mod list_cursors {
    use super::*;

    #[tokio::test]
    async fn works() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        for name in ["c", "a", "b"] {
            moved(&tenant.operator, name, 0, 1).await;
        }
        let mut request = ListCursorsRequest { page_size: 2, page_token: String::new() };
        let page = ok(tenant.viewer.cursors().list_cursors(request.clone()).await);
        request.page_token = page.next_page_token;
        let rest = ok(tenant.viewer.cursors().list_cursors(request).await);
        let names: Vec<_> =
            page.cursors.iter().chain(&rest.cursors).map(|cursor| cursor.name.as_str()).collect();
        assert_eq!((names, rest.next_page_token.as_str()), (vec!["a", "b", "c"], ""));
    }

    #[tokio::test]
    async fn other_tenant() {
        let server = Server::start().await;
        let (ours, theirs) = (server.tenant().await, server.tenant().await);
        moved(&theirs.operator, "theirs", 0, 50).await;
        let listed = ok(ours.viewer.cursors().list_cursors(ListCursorsRequest::default()).await);
        assert_eq!(listed.cursors, []);
    }

    #[tokio::test]
    async fn bad_input() {
        let server = Server::start().await;
        let tenant = server.tenant().await;
        let bad = ListCursorsRequest { page_size: -1, page_token: String::new() };
        invalid(tenant.viewer.cursors().list_cursors(bad).await, &["page_size"]);
        let bad = ListCursorsRequest { page_size: 0, page_token: "x".into() };
        invalid(tenant.viewer.cursors().list_cursors(bad).await, &["page_token"]);
    }
}
