"""The engine's configuration: what its one user may do, and how much memory there is."""

from __future__ import annotations

import uuid
from contextlib import suppress
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from embedded.clickhouse import reader
from embedded.server import make_private
from schema.clickhouse_access import READER, SERVICE, grants

# The engine's own default database shows every file of the machine as a table. So it gets a name
# that nobody uses, and `default` is an ordinary database.
_FILES_DATABASE: Final = "_files"

# What the engine is opened with, in the endpoint's directory: relative, for a path with a `&` or a
# `%` in it would reach the engine in pieces, and the engine would go without its configuration.
TARGET: Final = "data?config-file=config/config.xml"
# Version, time zone, and a word that is `true` only with this configuration.
FACTS: Final = (
    "SELECT version(), timezone(),"
    " getSetting('final') AND NOT getSetting('input_format_values_interpret_expressions')"
    " AND (SELECT engine FROM system.databases WHERE name = 'default') = 'Atomic'"
)

# Of the disk 256 MiB stay free: the engine then refuses a part before it begins with it. One that
# runs out of space in the middle of a merge may write a part that it cannot read, and drop the
# parts that it was made of.
_CONFIG = """<clickhouse>
  <users_config>{users}</users_config>
  <default_database>{database}</default_database>
  <max_server_memory_usage>{memory}</max_server_memory_usage>
  <mark_cache_size>67108864</mark_cache_size>
  <async_load_databases>false</async_load_databases>
  <timezone>UTC</timezone>
  <storage_configuration><disks><default>
    <keep_free_space_bytes>268435456</keep_free_space_bytes>
  </default></disks></storage_configuration>
</clickhouse>
"""
# What a reader may not name; see `reader`.
TABLE_FUNCTIONS: Final = "SELECT name FROM system.table_functions"
# Everything within the databases, and no source or sink outside of them: file, url, s3, remote ...
# No new dictionaries: their sources ask other hosts with the engine's rights and not the user's,
# and a query of one is a text that nobody has looked at.
_GRANTS: Final = (
    "CHECK, SHOW, SELECT, INSERT, ALTER, CREATE DATABASE, CREATE TABLE, CREATE VIEW,"
    " CREATE TEMPORARY TABLE, CREATE FUNCTION, DROP, UNDROP TABLE, TRUNCATE,"
    " OPTIMIZE, KILL QUERY, MOVE PARTITION BETWEEN SHARDS, SYSTEM VIEWS, SYSTEM MERGES,"
    " SYSTEM TTL MERGES, dictGet"
)
# Settings that stay as they are.
_FIXED: Final = (
    # The engine says "stored" of inserts that are collected in memory, and then loses them when
    # the disk is full.
    "async_insert",
    # Their texts become parts of a statement, or are another language than the one that is looked
    # at here.
    "additional_result_filter",
    "additional_table_filters",
    "allow_experimental_eval_table_function",
    "dialect",
    "filter",
    "order",
    "parallel_replicas_custom_key",
    "select",
    # They name files of the server, or other hosts.
    "allow_experimental_ai_functions",
    "ai_function_embedding_default_credentials",
    "ai_function_text_default_credentials",
    "filesystem_cache_name",
    "format_avro_schema_registry_url",
    "format_schema",
    "format_schema_source",
    "format_template_resultset",
    "format_template_row",
    "input_format_record_errors_file_path",
    "output_format_schema",
    "rename_files_after_processing",
    "s3_base",
    "url_base",
)
# The profile that all connections have. `final`: the plain name of a table shows its current rows.
# `max_query_size`: long parameters arrive in a SET statement; the endpoint has a limit of its own.
# Formatting in parallel takes 30 MB for each result, and gains nothing on few cores.
# Expressions in VALUES are text that becomes code; the endpoint allows them where it has read them.
# There is one user. Its rights come by two roles, of which a reader's connection keeps the lesser;
# the rows that it sees are the filters'.
_USERS = """<clickhouse>
  <profiles><default>
    <final>1</final>
    <max_query_size>16777216</max_query_size>
    <async_insert>0</async_insert>
    <input_format_values_interpret_expressions>0</input_format_values_interpret_expressions>
    <input_format_values_deduce_templates_of_expressions>0</input_format_values_deduce_templates_of_expressions>
    <output_format_parallel_formatting>0</output_format_parallel_formatting>
    <constraints>{fixed}</constraints>
  </default></profiles>
  <roles>
    <{service}><grants><query>GRANT {grants} ON *.*</query></grants></{service}>
    <{reader}><grants>{reads}</grants></{reader}>
  </roles>
  <users><default>
    <password></password>
    <networks><ip>::/0</ip></networks>
    <profile>default</profile>
    <quota>default</quota>
    <access_management>0</access_management>
    <grants><query>GRANT {service}</query><query>GRANT {reader}</query></grants>
    <databases><{database}>{filters}</{database}></databases>
  </default></users>
  <quotas><default/></quotas>
</clickhouse>
"""


def write(directory: Path, memory: int) -> None:
    """Write the engine's configuration; to be called before the engine starts.

    Args:
        directory: of the endpoint; the data lies in `data`.
        memory: most bytes that the engine may use.

    Raises:
        Unwritable: a directory cannot be created.
    """
    data = directory / "data"
    make_private(data)
    make_private(data / "metadata")
    _own_default_database(data)
    # Not in the directory itself: it is the process's own, where the engine's import would take up
    # a `config.xml`, as older releases left one.
    place = directory / "config"
    make_private(place)
    for name in ("config.xml", "users.xml"):
        (directory / name).unlink(missing_ok=True)
    users, config = place / "users.xml", place / "config.xml"
    fixed = "".join(f"<{name}><const/></{name}>" for name in _FIXED)
    users.write_text(_users(fixed), encoding="utf-8")
    text = _CONFIG.format(users=escape(str(users)), database=_FILES_DATABASE, memory=memory)
    config.write_text(text, encoding="utf-8")


def _users(fixed: str) -> str:
    reads = [grant.removesuffix(f" TO {READER}") for grant in grants(reader.DATABASE)]
    rows = reader.filters().items()
    return _USERS.format(
        fixed=fixed,
        grants=_GRANTS,
        service=SERVICE,
        reader=READER,
        reads="".join(f"<query>{escape(each)}</query>" for each in reads),
        database=reader.DATABASE,
        filters="".join(f"<{name}><filter>{escape(f)}</filter></{name}>" for name, f in rows),
    )


def _own_default_database(data: Path) -> None:
    """Have `default` loaded as a database of its own, with the tables that it always had.

    At its start the engine gives the database that `metadata/default` points to to its default
    database, whatever that is called (`createClickHouseLocalDatabaseOverlay`). Without the link it
    makes an empty one for that, and loads `default` from its statement, as any other database;
    then it writes the link again.
    """
    statement, link = data / "metadata" / "default.sql", data / "metadata" / "default"
    if not statement.exists():
        name = link.readlink().name if link.is_symlink() else str(uuid.uuid4())
        new = statement.with_suffix(".new")
        new.write_text(f"ATTACH DATABASE _ UUID '{uuid.UUID(name)}'\nENGINE = Atomic\n")
        new.replace(statement)
    if link.is_symlink():
        link.unlink()
    # The empty ones of earlier starts.
    for left in (data / "store").glob("*/*"):
        with suppress(OSError):
            left.rmdir()
