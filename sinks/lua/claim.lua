#!lua flags=allow-oom
-- Claim orders of one partition. KEYS: claims, lease, decisions.
-- ARGV: `<owner>:<term>`, then order ids, then their decisions' entry ids.
-- Returns one number per order (rules/claims.py), or nothing at all without the lease.
-- All reads come first and there is one write, so that an error leaves nothing half done.
local mine = ARGV[1]
if redis.call('GET', KEYS[2]) ~= mine then return {} end
local count = (#ARGV - 1) / 2
local ids = {}
for i = 1, count do ids[i] = ARGV[1 + i] end
local held = redis.call('HMGET', KEYS[1], unpack(ids))
local owner = string.sub(mine, 1, string.find(mine, ':', 1, true))
local answers, writes, present = {}, {}, {}
for i = 1, count do
  local value = held[i]
  if not value then
    local decision = ARGV[1 + count + i]
    if present[decision] == nil then
      present[decision] = #redis.call('XRANGE', KEYS[3], decision, decision, 'COUNT', 1) > 0
    end
    if present[decision] then
      answers[i] = 0
      writes[#writes + 1] = ids[i]
      writes[#writes + 1] = mine
    else
      answers[i] = 4
    end
  elseif value == mine then
    answers[i] = 1
  elseif string.sub(value, 1, 7) == 'closed:' then
    answers[i] = 100 + tonumber(string.sub(value, 8))
  elseif string.sub(value, 1, #owner) == owner then
    answers[i] = 2
  else
    answers[i] = 3
  end
end
if #writes > 0 then redis.call('HSET', KEYS[1], unpack(writes)) end
return answers
