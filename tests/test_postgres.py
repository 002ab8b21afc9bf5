from __future__ import annotations

import asyncpg


def _plain(url: str) -> str:
    return url.replace("+asyncpg", "")


async def test_a_test_gets_a_database_that_takes_connections(postgres_url: str) -> None:
    connection = await asyncpg.connect(_plain(postgres_url))
    try:
        version = await connection.fetchval("SHOW server_version")
        await connection.execute("CREATE TABLE left_behind (id int)")
    finally:
        await connection.close()
    assert int(version.split(".")[0]) >= 16


async def test_the_next_test_finds_an_empty_one(postgres_url: str) -> None:
    connection = await asyncpg.connect(_plain(postgres_url))
    try:
        tables = await connection.fetch("SELECT 1 FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    assert tables == []


def test_such_tests_carry_the_mark(postgres_url: str, request) -> None:
    assert request.node.get_closest_marker("postgres") is not None
