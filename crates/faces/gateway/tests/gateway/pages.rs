//! Own pages, and web pages that must not drive a server that believes everybody.

use crate::world::{Signed, World};

#[tokio::test]
async fn own_pages() {
    for (open, page, method, status) in [
        (false, "health", "GET", 200),
        (false, "work", "GET", 404),
        (true, "work", "GET", 200),
        (true, "absent", "GET", 404),
        (true, "health", "HEAD", 200),
        (true, "health", "POST", 405),
        (false, "work", "DELETE", 405),
    ] {
        let world = World::new(open).await;
        let answer = world.send(method, &format!("/_refit/{page}"), &[], "").await;
        assert_eq!(answer.status, status, "{open} {method} {page}: {answer:?}");
    }
    let world = World::new(false).await;
    assert!(world.client().own_page("work").await.unwrap()["work"].is_array());
    let error = world.client().own_page("absent").await.unwrap_err();
    assert_eq!(error.code(), Some("NotFound"));
    let answer = world.signed(&Signed::for_service("refit"), "/_refit/work", &[], "").await;
    assert_eq!(answer.status, 405);
}

#[tokio::test]
async fn web_pages_do_not_drive_an_open_server() {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let users = "Action=ListUsers&Version=2010-05-08";
    for headers in [
        vec![form, ("Origin", "http://evil.example")],
        vec![form, ("Origin", "null")],
        vec![form, ("Sec-Fetch-Site", "cross-site")],
        vec![form, ("Host", "rebound.evil.example:4566")],
    ] {
        let world = World::new(true).await;
        let answer = world.send("POST", "/", &headers, users).await;
        assert_eq!(answer.status, 403, "{headers:?}: {answer:?}");
        assert!(answer.body.contains("--open"), "{answer:?}");
        for (method, path) in [("GET", "/_refit/work"), ("PUT", "/bucket"), ("OPTIONS", "/")] {
            let answer = world.send(method, path, &headers, "").await;
            assert_eq!(answer.status, 403, "{method} {path}: {answer:?}");
        }
        // A server that asks for signatures needs no such guard.
        let world = World::new(false).await;
        let answer = world.signed(&Signed::for_service("iam"), "/", &headers[..1], users).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
}
