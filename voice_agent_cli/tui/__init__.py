"""The dashboard: a screen over a conversation, its own or a server's. It only reads events and sends wishes.

``ledger.py`` turns events into what a screen shows; ``panels/`` draw it, one file a panel; ``screens/`` are
the pages over it, one file a screen; ``local.py`` and ``remote.py`` run the conversation in a thread of
their own, so that neither waits for the other.
"""
