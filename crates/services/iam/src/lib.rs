//! AWS IAM and STS: identities, policies, trust, credentials.
