"""What operators see of a bot: numbers and states, never whose they are."""
