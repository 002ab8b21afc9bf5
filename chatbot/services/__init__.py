"""The use cases: what can be done, whoever asks on whatever platform."""
