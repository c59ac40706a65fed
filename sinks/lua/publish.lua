-- Append one entry of events and mark the orders that have their outcome in it.
-- KEYS: claims, events. ARGV: number of marks, then pairs of order id and `closed:<outcome>`,
-- then the entry's fields and values. Returns the entry's id.
local marks = tonumber(ARGV[1])
local fields = {}
for i = 2 + 2 * marks, #ARGV do fields[#fields + 1] = ARGV[i] end
for first = 2, 1 + 2 * marks, 2000 do
  redis.call('HSET', KEYS[1], unpack(ARGV, first, math.min(first + 1999, 1 + 2 * marks)))
end
return redis.call('XADD', KEYS[2], '*', unpack(fields))
