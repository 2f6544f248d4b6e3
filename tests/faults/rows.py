"""What stands in a PostgreSQL database."""

import sqlalchemy


def rows(url: str) -> dict[str, list[str]]:
    """Return everything that stands in a database."""
    engine = sqlalchemy.create_engine(url)
    names = sqlalchemy.inspect(engine).get_table_names()
    with engine.connect() as connection:
        found = {
            name: sorted(map(str, connection.execute(sqlalchemy.text(f"TABLE {name}"))))
            for name in names
        }
    engine.dispose()
    return found
