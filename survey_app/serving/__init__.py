"""How the app runs: one supervisor, its processes, and the doors in front. Knows no study and no answer.

What the supervisor imports (`supervisor`, `processes`, `log`, `metrics`) imports nothing of the app: it stays small.
"""
