"""What the suites share: a server of their own, and short ways to say usual things to it."""
