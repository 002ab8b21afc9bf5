"""What an operator does to a whole installation: a backup, and bringing one back."""
