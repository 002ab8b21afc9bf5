"""chatbot talks: chat platforms, conversation, use cases, background jobs."""
