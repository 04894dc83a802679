//! Where a model is served: at a socket file that only the server's user can reach, or at a port that anybody on this
//! machine can.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// The variable that names the socket file; a program that does not know it listens at the port.
pub const SOCKET_VARIABLE: &str = "REFIT_SERVE_SOCKET";
/// The variable that names the port.
// AWS: containers that accept another port than 8080 are told so.
pub const PORT_VARIABLE: &str = "SAGEMAKER_BIND_TO_PORT";
/// The port of a container that is not told another.
// AWS: your-algorithms-inference-code: containers listen on port 8080.
const DEFAULT_PORT: u16 = 8080;
/// The kernel takes no longer name of a socket.
const LONGEST_NAME_BYTES: usize = 100;

/// A place where requests are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A port of the loopback address.
    Port(u16),
    /// A socket file.
    Socket(PathBuf),
}

/// A connection to a place.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// What listens at a place.
pub(crate) enum Listener {
    Port(TcpListener),
    Socket(UnixListener),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Port(port) => write!(f, "127.0.0.1:{port}"),
            Self::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Place {
    /// What the environment says. The error is what is wrong with it.
    pub(crate) fn of_environment() -> Result<Self, String> {
        if let Some(path) = std::env::var_os(SOCKET_VARIABLE).filter(|path| !path.is_empty()) {
            return Ok(Self::Socket(path.into()));
        }
        match std::env::var(PORT_VARIABLE) {
            Err(_) => Ok(Self::Port(DEFAULT_PORT)),
            Ok(text) => match text.parse() {
                Ok(port) => Ok(Self::Port(port)),
                Err(_) => Err(format!("{PORT_VARIABLE} is {text:?} and not a port's number")),
            },
        }
    }

    /// A connection to whoever listens there.
    ///
    /// # Errors
    /// The kernel's: nobody listens, above all.
    pub async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Port(port) => {
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await?;
                let _best_effort = stream.set_nodelay(true);
                Ok(Box::new(stream))
            }
            Self::Socket(path) => {
                let (_open, name) = short(path)?;
                Ok(Box::new(UnixStream::connect(name).await?))
            }
        }
    }

    pub(crate) async fn listen(&self) -> io::Result<Listener> {
        match self {
            Self::Port(port) => {
                let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
                TcpListener::bind(address).await.map(Listener::Port)
            }
            Self::Socket(path) => {
                // One of an earlier attempt.
                std::fs::remove_file(path).ok();
                let (_open, name) = short(path)?;
                UnixListener::bind(name).map(Listener::Socket)
            }
        }
    }
}

/// A name of the file that the kernel takes however deep it lies: by its open folder.
fn short(path: &Path) -> io::Result<(Option<File>, PathBuf)> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    if path.as_os_str().len() <= LONGEST_NAME_BYTES {
        return Ok((None, path.to_owned()));
    }
    let open = File::open(folder)?;
    let name = Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()).join(name);
    Ok((Some(open), name))
}

impl Listener {
    pub(crate) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Port(listener) => {
                let (stream, _) = listener.accept().await?;
                let _best_effort = stream.set_nodelay(true);
                Ok(Box::new(stream))
            }
            Self::Socket(listener) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    #[tokio::test]
    async fn a_socket_may_lie_deep() {
        let root = std::env::temp_dir().join(format!("refit-place-{}", std::process::id()));
        for depth in [1, 8] {
            let folder = root.join("a-folder-with-a-name/".repeat(depth));
            std::fs::create_dir_all(&folder).unwrap();
            let place = Place::Socket(folder.join("serve.sock"));
            assert!(place.connect().await.is_err());
            let listener = place.listen().await.unwrap();
            let mut asks = place.connect().await.unwrap();
            let mut answers = listener.accept().await.unwrap();
            answers.write_all(b"hello").await.unwrap();
            drop(answers);
            let mut told = String::new();
            asks.read_to_string(&mut told).await.unwrap();
            assert_eq!(told, "hello");
            // One that ended without taking it away is no obstacle.
            drop(listener);
            place.listen().await.unwrap();
        }
        std::fs::remove_dir_all(root).unwrap();
    }
}
