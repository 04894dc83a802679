//! Requests to a server of the test's own.

#![cfg(test)]
#![allow(clippy::unwrap_used)]

use super::{Answer, Error, Request, check_url, percent_encode, send, with_query};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server that answers one request with these bytes; its address and what it got.
async fn server(answer: &'static [u8]) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let got = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut got = vec![0; 65_536];
        let count = socket.read(&mut got).await.unwrap();
        socket.write_all(answer).await.unwrap();
        String::from_utf8_lossy(&got[..count]).into_owned()
    });
    (address.to_string(), got)
}

fn request(url: String) -> Request {
    Request {
        method: "GET".to_owned(),
        url,
        headers: vec![("x-own".to_owned(), "1".to_owned())],
        body: Vec::new(),
        timeout: Duration::from_secs(20),
        largest_answer_bytes: 16,
    }
}

#[tokio::test]
async fn answers_come_whole_with_their_reason() {
    let (address, got) =
        server(b"HTTP/1.1 404 Nobody Home\r\nA: 1\r\nA: 2\r\nContent-Length: 4\r\n\r\nbody").await;
    let Answer { status, reason, headers, body } =
        send(request(format!("http://{address}/p?q=1"))).await.unwrap();
    assert_eq!((status, reason.as_str(), body.as_slice()), (404, "Nobody Home", &b"body"[..]));
    assert_eq!(headers.iter().filter(|(name, _)| name == "a").count(), 2);
    let got = got.await.unwrap();
    assert!(got.starts_with("GET /p?q=1 HTTP/1.1\r\n") && got.contains("x-own: 1"), "{got}");
}

#[tokio::test]
async fn redirects_are_answers() {
    let (address, _got) =
        server(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
            .await;
    assert_eq!(send(request(format!("http://{address}/"))).await.unwrap().status, 302);
}

#[tokio::test]
async fn answers_have_a_longest_length() {
    let (address, _got) =
        server(b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n01234567890123456").await;
    let answer = send(request(format!("http://{address}/"))).await;
    assert!(matches!(answer, Err(Error::TooLong(16))), "{answer:?}");
}

#[tokio::test]
async fn what_goes_wrong_below_is_told_apart() {
    let (address, _got) = server(b"no http at all, and no tls either\r\n\r\n").await;
    let answer = send(request(format!("https://{address}/"))).await;
    assert!(matches!(answer, Err(Error::Tls { .. })), "{answer:?}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let answer = send(request(format!("http://{address}/"))).await;
    assert!(matches!(answer, Err(Error::Unreachable { .. })), "{answer:?}");
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let timeout = Duration::from_millis(20);
    let answer = send(Request { timeout, ..request(url) }).await;
    assert!(matches!(answer, Err(Error::TimedOut(_))), "{answer:?}");
    let headers = vec![("a\nb".to_owned(), "1".to_owned())];
    let answer = send(Request { headers, ..request("http://localhost/".to_owned()) }).await;
    assert!(matches!(answer, Err(Error::Request(_))), "{answer:?}");
}

#[test]
fn addresses() {
    for (url, fine) in [
        ("https://example.com/a?b=c", true),
        ("http://127.0.0.1:80/", true),
        ("http://[::1]:80/", true),
        ("http://LOCALHOST/", true),
        ("http://example.com/", false),
        ("http://127.0.0.1.example.com/", false),
        ("http://169.254.169.254/", false),
        ("https://user:password@example.com/", false),
        ("ftp://example.com/", false),
        ("https:///a", false),
        ("/a", false),
        ("", false),
        ("https://exa mple.com/", false),
    ] {
        assert_eq!(check_url(url).is_ok(), fine, "{url}");
    }
}

#[test]
fn queries() {
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let parameters = [pair("a b", "ü&="), pair("c", "")];
    for (url, expected) in [
        ("https://h/", "https://h/?a%20b=%C3%BC%26%3D&c="),
        ("https://h/?x=1", "https://h/?x=1&a%20b=%C3%BC%26%3D&c="),
        ("https://h/?#top", "https://h/?a%20b=%C3%BC%26%3D&c="),
    ] {
        assert_eq!(with_query(url, &parameters), expected);
    }
    assert_eq!(percent_encode("a-._~/"), "a-._~%2F");
}
