//! Somebody else's server: answers what it is told to, in order, and remembers the requests.

use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Server {
    pub(crate) url: String,
    got: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server whose connections get these answers (status and body), the last one for ever.
    pub(crate) async fn answering(answers: &[(u16, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let owned: Vec<_> = answers.iter().copied().map(own).collect();
        let (remembered, mut left) = (got.clone(), owned.into_iter());
        let mut last = own(*answers.last().unwrap());
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                last = left.next().unwrap_or(last);
                answer(socket, &last, &remembered).await;
            }
        });
        Self { url, got }
    }

    /// The requests so far, whole.
    pub(crate) fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }
}

fn own((status, body): (u16, &str)) -> (u16, String) {
    (status, body.to_owned())
}

async fn answer(mut socket: TcpStream, (status, body): &(u16, String), got: &Mutex<Vec<String>>) {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !is_whole(&text) {
        let count = socket.read(&mut bytes).await.unwrap();
        if count == 0 {
            return;
        }
        text.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    got.lock().unwrap().push(text);
    let head = format!(
        "HTTP/1.1 {status} Said\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
