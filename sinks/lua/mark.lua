-- Append the money of accounts. KEYS: events. ARGV: fields and values. Returns the entry's id.
return redis.call('XADD', KEYS[1], '*', unpack(ARGV))
