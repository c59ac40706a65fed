#!lua flags=allow-oom
-- Close orders that were not sent, and say so, in one step. KEYS: claims, events.
-- ARGV: `<owner>:` or '' for none, header of a report, reporter's id, then triples of order id,
-- outcome number and report. An order is closed only if it has no claim, or the owner's.
-- Returns the events' entry id ('' if nothing was closed), then per order: 0 closed now,
-- 3 claimed by another, 100 + outcome if it was closed before.
local owner = ARGV[1]
local count = (#ARGV - 3) / 3
local ids = {}
for i = 1, count do ids[i] = ARGV[3 * i + 1] end
local held = redis.call('HMGET', KEYS[1], unpack(ids))
local answers, writes, reports, seen = {''}, {}, {ARGV[2]}, {}
for i = 1, count do
  local value = seen[ids[i]] or held[i]
  if value and string.sub(value, 1, 7) == 'closed:' then
    answers[i + 1] = 100 + tonumber(string.sub(value, 8))
  elseif value and (owner == '' or string.sub(value, 1, #owner) ~= owner) then
    answers[i + 1] = 3
  else
    answers[i + 1] = 0
    seen[ids[i]] = 'closed:' .. ARGV[3 * i + 2]
    writes[#writes + 1] = ids[i]
    writes[#writes + 1] = seen[ids[i]]
    reports[#reports + 1] = ARGV[3 * i + 3]
  end
end
if #writes > 0 then
  redis.call('HSET', KEYS[1], unpack(writes))
  answers[1] = redis.call('XADD', KEYS[2], '*', 'reports', table.concat(reports), 'from', ARGV[3])
end
return answers
