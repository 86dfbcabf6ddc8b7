"""What alembic runs: the steps, on the connection and in the transaction of `survey_app.storage.upgrade`."""

from __future__ import annotations

from alembic import context

from survey_app.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite too: the transaction is begun by us and not by its driver
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
