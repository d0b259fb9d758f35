"""Control flow, and the containers that go with it."""
