//! Calls AWS APIs as any AWS client does: sign, send, read.
