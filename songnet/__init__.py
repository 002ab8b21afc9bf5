"""songnet learns how one person goes from one song to the next.

A library and a command line of its own: it knows nothing of chats, databases or networks.
"""
