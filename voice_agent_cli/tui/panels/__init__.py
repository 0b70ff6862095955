"""The parts of the main screen, one file each: every one draws what of the ledger has changed."""
