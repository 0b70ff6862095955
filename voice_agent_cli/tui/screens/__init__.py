"""The pages over the main screen, one file each."""
