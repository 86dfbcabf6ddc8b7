"""The person who answers: pages compiled once, a form that binds and checks, and nothing lost."""
