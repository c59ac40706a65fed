SELECT
  root.relname AS "table", sum(greatest(leaf.reltuples, 0))::bigint AS estimated_rows,
  sum(pg_total_relation_size(leaf.oid))::bigint AS bytes,
  sum(pg_indexes_size(leaf.oid))::bigint AS bytes_of_indices
FROM pg_class leaf
JOIN pg_class root ON root.oid = coalesce(pg_partition_root(leaf.oid), leaf.oid)
WHERE leaf.relkind = 'r' AND leaf.relnamespace = current_schema()::regnamespace
GROUP BY root.relname
ORDER BY bytes DESC, "table"
