#!lua
-- Decides charges in one atomic step. Charges with the same group number are one request: when every enforced one of them
-- fits, each that fits is counted; otherwise none is. Groups are decided in order, each after what the one before counted.
-- The script is this file, a decide_*.lua for each way to count and decide_groups.lua, in the order of lib/CMakeLists.txt.
--
-- KEYS: the bucket of each charge, next to each other by group.
-- ARGV: the time to go by in µs, or 0 for that of this server; then for each charge a packed string of
--   mode (0 peek, 1 acquire, 2 record), algorithm (as in limit/rule.h), enforce (0 or 1), group number, how many times the
--   group is asked, units (the limit in force), base, degraded, cost, window in µs, deadline in µs of this server's time (0:
--   none), and for a record how many µs ago it was
-- Several requests for the same are one group that is asked so many times: the first of them get what there is.
-- Reply: the time gone by in µs, then for each charge
--   how many times it was counted (-1: the deadline of its group had passed and nothing was looked at), and for who did not
--   get it the retry-after in µs (0: it fits, -1: never): in this order, with remaining and reset in µs after what was counted,
--   counted, remaining, retry-after, reset
--
-- The algorithms are those of lib/rl/limit, in the same arithmetic (IEEE doubles), so that every store answers the same.
-- States are strings of packed doubles, which hold a µs exactly for 285 years. A denial writes nothing.
--
-- All of this runs anew in each call, as Redis keeps nothing of it: a way to count is a function that makes what it consists
-- of, called only when a charge is counted that way. A way to count has
--   load(charge)                 reads its state
--   look(charge, now)            brings the state to that time
--   wait(charge, cost)           the retry-after of so many units in µs, 0, or NEVER
--   record(charge, cost)         counts units now
--   record_at(charge, cost, at)  counts units that were admitted then
--   usage(charge)                remaining and reset

local CHARGE = '<BBBHI4I4I4I4I4ddd'
local ACQUIRE, RECORD = 1, 2
local NEVER = -1
local SLACK_MS = 1000          -- how long a state outlives its use

local call, pack, unpack = redis.call, struct.pack, struct.unpack
local floor, max, min = math.floor, math.max, math.min

local function round(number)
  return floor(number + 0.5)
end

-- Numbers go to commands as text that is made once: Redis would print each as a double, which costs more than a table look-up.
local lifetimes = {}

local function lifetime_ms(lifetime_us)
  local text = lifetimes[lifetime_us]
  if not text then
    text = string.format('%.0f', math.ceil(lifetime_us / 1000) + SLACK_MS)
    lifetimes[lifetime_us] = text
  end
  return text
end

local function save(key, value, lifetime_us)
  call('SET', key, value, 'PX', lifetime_ms(lifetime_us))
end

