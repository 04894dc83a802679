//! Connections: kept alive, many, broken off, drained.

use crate::world::{World, answer};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const HEALTH: &[u8] = b"GET /_refit/health HTTP/1.1\r\nHost: localhost\r\n\r\n";

#[tokio::test]
async fn one_connection_serves_many_requests_errors_too() {
    let world = World::new(true).await;
    let mut stream = world.connect().await;
    for number in 0..50 {
        let request: &[u8] = match number % 3 {
            0 => HEALTH,
            1 => b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.Nothing\r\nContent-Length: 2\r\n\r\n{}",
            _ => b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: Absent.Nothing\r\nContent-Length: 5\r\n\r\n{____",
        };
        stream.write_all(request).await.unwrap();
        let answer = answer(&mut stream).await;
        assert_eq!(answer.status, [200, 400, 404][number % 3], "{answer:?}");
    }
}

#[tokio::test]
async fn hostile_bytes() {
    let world = World::new(true).await;
    let many_headers: Vec<u8> = [
        b"GET / HTTP/1.1\r\n".to_vec(),
        (0..500).flat_map(|n| format!("x-{n}: y\r\n").into_bytes()).collect(),
        b"\r\n".to_vec(),
    ]
    .concat();
    let long_header =
        [b"GET / HTTP/1.1\r\nx: ".to_vec(), vec![b'y'; 1 << 20], b"\r\n\r\n".to_vec()].concat();
    for request in [
        b"\r\n\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n".to_vec(),
        b"POST / HTTP/1.1\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n".to_vec(),
        b"GET /%ff%00 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_vec(),
        many_headers,
        long_header,
    ] {
        let mut stream = world.connect().await;
        let _may_be_cut_off = stream.write_all(&request).await;
        let _no_more = stream.shutdown().await;
        let mut answer = Vec::new();
        let read = stream.read_to_end(&mut answer);
        let _reset = tokio::time::timeout(Duration::from_secs(10), read).await.unwrap();
        assert_eq!(world.raw(HEALTH).await.status, 200, "{:?}", String::from_utf8_lossy(&request[..40.min(request.len())]));
    }
}

#[tokio::test]
async fn many_connections() {
    let world = World::new(true).await;
    let mut streams = Vec::new();
    for _ in 0..300 {
        streams.push(world.connect().await);
    }
    let began = Instant::now();
    for stream in &mut streams {
        stream.write_all(HEALTH).await.unwrap();
    }
    for stream in &mut streams {
        assert_eq!(answer(stream).await.status, 200);
    }
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_stop_lets_requests_finish_and_takes_no_new_ones() {
    let world = World::new(true).await;
    let mut idle = world.connect().await;
    idle.write_all(HEALTH).await.unwrap();
    answer(&mut idle).await;
    let mut busy = world.connect().await;
    busy.write_all(b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 2\r\n\r\n{").await.unwrap();
    // The server has begun to read the second request once it answers a third that came later.
    world.raw(HEALTH).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    world.stop.send(true).unwrap();
    let mut rest = Vec::new();
    assert_eq!(idle.read_to_end(&mut rest).await.unwrap(), 0, "idle connections end at once");
    busy.write_all(b"}").await.unwrap();
    assert_eq!(answer(&mut busy).await.status, 200);
    tokio::time::timeout(Duration::from_secs(5), world.server).await.unwrap().unwrap();
    let refused = tokio::net::TcpStream::connect(&world.address).await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_stop_does_not_wait_for_who_never_finishes() {
    let world = World::new(true).await;
    let mut stuck = world.connect().await;
    stuck.write_all(b"POST / HTTP/1.1\r\nHost: localhost\r\nX-Amz-Target: AmazonSQS.ListQueues\r\nContent-Length: 20\r\n\r\n{").await.unwrap();
    world.raw(HEALTH).await;
    world.stop.send(true).unwrap();
    tokio::time::timeout(Duration::from_secs(10), world.server).await.unwrap().unwrap();
}
