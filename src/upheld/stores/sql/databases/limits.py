"""How long a store is waited for: shorter than anybody should have to wait for us."""

from __future__ import annotations

LOCK_SECONDS = 2
"""For a lock that somebody else holds: then everything is undone, and tried again later."""

STATEMENT_SECONDS = 300
"""For one statement."""

IDLE_SECONDS = 60
"""For us, inside a transaction: a process that hangs holds nobody up for longer."""

CONNECT_SECONDS = 10
"""For a server to answer at all."""
