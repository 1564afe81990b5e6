#!lua
-- Decides charges in one atomic step. Charges of one group are one request: when every enforced one of them fits, each that
-- fits is counted; otherwise none is. Groups are decided in order, each after what the one before counted.
-- The script is this file, a decide_*.lua for each way to count and decide_groups.lua, in the order of lib/CMakeLists.txt.
--
-- KEYS: the buckets, each once; those whose state is short come first.
-- ARGV: the time to go by in µs, or 0 for that of this server
--   a packed record: how many of the keys, from the first on, have a short state and are read at once; the earliest deadline in
--     µs of this server's time, or 0 for none; then the deadline of each group
--   the terms, as packed records: algorithm (as in limit/rule.h), enforce (0 or 1), mode (0 peek, 1 acquire, 2 record), how many
--     times the group is asked, units (the limit in force), base, degraded, cost, window in µs, for a record how many µs ago it
--     was
--   the charges, as packed records, those of a group next to each other: the number of its key, that of its terms, and how many
--     charges the group has; no two of a group have the same terms
-- Several requests for the same are one group that is asked so many times: the first of them get what there is.
-- Reply: the time gone by in µs, then for each charge
--   how many times it was counted (-1: the deadline of its group had passed and nothing was looked at), and for who did not
--   get it the retry-after in µs (0: it fits, -1: never): in this order, with remaining and reset in µs after what was counted,
--   counted, remaining, retry-after, reset
--
-- The algorithms are those of lib/rl/limit, in the same arithmetic (IEEE doubles), so that every store answers the same.
-- States are strings of packed doubles, which hold a µs exactly for 285 years. A denial writes nothing.
--
-- All of this runs anew in each call, as Redis keeps nothing of it, and to make a function costs as much as to call it: a way
-- to count is a function that makes what it consists of, called only when a charge is counted that way. It has
--   look(charge)                 reads the state and brings it to now
--   wait(charge, cost)           the retry-after of so many units in µs, 0, or NEVER
--   record(charge, cost)         counts units now
--   record_at(charge, cost, at)  counts units that were admitted then
--   usage(charge)                remaining and reset

local ACQUIRE, RECORD = 1, 2
local NEVER = -1
local SLACK_MS = 1000          -- how long a state outlives its use

local call, pack, unpack = redis.call, struct.pack, struct.unpack
local floor, max, min = math.floor, math.max, math.min
local keys = KEYS

-- The server's time, at most once.
local now = tonumber(ARGV[1])
if now == 0 then
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end

-- What the keys hold, as far as it is known: false where there is nothing. One command for all costs less than one for each;
-- what is written stands here too, for the next charge of the key.
local HEADER, HEADER_SIZE = '<I2d', 10
local short, first_deadline = unpack(HEADER, ARGV[2])
local states = short > 0 and call('MGET', _G.unpack(keys, 1, short)) or {}

local function read(key)
  local state = states[key]
  if state == nil then
    state = call('GET', keys[key])
  end
  return state
end

-- Numbers go to commands as text that is made once: Redis would print each as a double, which costs more than a table look-up.
local lifetimes = {}

local function lifetime_ms(lifetime_us)
  local text = string.format('%d', math.ceil(lifetime_us / 1000) + SLACK_MS)
  lifetimes[lifetime_us] = text
  return text
end

local function save(key, state, lifetime_us)
  call('PSETEX', keys[key], lifetimes[lifetime_us] or lifetime_ms(lifetime_us), state)
  states[key] = state
end

